/**
 * The API for the directory: users, workgroups and forms, each a list of entries with an ETag; their history; and who may do what. What changes entries is in
 * `directory-writing.ts`.
 */

import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { type Fault, fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import {
  bodySchemas,
  type Directory,
  type Entry,
  effectiveRights,
  holderOf,
  type Kind,
  type Outside,
  PLAN_KINDS,
} from '../directory/index.ts'
import type { Scope } from '../people/index.ts'
import { etagOfEntry, shownChange, shownEntry } from './directory-view.ts'
import { addWritingRoutes } from './directory-writing.ts'
import { door } from './route.ts'

export type DirectoryDoor = Pick<Directory, 'picture' | 'change' | 'history' | 'subscribe'>

/** Kinds that are edited here; flows are published by routes of their own. */
const EDITED = ['users', 'workgroups', 'forms'] as const
type EditedKind = (typeof EDITED)[number]

export const PAGE_ENTRIES = 100
/** Of changes, which are read from the disk. */
const MOST_SKIPPED = 100_000

const aLimit = Type.Optional(Type.String({ pattern: '^(?:[1-9][0-9]{0,2}|1000)$' }))
export const aPage = Type.Object(
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

export const anEntry = Type.Object({
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
    addHistoryRoute(api, directory, kind, 'directory:read')
    const shown = (entry: Entry<Kind>) => shownEntry(kind, entry)
    addWritingRoutes(api, directory, outside, { kind, requires: 'directory:write', anEntry, shown })
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
    async () => Object.fromEntries([...EDITED, ...PLAN_KINDS].map((kind) => [kind, bodySchemas[kind]])),
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
      return {
        entries: shown.map((entry) => shownEntry(kind, entry)),
        ...(meant.length > most ? { next: shown.at(-1)?.name } : {}),
      }
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
      return shownEntry(kind, entry)
    },
  )
}

/** Adds the route of what became of the entries of a kind. */
export function addHistoryRoute(
  api: FastifyInstance,
  directory: Pick<DirectoryDoor, 'history'>,
  kind: Kind,
  requires: Scope,
): void {
  api.get<{ Params: Named; Querystring: Static<typeof aHistoryPage> }>(
    `/api/v1/directory/${kind}/:name/history`,
    {
      ...door(requires, `Changes of an entry of ${kind}, newest first.`, { 200: someChanges }),
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

/** @returns whether an entry has a text in its name, or in the one that people are shown. */
export function fits(
  { name, body }: { readonly name: string; readonly body: object },
  search: string | undefined,
): boolean {
  if (search === undefined) return true
  const given = 'displayName' in body ? body.displayName : ''
  const shown = typeof given === 'string' ? given : Object.values(given ?? {}).join('\n')
  return `${name}\n${shown}`.toLowerCase().includes(search.toLowerCase())
}

export function found<T>(value: T | undefined): T {
  return value ?? raise('directory.not-found')
}

/** @throws Fault always */
function raise(code: FaultCode): never {
  const made: Fault = fault(code)
  throw made
}
