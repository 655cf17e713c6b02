/** Why a call is over, in the words that people see: the machine knows a placing and a placed leg, they know caller and agent. */

import type { CallEnding } from './call-states.ts'
import type { CallView } from './call-view.ts'
import type { CallEndingWord, CallEvent } from './events.ts'

export type { CallEndingWord } from './events.ts'

/** @param placing which side placed the call. */
export function endingWord(ending: CallEnding, placing: 'caller' | 'agent'): CallEndingWord {
  switch (ending) {
    case 'placing-hung-up':
      return `${placing}-hung-up`
    case 'placed-hung-up':
      return placing === 'caller' ? 'agent-hung-up' : 'caller-hung-up'
    // The session says why before the call ends; this is for one that did not.
    case 'secure-failed':
      return 'vault-stuck'
    default:
      return ending
  }
}

/** @returns the last event of a call. */
export function endedEvent(view: CallView, atMs: number): CallEvent {
  const { status } = view
  return {
    type: 'call.ended',
    atMs,
    callId: view.callId,
    ending: view.ending ?? 'refused',
    ...(status === undefined ? {} : { status }),
    durationMs: atMs - view.startedAtMs,
    talkMs: view.bridgedAtMs === undefined ? 0 : atMs - view.bridgedAtMs,
    secureSessions: view.secureSessions.length,
  }
}
