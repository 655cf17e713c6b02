/** The API for flows: which there are, their versions, publishing a draft and retiring a version; each takes effect with the next session. */

import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { fault } from '../base/fault.ts'
import { type Directory, decidePublish } from '../directory/index.ts'
import { type FlowFolder, outsideOf } from '../flow/index.ts'
import { asking } from './me-routes.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import { door } from './route.ts'

type FlowParams = { id: string }
type VersionParams = FlowParams & { version: string }

/** What became of flows, for the log. */
export type FlowEvent = { readonly type: 'published' | 'retired'; readonly id: string; readonly version: number }

const aVersion = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  state: Type.Enum(['published', 'retired']),
  from: Type.Enum(['folder', 'store']),
  sha256: Type.String(),
})
const aFlow = Type.Object({
  id: Type.String(),
  title: Type.String(),
  draft: Type.Enum(['none', 'published', 'changed']),
  versions: Type.Array(aVersion),
})
const someFlows = Type.Object({ flows: Type.Array(aFlow) }, { additionalProperties: false })
const someVersions = Type.Object({ versions: Type.Array(aVersion) }, { additionalProperties: false })
const aWholeVersion = Type.Intersect([Type.Object({ id: Type.String(), text: Type.String() }), aVersion])
const aPublished = Type.Object({ id: Type.String(), version: Type.Integer() }, { additionalProperties: false })

export type FlowDoor = {
  readonly flows: FlowFolder
  /** Those in files alone. */
  readonly flowFiles: FlowFolder
  readonly directory: Pick<Directory, 'change'>
  readonly onFlow: (event: FlowEvent) => void
}

const aText = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 60_000 }),
    basedOn: Type.Optional(
      Type.Integer({
        minimum: 0,
        description:
          'Number of the newest version that its writer has seen, 0 for none: when there is another one, nothing is published.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** Adds the routes. */
export function addFlowRoutes(api: FastifyInstance, { flows, flowFiles, directory, onFlow: onEvent }: FlowDoor): void {
  api.get('/api/v1/flows', door('flows:read', 'Flows and their versions.', { 200: someFlows }), async () => ({
    flows: flows.list(),
  }))

  api.get<{ Params: FlowParams }>('/api/v1/flows/:id', door('flows:read', 'A flow.', { 200: aFlow }), async (request) =>
    found(flows.entry(request.params.id)),
  )

  api.get<{ Params: FlowParams }>(
    '/api/v1/flows/:id/versions',
    door('flows:read', 'Versions of a flow, newest first.', { 200: someVersions }),
    async (request) => ({
      versions: found(flows.entry(request.params.id)).versions,
    }),
  )

  api.get<{ Params: VersionParams }>(
    '/api/v1/flows/:id/versions/:version',
    door('flows:read', 'A version with its text.', { 200: aWholeVersion }),
    async (request) => {
      const { id } = request.params
      const version = numberOf(request.params.version)
      const known = found(flows.entry(id)?.versions.find((each) => each.version === version))
      return { id, ...known, text: found(flows.text(id, version)) }
    },
  )

  api.post<{ Params: FlowParams }>(
    '/api/v1/flows/:id/publish',
    door(
      'flows:write',
      'Publishes the draft; 200 when nothing was new.',
      { 200: aPublished, 201: aPublished },
      { does: 'flow-published', once: true },
    ),
    async (request, reply) => {
      const { id } = request.params
      const done = flows.publish(id)
      if (done.result === 'not-valid') {
        const problem = { ...problemOf(fault('flow.not-valid')), problems: done.problems }
        return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
      }
      if (done.result === 'published') onEvent({ type: 'published', id, version: done.version })
      return reply
        .status(done.result === 'published' ? 201 : 200)
        .header('location', `/api/v1/flows/${id}/versions/${done.version}`)
        .send({ id, version: done.version })
    },
  )

  // Into the store of the directory, where every server that shares it finds the version.
  api.post<{ Params: FlowParams; Body: Static<typeof aText> }>(
    '/api/v1/flows/:id/versions',
    {
      ...door(
        'flows:write',
        'Publishes a text into the store of the directory; 200 when nothing was new.',
        { 200: aPublished, 201: aPublished },
        { does: 'flow-published', once: true },
      ),
      schema: { body: aText },
    },
    async (request, reply) => {
      const { id } = request.params
      const { text, basedOn } = request.body
      const newestFile = flowFiles.entry(id)?.versions[0]?.version ?? 0
      const done = await directory.change(asking(request).name, (picture) =>
        decidePublish(
          picture,
          { id, text, newestFile, ...(basedOn === undefined ? {} : { basedOn }) },
          outsideOf(flowFiles),
        ),
      )
      if ('refused' in done) {
        const problem = { ...problemOf(fault(done.refused)), problems: done.problems }
        return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
      }
      const [newest] = found(flows.entry(id)).versions
      const { version } = found(newest)
      const isNew = done.changes.length > 0
      if (isNew) onEvent({ type: 'published', id, version })
      return reply
        .status(isNew ? 201 : 200)
        .header('location', `/api/v1/flows/${id}/versions/${version}`)
        .send({ id, version })
    },
  )

  const retireStored = async (by: string, id: string, version: number) => {
    await directory.change(by, (picture) => {
      const name = `${id}@${version}`
      const before = picture.entries.flows.get(name)
      if (before === undefined) return { refused: 'flow.not-found' }
      return { changes: [{ kind: 'flows', name, body: { ...before.body, retired: true } }] }
    })
  }

  api.post<{ Params: VersionParams }>(
    '/api/v1/flows/:id/versions/:version/retire',
    door('flows:write', 'Retires a version: no new session takes it.', { 204: 'empty' }, { does: 'flow-retired' }),
    async (request, reply) => {
      const { id } = request.params
      const version = numberOf(request.params.version)
      const known = found(flows.entry(id)?.versions.find((each) => each.version === version))
      if (known.from === 'folder') flows.retire(id, version)
      else await retireStored(asking(request).name, id, version)
      onEvent({ type: 'retired', id, version })
      return reply.status(204).send()
    },
  )
}

function numberOf(text: string): number {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw fault('flow.not-found')
  return value
}
