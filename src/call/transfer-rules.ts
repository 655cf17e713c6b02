/** Who may transfer what, and when. Pure, so that every case can be read and tested; what may be called is asked of `route.ts`. */

import type { FaultCode } from '../base/faults.ts'
import type { CallState } from './call-states.ts'
import type { Role, Side } from './pair.ts'

export type TransferFault = Extract<FaultCode, `call.${string}` | `sip.${string}`>

/** The end of a call that asks for a transfer, or that is named in it. */
export type TransferEnd = {
  readonly state: CallState['at']
  readonly side: Side
  /** Account of its phone; undefined for a trunk or a PBX. */
  readonly account: string | undefined
}

/**
 * @param account that asks, undefined for a trunk. @returns why a phone may not take the place of this end (RFC 3891 section 3). Who is no other phone of
 * the same account learns nothing; before the answer there is nothing of ours to take over.
 */
export function takeOverRefusal(
  end: TransferEnd,
  account: string | undefined,
  earlyOnly: boolean,
): TransferFault | undefined {
  if (account === undefined || end.account !== account || end.side !== 'agent') return 'call.transfer-not-permitted'
  if (end.state === 'arriving' || end.state === 'ringing') return 'call.not-found'
  return earlyOnly ? 'sip.busy' : stateRefusal(end.state)
}

/** The same, with what is at the call's other end. */
export type AttendedEnd = TransferEnd & { readonly role: Role; readonly farAccount: string | undefined }

/** @returns why the agent may not hand its caller to somebody who is to be called. */
export function blindRefusal({ state, side, account }: TransferEnd): TransferFault | undefined {
  if (account === undefined || side !== 'agent') return 'call.transfer-not-permitted'
  return stateRefusal(state)
}

/**
 * @param asked the end whose phone asks. @param named the end in the dialog that it names.
 * @returns which of the two calls goes on, with its caller, or why they cannot be joined.
 */
export function attendedSides(
  asked: AttendedEnd,
  named: AttendedEnd,
): { readonly keeps: 'asked' | 'named' } | { readonly fault: TransferFault } {
  // Nobody may take another's call.
  if (asked.account === undefined || asked.account !== named.account) return { fault: 'call.transfer-not-permitted' }
  const keeps = mayJoin(asked, named) ? 'asked' : mayJoin(named, asked) ? 'named' : undefined
  if (keeps === undefined) return { fault: 'call.transfer-not-permitted' }
  const fault = stateRefusal(asked.state) ?? stateRefusal(named.state)
  return fault === undefined ? { keeps } : { fault }
}

/**
 * The one who takes over is a phone of ours, or somebody whom the agent was allowed to call; two callers from outside cannot be joined, since
 * nobody of ours would be left, and the one would be called at our cost by the other.
 */
function mayJoin(keeps: AttendedEnd, gives: AttendedEnd): boolean {
  return keeps.side === 'agent' && (gives.farAccount !== undefined || gives.role === 'placing')
}

function stateRefusal(state: CallState['at']): TransferFault | undefined {
  if (state === 'secure') return 'call.transfer-in-secure-session'
  return state === 'bridged' ? undefined : 'call.transfer-not-now'
}
