/** The event of a call whose legs have been joined, and by which its ends are known from end to end. */

import { uuidOf } from './call-view.ts'
import type { CallEvent } from './events.ts'
import type { Pair } from './pair.ts'

/** @param ringMs from the call's arrival until then. */
export function bridgedEvent(
  pair: Pair,
  ids: { readonly atMs: number; readonly callId: string },
  ringMs: number,
): CallEvent {
  return {
    type: 'call.bridged',
    ...ids,
    agent: pair.account('agent') ?? '',
    ringMs,
    ...endsOf(pair),
  }
}

/** @returns the halves of the Session-ID (RFC 7989) as they are now. */
export function endsOf(pair: Pair): { readonly callerUuid?: string; readonly agentUuid?: string } {
  return { ...uuidOf('callerUuid', pair.leg('caller')), ...uuidOf('agentUuid', pair.leg('agent')) }
}
