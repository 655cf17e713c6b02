/**
 * What the desk knows, and how events and reads change it. Pure. The state is the server's: what happens is applied where it is complete in itself (a key more, the next question), and anything
 * else only says that the calls have to be read again.
 */

import type { Static } from 'typebox'
import type { aCall, aSecureSession } from '../../src/web/answers.ts'
import type { ServerEvent } from '../shared/events.ts'

export type Call = Static<typeof aCall>
export type Session = Static<typeof aSecureSession>

/** The last entry of a session that was not taken, for as long as its field is asked for. */
export type Refusal = { readonly sessionId: string; readonly why: string }

export type Desk = {
  /** Account of the phone that one works at; undefined for who has none. */
  readonly account: string | undefined
  /** False until the server has answered for the first time. */
  readonly isRead: boolean
  /** Calls of this phone, oldest first. One that is over stays while the outcome of a session in it was not closed. */
  readonly calls: readonly Call[]
  /** From the page's clock to the server's, ms. */
  readonly serverAheadMs: number
  /** The call that is worked at. */
  readonly chosen: string | undefined
  /** Sessions whose outcome somebody has closed. */
  readonly closed: ReadonlySet<string>
  readonly refusal: Refusal | undefined
}

export const NO_DESK: Desk = {
  account: undefined,
  isRead: false,
  calls: [],
  serverAheadMs: 0,
  chosen: undefined,
  closed: new Set(),
  refusal: undefined,
}

/** @param read every call that one sees. @returns the desk with its own of them. */
export function afterRead(
  desk: Desk,
  read: { readonly calls: readonly Call[]; readonly nowMs: number },
  pageNowMs: number,
): Desk {
  const mine = read.calls.filter((call) => isMine(desk.account, call))
  const left = desk.calls.filter(({ callId }) => !mine.some((call) => call.callId === callId))
  const kept = left.map(ended).filter((call) => openOutcome(call, desk) !== undefined)
  return withChoice({
    ...desk,
    isRead: true,
    calls: [...kept, ...mine].toSorted((a, b) => a.startedAtMs - b.startedAtMs),
    serverAheadMs: read.nowMs - pageNowMs,
  })
}

/** Of one call that is over, as it is remembered. */
export function afterEndRead(desk: Desk, call: Call): Desk {
  return { ...desk, calls: desk.calls.map((each) => (each.callId === call.callId ? call : each)) }
}

export type Step = { readonly desk: Desk; readonly mustRead: boolean }

/** @returns the desk after an event, and whether the calls have to be read. */
export function afterEvent(desk: Desk, event: ServerEvent): Step {
  const { type, callId = '', sessionId = '' } = event
  if (!/^(?:call|secure)\./.test(type)) return { desk, mustRead: false }
  if (type === 'secure.progress') {
    const keys = Number(event['keys'])
    return { desk: withSession(desk, callId, sessionId, () => ({ keys })), mustRead: false }
  }
  if (type === 'secure.refused')
    return { desk: { ...desk, refusal: { sessionId: String(sessionId), why: String(event['why']) } }, mustRead: true }
  if (type === 'secure.asking') {
    const { refusal } = desk
    const [index, attempt] = [Number(event['field']), Number(event['attempt'])]
    const asking = (): Partial<Session> => ({
      stage: 'asking',
      field: { index, name: String(event['name']) },
      keys: 0,
      attempt,
      attempts: Number(event['attempts']),
    })
    const next = withSession(desk, callId, sessionId, asking)
    return { desk: { ...next, refusal: attempt > 1 ? refusal : undefined }, mustRead: true }
  }
  return { desk, mustRead: true }
}

export function choose(desk: Desk, callId: string): Desk {
  return withChoice({ ...desk, chosen: callId })
}

/** The outcome of a session was read. */
export function closeOutcome(desk: Desk, sessionId: string): Desk {
  const next = { ...desk, closed: new Set(desk.closed).add(sessionId) }
  const calls = desk.calls.filter((call) => call.endedAtMs === undefined || openOutcome(call, next) !== undefined)
  return withChoice({ ...next, calls })
}

/** @returns the session that runs in a call. */
export function runningIn({ secureSessions }: Call): Session | undefined {
  return secureSessions.find(({ endedAtMs }) => endedAtMs === undefined)
}

/** @returns whether the agent of a call works here; who has called a colleague is none, and Secure Input is not his. */
export function isAgentIn({ agentLeg }: Call, { account }: Pick<Desk, 'account'>): boolean {
  return agentLeg?.account === account
}

type Whose = Pick<Desk, 'account' | 'closed'>

/** @returns the agent's last session of a call, when it is over and nobody has closed its outcome. */
function openOutcome(call: Call, whose: Whose): Session | undefined {
  const last = isAgentIn(call, whose) ? call.secureSessions.at(-1) : undefined
  return last?.outcome === undefined || last.endedAtMs === undefined || whose.closed.has(last.sessionId)
    ? undefined
    : last
}

/** What there is to do in a call. */
export type Face =
  | { readonly at: 'ringing' }
  /** Both hear each other. */
  | { readonly at: 'talking' }
  /** The agent of the call is there. */
  | { readonly at: 'other-end' }
  | { readonly at: 'waiting'; readonly session: Session }
  | { readonly at: 'outcome'; readonly session: Session; readonly isOver: boolean }

/** @param whose the desk. */
export function faceOf(call: Call, whose: Whose): Face {
  const running = runningIn(call)
  const isOver = call.endedAtMs !== undefined
  if (call.bridgedAtMs !== undefined && !isAgentIn(call, whose)) return { at: 'other-end' }
  if (running !== undefined && !isOver) return { at: 'waiting', session: running }
  const session = openOutcome(call, whose)
  if (session !== undefined) return { at: 'outcome', session, isOver }
  return { at: call.bridgedAtMs === undefined ? 'ringing' : 'talking' }
}

function isMine(account: string | undefined, { agentLeg, callerLeg }: Call): boolean {
  return account !== undefined && (agentLeg?.account === account || callerLeg?.account === account)
}

/** A call that is not among those that stand is over, before its end was read. */
function ended(call: Call): Call {
  return call.endedAtMs === undefined ? { ...call, state: 'ended', endedAtMs: call.startedAtMs } : call
}

/** Whoever has one call works at it; whoever has several has chosen, or works at the oldest. */
function withChoice(desk: Desk): Desk {
  const isThere = desk.calls.some(({ callId }) => callId === desk.chosen)
  return isThere ? desk : { ...desk, chosen: desk.calls[0]?.callId }
}

function withSession(desk: Desk, callId: string, sessionId: unknown, change: () => Partial<Session>): Desk {
  const calls = desk.calls.map((call) => {
    if (call.callId !== callId) return call
    const secureSessions = call.secureSessions.map((session) =>
      session.sessionId === sessionId && session.endedAtMs === undefined ? { ...session, ...change() } : session,
    )
    return { ...call, secureSessions }
  })
  return { ...desk, calls }
}
