/** The API for calls and their secure sessions. Paths are nouns; what is told about a session are counts, words and a verdict. */

import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { fault } from '../base/fault.ts'
import type { Calls } from '../call/index.ts'
import { HEARTBEAT_MS, openEventStream } from './event-stream.ts'
import { problemOf } from './problem.ts'

type CallParams = { callId: string }
type SessionParams = CallParams & { sessionId: string }
type Form = { fields?: { name: string; value: string }[] }

const aForm = Type.Object(
  {
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

/** Adds the routes to an instance that has checked the token already. */
export function addCallRoutes(api: FastifyInstance, calls: Calls): void {
  api.get('/api/v1/calls', async () => ({ calls: calls.list() }))

  api.get<{ Params: CallParams }>('/api/v1/calls/:callId', async (request) => found(calls.get(request.params.callId)))

  api.get('/api/v1/ended-calls', async () => ({ calls: calls.ended() }))

  api.get<{ Params: CallParams }>('/api/v1/calls/:callId/why-not', async (request) => ({
    gates: calls.whyNot(request.params.callId, { by: 'token' }).map((code) => problemOf(fault(code))),
  }))

  api.delete<{ Params: CallParams }>('/api/v1/calls/:callId', async (request, reply) => {
    calls.hangUp(request.params.callId)
    return reply.status(204).send()
  })

  api.post<{ Params: CallParams; Body: Form | null }>(
    '/api/v1/calls/:callId/secure-sessions',
    { schema: { body: Type.Union([aForm, Type.Null()]) } },
    async (request, reply) => {
      const { callId } = request.params
      const fields = request.body?.fields ?? []
      const { sessionId } = await calls.startSecureSession(callId, { fields, startedBy: { by: 'token' } })
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

  api.delete<{ Params: SessionParams }>('/api/v1/calls/:callId/secure-sessions/:sessionId', async (request, reply) => {
    calls.cancelSecureSession(request.params.callId, request.params.sessionId)
    return reply.status(202).send({})
  })

  api.get('/api/v1/events', (request, reply) => {
    reply.hijack()
    const reader = openEventStream(reply.raw)
    const unsubscribe = calls.subscribe((event) => reader.send(event.type, event))
    const beat = setInterval(reader.beat, HEARTBEAT_MS)
    request.raw.once('close', () => {
      clearInterval(beat)
      unsubscribe()
    })
  })
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw fault('web.not-found')
  return value
}
