/** The API for calls and their secure sessions. Paths are nouns; what is told about a session are counts, words and a verdict. */

import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { fault } from '../base/fault.ts'
import type { Calls, SecureOrder } from '../call/index.ts'
import { HEARTBEAT_MS, openEventStream } from './event-stream.ts'
import { problemOf } from './problem.ts'

type CallParams = { callId: string }
type SessionParams = CallParams & { sessionId: string }
/** Something whose events go out with those of calls. */
type Teller = { readonly subscribe: (listener: (event: { readonly type: string }) => void) => () => void }
type Start = { form?: string; fields?: { name: string; value: string }[]; flow?: string; retryOf?: string }

const aStart = Type.Object(
  {
    flow: Type.Optional(Type.String({ minLength: 1, maxLength: 80 })),
    form: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    retryOf: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    fields: Type.Optional(
      Type.Array(
        Type.Object(
          { name: Type.String({ minLength: 1, maxLength: 64 }), value: Type.String({ maxLength: 1024 }) },
          { additionalProperties: false },
        ),
        { maxItems: 32 },
      ),
    ),
  },
  { additionalProperties: false },
)

const aQuestion = Type.Pick(aStart, ['flow', 'form', 'retryOf'], { additionalProperties: false })

const anOrder = Type.Union([
  Type.Object(
    {
      order: Type.Literal('again'),
      fields: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 16 }),
    },
    { additionalProperties: false },
  ),
  Type.Object({ order: Type.Enum(['again-all', 'go-on']) }, { additionalProperties: false }),
])

/** Adds the routes to an instance that has checked the token already. */
export function addCallRoutes(api: FastifyInstance, calls: Calls, tellers: readonly Teller[]): void {
  api.get('/api/v1/calls', async () => ({ calls: calls.list() }))

  api.get<{ Params: CallParams }>('/api/v1/calls/:callId', async (request) => found(calls.get(request.params.callId)))

  api.get<{ Params: CallParams }>('/api/v1/calls/:callId/quality', async (request) =>
    calls.quality(request.params.callId),
  )

  api.get('/api/v1/ended-calls', async () => ({ calls: calls.ended() }))

  api.get<{ Params: CallParams; Querystring: { flow?: string; form?: string; retryOf?: string } }>(
    '/api/v1/calls/:callId/why-not',
    { schema: { querystring: aQuestion } },
    async (request) => ({
      gates: calls
        .whyNot(request.params.callId, { ...request.query, startedBy: { by: 'token' } })
        .map((code) => problemOf(fault(code))),
    }),
  )

  api.delete<{ Params: CallParams }>('/api/v1/calls/:callId', async (request, reply) => {
    calls.hangUp(request.params.callId)
    return reply.status(204).send()
  })

  api.post<{ Params: CallParams; Body: Start | null }>(
    '/api/v1/calls/:callId/secure-sessions',
    { schema: { body: Type.Union([aStart, Type.Null()]) } },
    async (request, reply) => {
      const { callId } = request.params
      const { sessionId } = await calls.startSecureSession(callId, { ...request.body, startedBy: { by: 'token' } })
      return reply
        .status(202)
        .header('location', `/api/v1/calls/${callId}/secure-sessions/${sessionId}`)
        .send({ sessionId })
    },
  )

  api.get<{ Params: CallParams }>('/api/v1/calls/:callId/secure-sessions', async (request) => ({
    secureSessions: calls.secureSessions(request.params.callId),
  }))

  api.get<{ Params: SessionParams }>('/api/v1/calls/:callId/secure-sessions/:sessionId', async (request) => {
    const { callId, sessionId } = request.params
    return found(calls.secureSessions(callId).find((session) => session.sessionId === sessionId))
  })

  api.get<{ Params: SessionParams }>('/api/v1/calls/:callId/secure-sessions/:sessionId/audit', async (request) =>
    calls.audit(request.params.callId, request.params.sessionId),
  )

  api.delete<{ Params: SessionParams }>('/api/v1/calls/:callId/secure-sessions/:sessionId', async (request, reply) => {
    calls.cancelSecureSession(request.params.callId, request.params.sessionId)
    return reply.status(202).send({})
  })

  api.post<{ Params: SessionParams; Body: SecureOrder }>(
    '/api/v1/calls/:callId/secure-sessions/:sessionId/orders',
    { schema: { body: anOrder } },
    async (request, reply) => {
      calls.orderSecureSession(request.params.callId, request.params.sessionId, request.body)
      return reply.status(202).send({})
    },
  )

  api.get('/api/v1/events', (request, reply) => {
    reply.hijack()
    const reader = openEventStream(reply.raw)
    const send = (event: { readonly type: string }) => reader.send(event.type, event)
    const ended = [calls.subscribe(send), ...tellers.map((teller) => teller.subscribe(send))]
    const beat = setInterval(reader.beat, HEARTBEAT_MS)
    request.raw.once('close', () => {
      clearInterval(beat)
      for (const end of ended) end()
    })
  })
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw fault('web.not-found')
  return value
}
