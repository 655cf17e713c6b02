/** The API for the state of the server: for whoever sends calls here, for people, for Prometheus; the document of the API, and the page of problems. */

import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { digestOf } from '../base/digest.ts'
import type { ApiDocument } from './openapi.ts'
import { problemsPage } from './problem.ts'
import { door } from './route.ts'

export type Health = {
  readonly ready: boolean
  readonly draining: boolean
  readonly calls: number
  readonly vaults: number
  readonly media: readonly string[]
  /** Whether new calls are taken, and why not. */
  readonly admission: { readonly takesCalls: boolean }
  /** Secure sessions can be recorded just now. */
  readonly audit: boolean
  /** What happens at the door can be logged just now. */
  readonly accessLog: boolean
  /** Whether the log is written, and lines that were lost. */
  readonly log: { readonly available: boolean; readonly dropped: number }
  /** Whether the call history is written, and what waits. */
  readonly history: { readonly available: boolean; readonly waiting: number }
}

export type StateDoor = {
  readonly health: () => Health
  /** The page that Prometheus reads. */
  readonly metrics: () => string
  /** Loads the prompts anew. @throws Fault `vault.prompts-missing` and the like */
  readonly reloadPrompts: () => void
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
const HTML_TYPE = 'text/html; charset=utf-8'

const ready = { ready: Type.Boolean(), draining: Type.Boolean() }
const aReadiness = Type.Object(ready, { additionalProperties: false })
const alive = Type.Object({ alive: Type.Literal(true) }, { additionalProperties: false })
const aState = Type.Object({
  ...ready,
  calls: Type.Integer(),
  vaults: Type.Integer(),
  media: Type.Array(Type.String()),
  admission: Type.Object({ takesCalls: Type.Boolean() }),
  audit: Type.Boolean(),
  accessLog: Type.Boolean(),
  log: Type.Object({ available: Type.Boolean(), dropped: Type.Integer() }),
  history: Type.Object({ available: Type.Boolean(), waiting: Type.Integer() }),
})
const aDocument = Type.Object({ openapi: Type.Literal('3.1.0'), paths: Type.Object({}) })

/** Adds the routes. */
export function addStateRoutes(api: FastifyInstance, options: StateDoor, document: () => ApiDocument): void {
  const { health, metrics, reloadPrompts } = options
  const readiness = door('nothing', 'Whether calls may be sent here.', { 200: aReadiness, 503: aReadiness })
  api.get('/health', readiness, async (_request, reply) => {
    const { ready, draining } = health()
    return reply.status(ready && !draining ? 200 : 503).send({ ready, draining })
  })
  // Whoever restarts what is not alive must not restart what drains, or waits for a vault.
  api.get('/live', door('nothing', 'Whether to leave it alone.', { 200: alive }), async () => ({ alive: true }))
  const page = door('nothing', 'Every problem, with what to do.', { 200: { media: HTML_TYPE } })
  // Everybody may ask for it, again and again.
  const problems = problemsPage()
  const etag = `"${digestOf(problems)}"`
  api.get('/problems', page, async (_request, reply) => reply.type(HTML_TYPE).header('etag', etag).send(problems))
  api.get('/api/v1/openapi.json', door('nothing', 'This document.', { 200: aDocument }), async () => document())

  api.get('/api/v1/status', door('status:read', 'The state, for people.', { 200: aState }), async () => health())
  const text = door('metrics:read', 'For Prometheus.', { 200: { media: METRICS_TYPE } })
  api.get('/metrics', text, async (_request, reply) => reply.type(METRICS_TYPE).send(metrics()))
  api.post(
    '/api/v1/prompts/reload',
    door(
      'prompts:write',
      'Loads changed prompts without touching running calls.',
      { 204: 'empty' },
      { does: 'prompts-reloaded' },
    ),
    async (_request, reply) => {
      reloadPrompts()
      return reply.status(204).send()
    },
  )
}
