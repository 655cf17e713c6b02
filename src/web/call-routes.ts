/**
 * The API for calls and their secure sessions. Paths are nouns; what is told about a session are counts, words and a verdict. Of a call that somebody does not see, or may not act in,
 * he is told that there is none. Each end may hang up; secure sessions are the agent's alone, whose rights and forms they are begun with.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { fault } from '../base/fault.ts'
import type { Calls, CallView, SecureOrder } from '../call/index.ts'
import { type Sight, seesCall } from '../people/index.ts'
import {
  aCall,
  aCallQuality,
  aSecureSession,
  aStarted,
  nothingMore,
  someCalls,
  someRecords,
  someSessions,
} from './answers.ts'
import { aCallPage, type CallPageQuestion, callPage, tagOfCalls } from './call-pages.ts'
import { problemOf } from './problem.ts'
import { aProblem, door } from './route.ts'

type CallParams = { callId: string }
type SessionParams = CallParams & { sessionId: string }
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

/** Adds the routes. @param now the clock that the times of calls are of */
export function addCallRoutes(api: FastifyInstance, calls: Calls, now: () => number): void {
  const seen = (request: FastifyRequest, views: readonly CallView[]) => {
    const sees = request.principal?.sees ?? NOBODYS
    return sees === 'all' ? views : views.filter((view) => seesCall(sees, accountsOf(view)))
  }
  const within = <P extends CallParams>(request: Asked<P>, as: Part) => paramsWithin(calls, request, as)

  for (const { path, says, order, list } of [
    {
      path: '/api/v1/calls',
      says: 'Calls that stand, oldest first.',
      order: 'began',
      list: () => calls.list(),
    },
    {
      path: '/api/v1/ended-calls',
      says: 'The last thousand calls that ended, newest first.',
      order: 'ended',
      list: () => calls.ended(),
    },
  ] as const)
    api.get<{ Querystring: CallPageQuestion }>(
      path,
      { ...door('calls:read', says, { 200: someCalls }), schema: { querystring: aCallPage } },
      async (request, reply) => {
        const { views, next } = callPage(seen(request, list()), order, request.query)
        const page = { calls: views.map((view) => shownTo(request, view)), ...(next === undefined ? {} : { next }) }
        reply.header('etag', tagOfCalls(page))
        return { nowMs: now(), ...page }
      },
    )

  api.get<{ Params: CallParams }>(
    '/api/v1/calls/:callId',
    door('calls:read', 'A call that stands or is remembered.', { 200: aCall }),
    async (request) => shownTo(request, found(calls.get(within(request, 'sees').callId))),
  )

  api.get<{ Params: CallParams }>(
    '/api/v1/calls/:callId/quality',
    door('calls:read', 'How the legs of a call sound, or sounded.', { 200: aCallQuality }),
    async (request) => calls.quality(within(request, 'sees').callId),
  )

  api.get<{ Params: CallParams; Querystring: { flow?: string; form?: string; retryOf?: string } }>(
    '/api/v1/calls/:callId/why-not',
    {
      ...door('secure:read', 'Every reason why no secure session can start in this call now.', { 200: someGates }),
      schema: { querystring: aQuestion },
    },
    async (request) => ({
      gates: calls
        .whyNot(within(request, 'sees').callId, { ...request.query, startedBy: { by: 'token' } })
        .map((code) => problemOf(fault(code))),
    }),
  )

  api.delete<{ Params: CallParams }>(
    '/api/v1/calls/:callId',
    door('calls:write', 'Hangs up; a secure session is wiped first.', { 204: 'empty' }, { does: 'call-hung-up' }),
    async (request, reply) => {
      calls.hangUp(within(request, 'acts').callId)
      return reply.status(204).send()
    },
  )

  api.post<{ Params: CallParams; Body: Start | null }>(
    '/api/v1/calls/:callId/secure-sessions',
    {
      ...door(
        'secure:start',
        'Starts a secure session.',
        { 202: aStarted },
        { does: 'secure-session-started', once: true },
      ),
      schema: { body: Type.Union([aStart, Type.Null()]) },
    },
    async (request, reply) => {
      const { callId } = within(request, 'is-agent')
      const { sessionId } = await calls.startSecureSession(callId, { ...request.body, startedBy: { by: 'token' } })
      return reply
        .status(202)
        .header('location', `/api/v1/calls/${callId}/secure-sessions/${sessionId}`)
        .send({ sessionId })
    },
  )

  api.get<{ Params: CallParams }>(
    '/api/v1/calls/:callId/secure-sessions',
    door('secure:read', 'Secure sessions of a call, oldest first.', { 200: someSessions }),
    async (request) => ({ secureSessions: calls.secureSessions(within(request, 'sees').callId) }),
  )

  api.get<{ Params: SessionParams }>(
    '/api/v1/calls/:callId/secure-sessions/:sessionId',
    door('secure:read', 'How a secure session stands, or ended.', { 200: aSecureSession }),
    async (request) => {
      const { callId, sessionId } = within(request, 'sees')
      return found(calls.secureSessions(callId).find((session) => session.sessionId === sessionId))
    },
  )

  api.get<{ Params: SessionParams }>(
    '/api/v1/calls/:callId/secure-sessions/:sessionId/audit',
    door('records:read', 'Its signed record, for "sotto verify".', { 200: someRecords }, { does: 'record-read' }),
    async (request) => {
      const { callId, sessionId } = within(request, 'sees')
      return calls.audit(callId, sessionId)
    },
  )

  api.delete<{ Params: SessionParams }>(
    '/api/v1/calls/:callId/secure-sessions/:sessionId',
    door('secure:start', 'Cancels: wiped, then rejoined.', { 202: nothingMore }, { does: 'secure-session-cancelled' }),
    async (request, reply) => {
      const { callId, sessionId } = within(request, 'is-agent')
      calls.cancelSecureSession(callId, sessionId)
      return reply.status(202).send({})
    },
  )

  api.post<{ Params: SessionParams; Body: SecureOrder }>(
    '/api/v1/calls/:callId/secure-sessions/:sessionId/orders',
    {
      ...door(
        'secure:start',
        'Has fields keyed again, or ends the wait.',
        { 202: nothingMore },
        { does: 'secure-session-ordered', once: true },
      ),
      schema: { body: anOrder },
    },
    async (request, reply) => {
      const { callId, sessionId } = within(request, 'is-agent')
      calls.orderSecureSession(callId, sessionId, request.body)
      return reply.status(202).send({})
    },
  )
}

/** Whose rights do not let him see secure sessions is not told of them by their call either. */
function shownTo({ principal }: Pick<FastifyRequest, 'principal'>, view: CallView): CallView {
  if (principal?.scopes.has('secure:read') === true) return view
  return { ...view, state: view.state === 'secure' ? 'bridged' : view.state, secureSessions: [] }
}

type Asked<P> = Pick<FastifyRequest, 'principal'> & { readonly params: P }
/** What somebody has to do with a call: he sees it, one of its phones is his, or its agent's is. */
type Part = 'sees' | 'acts' | 'is-agent'
const NOBODYS: Sight = new Set()
const someGates = Type.Object({ gates: Type.Array(aProblem) }, { additionalProperties: false })

/** @returns the parameters of a request about a call that somebody has this part in. @throws Fault `call.not-found` */
export function paramsWithin<P extends CallParams>(
  calls: Pick<Calls, 'get'>,
  { principal, params }: Asked<P>,
  as: Part,
): P {
  const of = principal?.[as === 'sees' ? 'sees' : 'acts'] ?? NOBODYS
  if (of === 'all') return params
  const view = calls.get(params.callId)
  const accounts = view === undefined ? [] : as === 'is-agent' ? [view.agentLeg?.account] : accountsOf(view)
  if (!seesCall(of, accounts)) throw fault('call.not-found')
  return params
}

/** @returns accounts of the phones that are in a call. */
export function accountsOf({ callerLeg, agentLeg }: CallView): readonly (string | undefined)[] {
  return [callerLeg?.account, agentLeg?.account]
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw fault('web.not-found')
  return value
}
