/** Calls as the history is given them, for its tests. */

import type { CallView } from '../../src/call/index.ts'
import type { CallRow } from '../../src/history/index.ts'

/** A call that was talked in and ended, as it is kept. */
export function keptCall(callId: string, given: Partial<CallRow> = {}): CallRow {
  return {
    callId,
    startedMs: 1_000,
    bridgedMs: 2_000,
    endedMs: 62_000,
    origin: 'trunk',
    from: '+493012345678',
    to: '100',
    agent: 'alice',
    trunk: 'carrier',
    ending: 'caller-hung-up',
    status: null,
    legs: [],
    secureSessions: [],
    transfers: [],
    ...given,
  }
}

/** A call as the call room shows it, that has just arrived. */
export function shownCall(callId: string, given: Partial<CallView> = {}): CallView {
  return {
    callId,
    state: 'arriving',
    isEmergency: false,
    transfers: [],
    origin: 'trunk',
    from: '+493012345678',
    to: '100',
    callerLeg: undefined,
    agentLeg: undefined,
    startedAtMs: 1_000_000,
    bridgedAtMs: undefined,
    endedAtMs: undefined,
    ending: undefined,
    status: undefined,
    secureSessions: [],
    ...given,
  }
}
