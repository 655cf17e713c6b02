/** The API for SIP traces: one at a time to whoever listens, as server-sent events, until he goes or its time is up. */

import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { fault } from '../base/fault.ts'
import { door, EVENT_STREAM } from './route.ts'
import type { Streams } from './streams.ts'

export type TraceAsked =
  | { readonly of: 'call'; readonly callId: string }
  | { readonly of: 'number'; readonly number: string }
  | { readonly of: 'all' }

export type TraceDoor = {
  /** @returns ends it. @throws Fault `call.not-found`, `trace.*` */
  readonly start: (asked: TraceAsked, seconds: number, tell: (event: { readonly type: string }) => void) => () => void
}

const DEFAULT_SECONDS = 600
const aWord = Type.String({ minLength: 1, maxLength: 128 })
const aQuestion = Type.Object(
  {
    call: Type.Optional(aWord),
    number: Type.Optional(aWord),
    seconds: Type.Optional(Type.String({ pattern: '^(?:[1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|3600)$' })),
  },
  { additionalProperties: false },
)
type Question = Static<typeof aQuestion>

/** Adds the route. */
export function addTraceRoutes(api: FastifyInstance, traces: TraceDoor, streams: Streams): void {
  const terms = door(
    'trace:read',
    'SIP messages as they come, without bodies.',
    { 200: EVENT_STREAM },
    { does: 'trace-started' },
  )
  api.get<{ Querystring: Question }>(
    '/api/v1/trace',
    { ...terms, schema: { querystring: aQuestion } },
    (request, reply) => {
      const { call, number, seconds } = request.query
      if (call !== undefined && number !== undefined) throw fault('web.bad-request')
      // Told only once the stream has begun, which a refusal must come before.
      let send: (event: { readonly type: string }) => void = () => undefined
      const stop = traces.start(
        askedOf(call, number),
        seconds === undefined ? DEFAULT_SECONDS : Number(seconds),
        (event) => send(event),
      )
      const reader = streams.open(request, reply, stop)
      if (reader === undefined) return
      send = (event) => {
        reader.send(event.type, event)
        if (event.type === 'trace.ended') reader.close()
      }
    },
  )
}

function askedOf(call: string | undefined, number: string | undefined): TraceAsked {
  if (call !== undefined) return { of: 'call', callId: call }
  return number === undefined ? { of: 'all' } : { of: 'number', number }
}
