/** Calls as the history is given them, for its tests. */

import type { CallView } from '../../src/call/index.ts'
import type { CallRow } from '../../src/history/index.ts'
import type { TransferRow } from '../../src/history/row.ts'

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

/** The agent of such a call handed it over. */
export const handedOver: TransferRow = {
  kind: 'blind',
  by: 'alice',
  to: 'bob',
  startedMs: 3_000,
  endedMs: 4_000,
  outcome: 'transferred',
  status: null,
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
