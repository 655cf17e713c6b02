/**
 * The API for the directory: users, workgroups and forms, each a list of entries with an ETag; their history; who may do what; and which forms
 * the agent of a call may choose from. A change names the revision that it was made on (If-Match), so that nobody's change is lost.
 */

import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, type TObject, Type } from 'typebox'
import { type Fault, fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import {
  bodySchemas,
  type Directory,
  decideEdit,
  type Edit,
  type Entry,
  effectiveRights,
  holderOf,
  type Kind,
  type Outside,
  type Refusal,
} from '../directory/index.ts'
import { bodyOf, etagOfEntry, shownChange, shownEntry } from './directory-view.ts'
import { expectedBy } from './etag.ts'
import { asking } from './me-routes.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import { door } from './route.ts'

export type DirectoryDoor = Pick<Directory, 'picture' | 'change' | 'history' | 'subscribe'>

/** Kinds that are edited here; flows are published by routes of their own. */
const EDITED = ['users', 'workgroups', 'forms'] as const
type EditedKind = (typeof EDITED)[number]

const PAGE_ENTRIES = 100
/** Of changes, which are read from the disk. */
const MOST_SKIPPED = 100_000

const aLimit = Type.Optional(Type.String({ pattern: '^(?:[1-9][0-9]{0,2}|1000)$' }))
const aPage = Type.Object(
  {
    after: Type.Optional(Type.String({ maxLength: 80 })),
    search: Type.Optional(Type.String({ minLength: 1, maxLength: 80 })),
    limit: aLimit,
  },
  { additionalProperties: false },
)
const aHistoryPage = Type.Object(
  { skip: Type.Optional(Type.String({ pattern: '^[0-9]{1,6}$' })), limit: aLimit },
  { additionalProperties: false },
)

type Named = { name: string }

const anEntry = Type.Object({
  name: Type.String(),
  id: Type.String(),
  revision: Type.Integer(),
  createdAt: Type.String(),
  updatedAt: Type.String(),
})
const closed = { additionalProperties: false } as const
const someEntries = Type.Object({ entries: Type.Array(anEntry), next: Type.Optional(Type.String()) }, closed)
const someChanges = Type.Object(
  { changes: Type.Array(Type.Object({ at: Type.String() })), next: Type.Optional(Type.Integer()) },
  closed,
)
const aDirectory = Type.Object(
  { generation: Type.Integer(), inCharge: Type.Boolean(), counts: Type.Record(Type.String(), Type.Integer()) },
  closed,
)
const someSchemas = Type.Record(Type.String(), Type.Object({}))
const someRights = Type.Object({ rights: Type.Array(Type.Object({})), workgroups: Type.Array(Type.String()) }, closed)

/** Adds the routes. */
export function addDirectoryRoutes(api: FastifyInstance, directory: DirectoryDoor, outside: Outside): void {
  for (const kind of EDITED) {
    addReadingRoutes(api, directory, kind)
    addWritingRoutes(api, directory, outside, kind)
  }
  api.get(
    '/api/v1/directory',
    door('directory:read', 'How much there is, and whether the directory is in charge.', { 200: aDirectory }),
    async () => {
      const { generation, inCharge, entries } = directory.picture()
      return { generation, inCharge, counts: Object.fromEntries(EDITED.map((kind) => [kind, entries[kind].size])) }
    },
  )
  api.get(
    '/api/v1/directory/schemas',
    door('directory:read', 'What entries of each kind hold.', { 200: someSchemas }),
    async () => Object.fromEntries(EDITED.map((kind) => [kind, bodySchemas[kind]])),
  )
  api.get<{ Params: Named }>(
    '/api/v1/directory/users/:name/rights',
    door('directory:read', 'What somebody may do, and why.', { 200: someRights }),
    async ({ params: { name } }) => {
      const picture = directory.picture()
      const holder = holderOf(picture, found(picture.entries.users.get(name)))
      return { rights: effectiveRights(holder), workgroups: holder.workgroups.map((group) => group.name) }
    },
  )
}

function addReadingRoutes(api: FastifyInstance, directory: DirectoryDoor, kind: EditedKind): void {
  const path = `/api/v1/directory/${kind}`
  api.get<{ Querystring: Static<typeof aPage> }>(
    path,
    { ...door('directory:read', `Entries of ${kind}, by name.`, { 200: someEntries }), schema: { querystring: aPage } },
    async ({ query: { after = '', search, limit } }) => {
      const most = limit === undefined ? PAGE_ENTRIES : Number(limit)
      const entries: Entry<Kind>[] = [...directory.picture().entries[kind].values()]
      const meant = entries.filter((entry) => entry.name > after && fits(entry, search))
      const shown = meant.slice(0, most)
      return { entries: shown.map(shownEntry), ...(meant.length > most ? { next: shown.at(-1)?.name } : {}) }
    },
  )
  api.get<{ Params: Named }>(
    `${path}/:name`,
    door('directory:read', `An entry of ${kind}.`, { 200: anEntry }),
    async ({ params, headers }, reply) => {
      const entry = found(directory.picture().entries[kind].get(params.name))
      const etag = etagOfEntry(entry)
      reply.header('etag', etag)
      if (headers['if-none-match'] === etag) return reply.status(304).send()
      return shownEntry(entry)
    },
  )
  api.get<{ Params: Named; Querystring: Static<typeof aHistoryPage> }>(
    `${path}/:name/history`,
    {
      ...door('directory:read', `Changes of an entry of ${kind}, newest first.`, { 200: someChanges }),
      schema: { querystring: aHistoryPage },
    },
    async ({ params: { name }, query }) => {
      const limit = query.limit === undefined ? PAGE_ENTRIES : Number(query.limit)
      const skip = Math.min(Number(query.skip ?? 0), MOST_SKIPPED)
      const changes = await directory.history({ kind, name, skip, limit: limit + 1 })
      if (changes.length === 0 && skip === 0) throw fault('directory.not-found')
      return {
        changes: changes.slice(0, limit).map(shownChange),
        ...(changes.length > limit ? { next: skip + limit } : {}),
      }
    },
  )
}

function addWritingRoutes(api: FastifyInstance, directory: DirectoryDoor, outside: Outside, kind: EditedKind): void {
  const path = `/api/v1/directory/${kind}`
  const word = kind.slice(0, -1)
  const takes: TObject = bodySchemas[kind]
  const carryOut = async (request: FastifyRequest, reply: FastifyReply, edit: Edit) => {
    const key = request.headers['idempotency-key']
    if (key !== undefined && (typeof key !== 'string' || key.length > 255)) throw fault('web.bad-request')
    const digest = createHash('sha256').update(JSON.stringify(edit)).digest('hex')
    const named = key === undefined ? undefined : { key, digest }
    const done = await directory.change(asking(request).name, (picture) => decideEdit(picture, edit, outside), named)
    if ('refused' in done) return refuse(reply, done)
    const entry: Entry<Kind> | undefined = done.picture.entries[kind].get(edit.name)
    if (entry === undefined) return reply.status(204).send()
    const isNew = edit.expected === 'none'
    if (isNew) reply.header('location', `${path}/${encodeURIComponent(edit.name)}`)
    return reply
      .status(isNew ? 201 : 200)
      .header('etag', etagOfEntry(entry))
      .send(shownEntry(entry))
  }
  const expected = ({ headers }: FastifyRequest) => expectedBy(headers) ?? raise('directory.no-precondition')

  api.post(
    path,
    door('directory:write', `Makes an entry of ${kind}.`, { 201: anEntry }, { does: `${word}-created`, takes }),
    async (request, reply) => {
      const name = nameIn(request.body) ?? raise('web.bad-request')
      const how = { do: 'put', body: bodyOf(request.body) } as const
      return carryOut(request, reply, { kind, name, expected: 'none', how })
    },
  )
  api.put<{ Params: Named }>(
    `${path}/:name`,
    door(
      'directory:write',
      `Replaces an entry of ${kind} (If-Match), or makes it (If-None-Match: *).`,
      { 200: anEntry, 201: anEntry },
      { does: `${word}-changed`, takes },
    ),
    async (request, reply) => {
      const { name } = request.params
      // A file that was read under one name and is sent to another would surprise.
      if ((nameIn(request.body) ?? name) !== name) throw fault('web.bad-request')
      const how = { do: 'put', body: bodyOf(request.body) } as const
      return carryOut(request, reply, { kind, name, expected: expected(request), how })
    },
  )
  api.patch<{ Params: Named }>(
    `${path}/:name`,
    door(
      'directory:write',
      `Changes members of an entry of ${kind} (RFC 7396; If-Match).`,
      { 200: anEntry },
      { does: `${word}-changed`, takes: Type.Partial(takes) },
    ),
    async (request, reply) => {
      const how = { do: 'patch', patch: bodyOf(request.body) } as const
      return carryOut(request, reply, { kind, name: request.params.name, expected: expected(request), how })
    },
  )
  api.delete<{ Params: Named }>(
    `${path}/:name`,
    door('directory:write', `Removes an entry of ${kind} (If-Match).`, { 204: 'empty' }, { does: `${word}-removed` }),
    async (request, reply) =>
      carryOut(request, reply, {
        kind,
        name: request.params.name,
        expected: expected(request),
        how: { do: 'remove' },
      }),
  )
}

function refuse(reply: FastifyReply, { refused, problems }: Refusal) {
  const problem = { ...problemOf(fault(refused)), ...(problems === undefined ? {} : { problems }) }
  return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
}

function fits({ name, body }: Entry<Kind>, search: string | undefined): boolean {
  if (search === undefined) return true
  const shown = 'displayName' in body ? body.displayName : ''
  return `${name}\n${shown}`.toLowerCase().includes(search.toLowerCase())
}

function nameIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('name' in body)) return undefined
  return typeof body.name === 'string' ? body.name : undefined
}

function found<T>(value: T | undefined): T {
  return value ?? raise('directory.not-found')
}

/** @throws Fault always */
function raise(code: FaultCode): never {
  const made: Fault = fault(code)
  throw made
}
