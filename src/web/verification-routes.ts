/** The API for whether the signed record of a secure session holds, as "sotto verify" finds out: for sessions of calls that stand, that are remembered, or that the history has. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { SessionCheck, SessionChecker } from '../audit/index.ts'
import { fault } from '../base/fault.ts'
import type { Calls } from '../call/index.ts'
import { seesCall } from '../people/index.ts'
import { accountsOf } from './call-routes.ts'
import type { HistoryDoor } from './history-routes.ts'
import { door } from './route.ts'

export type VerificationDoor = Pick<SessionChecker, 'check'>

type Params = { callId: string; sessionId: string }

const closed = { additionalProperties: false } as const
const aCount = Type.Integer({ minimum: 0 })
export const aVerification = Type.Object(
  {
    verdict: Type.Unsafe<SessionCheck['verdict']>(
      Type.Enum(['holds', 'open', 'does-not-hold'], { description: 'open: holds as far as it is written.' }),
    ),
    findings: Type.Array(
      Type.Object({ number: Type.Optional(aCount), code: Type.String(), says: Type.String() }, closed),
      { description: 'What does not hold, and in which record.' },
    ),
    records: Type.Array(aCount, { description: 'Numbers of its records.' }),
    key: Type.String({ description: 'Id of the key that they were checked with.' }),
    isolation: Type.Unsafe<SessionCheck['isolation']>(
      Type.Enum(['shown', 'not-needed', 'not-counted', 'not-shown'], {
        description: 'Whether the record shows that nobody heard the caller meanwhile.',
      }),
    ),
    durationMs: Type.Optional(Type.Number()),
    fieldsTaken: Type.Optional(aCount),
    entriesRefused: Type.Optional(aCount),
    asked: Type.Optional(Type.Array(aCount, { description: 'How often each field was asked for.' })),
  },
  closed,
)

/** Adds the route. */
export function addVerificationRoutes(
  api: FastifyInstance,
  calls: Pick<Calls, 'get'>,
  history: Pick<HistoryDoor, 'page'>,
  records: VerificationDoor,
): void {
  api.get<{ Params: Params }>(
    '/api/v1/calls/:callId/secure-sessions/:sessionId/verification',
    door(
      'records:read',
      'Whether its signed record holds: signatures, chain, and what it claims.',
      { 200: aVerification },
      { does: 'record-verified' },
    ),
    async (request): Promise<Static<typeof aVerification>> => {
      const { sessionId } = request.params
      const isClosed = await isClosedOf(request, calls, history)
      if (isClosed === undefined) throw fault('web.not-found')
      const { counts, findings, records: numbers, ...check } = await records.check(sessionId, isClosed)
      return {
        ...check,
        ...counts,
        records: [...numbers],
        findings: findings.map(({ number, ...rest }) => (number === undefined ? rest : { number, ...rest })),
      }
    },
  )
}

/** @returns whether the end of the session was recorded; undefined when there is none such in a call that he sees. */
async function isClosedOf(
  { principal, params: { callId, sessionId } }: Pick<FastifyRequest, 'principal'> & { readonly params: Params },
  calls: Pick<Calls, 'get'>,
  history: Pick<HistoryDoor, 'page'>,
): Promise<boolean | undefined> {
  const sees = principal?.sees ?? new Set<string>()
  const isIt = (each: { readonly sessionId: string }) => each.sessionId === sessionId
  const view = calls.get(callId)
  if (view !== undefined) {
    const session = seesCall(sees, accountsOf(view)) ? view.secureSessions.find(isIt) : undefined
    return session && session.auditClosed !== undefined
  }
  const [call] = (await history.page({ callId, limit: 1, ...(sees === 'all' ? {} : { accounts: [...sees] }) })).calls
  const session = call?.secureSessions.find(isIt)
  return session && session.outcome !== null
}
