/**
 * The routes that change entries of the directory: made, replaced, patched, removed. A change names the revision that it was made on (If-Match), so that nobody's change is lost.
 */

import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type TObject, Type } from 'typebox'
import { type Fault, fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import {
  bodySchemas,
  type Directory,
  decideEdit,
  type Edit,
  type Entry,
  hiddenSecrets,
  type Kind,
  type Outside,
  type Refusal,
} from '../directory/index.ts'
import type { Scope } from '../people/index.ts'
import { bodyOf, etagOfEntry } from './directory-view.ts'
import { expectedBy } from './etag.ts'
import { asking } from './me-routes.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import { door } from './route.ts'

type Named = { name: string }

export type WrittenKind = {
  readonly kind: Kind
  readonly requires: Scope
  /** What is answered of an entry. */
  readonly anEntry: TObject
  readonly shown: (entry: Entry<Kind>) => object
}

/** Adds the routes of a kind. */
export function addWritingRoutes(
  api: FastifyInstance,
  directory: Pick<Directory, 'change'>,
  outside: Outside,
  { kind, requires, anEntry, shown }: WrittenKind,
): void {
  const path = `/api/v1/directory/${kind}`
  const word = kind.slice(0, -1)
  const takes: TObject = bodySchemas[kind]
  const carryOut = async (request: FastifyRequest, reply: FastifyReply, edit: Edit) => {
    const key = request.headers['idempotency-key']
    if (key !== undefined && (typeof key !== 'string' || key.length > 255)) throw fault('web.bad-request')
    const digest = createHash('sha256')
      .update(JSON.stringify(withoutSecretsOf(edit)))
      .digest('hex')
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
      .send(shown(entry))
  }
  const expected = ({ headers }: FastifyRequest) => expectedBy(headers) ?? raise('directory.no-precondition')

  api.post(
    path,
    door(requires, `Makes an entry of ${kind}.`, { 201: anEntry }, { does: `${word}-created`, takes }),
    async (request, reply) => {
      const name = nameIn(request.body) ?? raise('web.bad-request')
      const how = { do: 'put', body: bodyOf(kind, request.body) } as const
      return carryOut(request, reply, { kind, name, expected: 'none', how })
    },
  )
  api.put<{ Params: Named }>(
    `${path}/:name`,
    door(
      requires,
      `Replaces an entry of ${kind} (If-Match), or makes it (If-None-Match: *).`,
      { 200: anEntry, 201: anEntry },
      { does: `${word}-changed`, takes },
    ),
    async (request, reply) => {
      const { name } = request.params
      // A file that was read under one name and is sent to another would surprise.
      if ((nameIn(request.body) ?? name) !== name) throw fault('web.bad-request')
      const how = { do: 'put', body: bodyOf(kind, request.body) } as const
      return carryOut(request, reply, { kind, name, expected: expected(request), how })
    },
  )
  api.patch<{ Params: Named }>(
    `${path}/:name`,
    door(
      requires,
      `Changes members of an entry of ${kind} (RFC 7396; If-Match).`,
      { 200: anEntry },
      { does: `${word}-changed`, takes: Type.Partial(takes) },
    ),
    async (request, reply) => {
      const how = { do: 'patch', patch: bodyOf(kind, request.body) } as const
      return carryOut(request, reply, { kind, name: request.params.name, expected: expected(request), how })
    },
  )
  api.delete<{ Params: Named }>(
    `${path}/:name`,
    door(requires, `Removes an entry of ${kind} (If-Match).`, { 204: 'empty' }, { does: `${word}-removed` }),
    async (request, reply) =>
      carryOut(request, reply, {
        kind,
        name: request.params.name,
        expected: expected(request),
        how: { do: 'remove' },
      }),
  )
}

/** A digest of a password that many guesses would find has no business in the store. */
function withoutSecretsOf({ kind, how, ...edit }: Edit): object {
  const hidden = (body: unknown) => (typeof body === 'object' && body !== null ? hiddenSecrets(kind, body) : body)
  return {
    ...{ kind, ...edit },
    how: {
      ...how,
      ...('body' in how ? { body: hidden(how.body) } : 'patch' in how ? { patch: hidden(how.patch) } : {}),
    },
  }
}

export function refuse(reply: FastifyReply, { refused, problems }: Refusal) {
  const problem = { ...problemOf(fault(refused)), ...(problems === undefined ? {} : { problems }) }
  return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
}

function nameIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('name' in body)) return undefined
  return typeof body.name === 'string' ? body.name : undefined
}

/** @throws Fault always */
function raise(code: FaultCode): never {
  const made: Fault = fault(code)
  throw made
}
