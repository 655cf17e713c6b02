/** A call with its secure sessions as the page shows it, whether it stands, is remembered or comes from the history. Values there are none. Pure. */

import type { Call, Session } from './live-calls.ts'

export type Outcome = 'accepted' | 'declined' | 'failed'

/** What of the call history the page reads. */
export type KeptCall = {
  readonly callId: string
  readonly startedAt: string
  readonly bridgedAt?: string
  readonly endedAt?: string
  readonly from: string
  readonly to: string
  readonly agent?: string
  readonly trunk?: string
  readonly ending?: string
  readonly secureSessions: readonly {
    readonly sessionId: string
    readonly flow: string
    readonly version: number
    readonly startedBy?: string
    readonly startedAt: string
    readonly endedAt?: string
    readonly outcome?: Outcome
    readonly reason?: string
  }[]
}

export type SessionDetail = {
  readonly sessionId: string
  readonly flow: string
  readonly startedBy: string | undefined
  readonly startedMs: number
  readonly endedMs: number | undefined
  readonly result: Outcome | undefined
  readonly reason: string | undefined
  /** As long as it runs. */
  readonly running: Pick<Session, 'stage' | 'field' | 'attempt' | 'attempts' | 'keys'> | undefined
  /** Undefined out of the history, which keeps none. */
  readonly fields: Session['fields'] | undefined
}

export type CallDetail = {
  readonly callId: string
  readonly from: string
  readonly to: string
  readonly agent: string | undefined
  readonly trunk: string | undefined
  readonly state: string | undefined
  readonly ending: string | undefined
  readonly startedMs: number
  readonly bridgedMs: number | undefined
  readonly endedMs: number | undefined
  /** Oldest first. */
  readonly sessions: readonly SessionDetail[]
}

/** @param wallMsOf from the server's clock to the wall's. */
export function detailOfCall(call: Call, wallMsOf: (clockMs: number) => number): CallDetail {
  const wall = (ms: number | undefined) => (ms === undefined ? undefined : wallMsOf(ms))
  const { callId, from, to, agentLeg, callerLeg, state, ending } = call
  return {
    ...{ callId, from, to, ending },
    state: call.endedAtMs === undefined ? state : undefined,
    agent: agentLeg?.account,
    trunk: callerLeg?.trunk ?? agentLeg?.trunk,
    startedMs: wallMsOf(call.startedAtMs),
    bridgedMs: wall(call.bridgedAtMs),
    endedMs: wall(call.endedAtMs),
    sessions: call.secureSessions.map((session) => {
      const { sessionId, flow, startedBy, outcome, endedAtMs, stage, field, attempt, attempts, keys, fields } = session
      return {
        ...{ sessionId, startedBy, fields },
        flow: `${flow.title === '' ? flow.id : flow.title} (${flow.id}@${flow.version})`,
        startedMs: wallMsOf(session.startedAtMs),
        endedMs: wall(endedAtMs),
        result: outcome?.result as Outcome | undefined,
        reason: outcome?.result === 'failed' ? outcome.reason : undefined,
        running: endedAtMs === undefined ? { stage, attempt, attempts, keys, ...(field && { field }) } : undefined,
      }
    }),
  }
}

export function detailOfKept(call: KeptCall): CallDetail {
  const ms = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text))
  const { callId, from, to, agent, trunk, ending } = call
  return {
    ...{ callId, from, to, agent, trunk, ending },
    state: undefined,
    startedMs: Date.parse(call.startedAt),
    bridgedMs: ms(call.bridgedAt),
    endedMs: ms(call.endedAt),
    sessions: call.secureSessions.map(
      ({ sessionId, flow, version, startedBy, startedAt, endedAt, outcome, reason }) => ({
        ...{ sessionId, startedBy, reason },
        flow: `${flow}@${version}`,
        startedMs: Date.parse(startedAt),
        endedMs: ms(endedAt),
        result: outcome,
        running: undefined,
        fields: undefined,
      }),
    ),
  }
}
