/** The API for flows: which there are, their versions, publishing a draft and retiring a version; each takes effect with the next session. */

import type { FastifyInstance } from 'fastify'
import { fault } from '../base/fault.ts'
import type { FlowFolder } from '../flow/index.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'

type FlowParams = { id: string }
type VersionParams = FlowParams & { version: string }

/** What became of flows, for the log. */
export type FlowEvent = { readonly type: 'published' | 'retired'; readonly id: string; readonly version: number }

/** Adds the routes to an instance that has checked the token already. */
export function addFlowRoutes(api: FastifyInstance, flows: FlowFolder, onEvent: (event: FlowEvent) => void): void {
  api.get('/api/v1/flows', async () => ({ flows: flows.list() }))

  api.get<{ Params: FlowParams }>('/api/v1/flows/:id', async (request) => found(flows.entry(request.params.id)))

  api.get<{ Params: FlowParams }>('/api/v1/flows/:id/versions', async (request) => ({
    versions: found(flows.entry(request.params.id)).versions,
  }))

  api.get<{ Params: VersionParams }>('/api/v1/flows/:id/versions/:version', async (request) => {
    const { id } = request.params
    const version = numberOf(request.params.version)
    const known = found(flows.entry(id)?.versions.find((each) => each.version === version))
    return { id, ...known, text: found(flows.text(id, version)) }
  })

  api.post<{ Params: FlowParams }>('/api/v1/flows/:id/publish', async (request, reply) => {
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
  })

  api.post<{ Params: VersionParams }>('/api/v1/flows/:id/versions/:version/retire', async (request, reply) => {
    const { id } = request.params
    const version = numberOf(request.params.version)
    flows.retire(id, version)
    onEvent({ type: 'retired', id, version })
    return reply.status(204).send()
  })
}

function numberOf(text: string): number {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw fault('flow.not-found')
  return value
}
