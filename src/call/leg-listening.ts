/** What a call makes of what its legs say: which of it counts, and for whom it is. */

import type { Log } from '../base/log.ts'
import type { SipReason, SipText } from '../sip/session.ts'
import type { LegNames } from './call-book.ts'
import type { CallState } from './call-states.ts'
import type { Leg } from './leg.ts'
import type { LegEvents, RingingEvents } from './leg-events.ts'
import type { Pair, Role, Side } from './pair.ts'
import type { SecureSession } from './secure-session.ts'
import type { Transfers } from './transfers.ts'

export type CallEar = {
  readonly pair: () => Pair
  readonly state: () => CallState['at']
  readonly log: Pick<Log, 'fault'>
  readonly callId: string
  /** A leg has these names. */
  readonly named: (names: LegNames) => void
  /** Of a leg that is the call's: it was held, retrieved, or changed its terms. */
  readonly changed: (role: Role) => void
  /** A key of the agent's. */
  readonly key: (key: number) => void
  readonly secure: () => SecureSession | undefined
  /** Also of a leg that is not the call's yet. */
  readonly quiet: (role: Role, leg: Leg, quietMs: number) => void
  readonly transfers: () => Transfers
  /** Of a leg that is the call's: what its far end writes to the other. */
  readonly text: (role: Role, text: SipText) => void
  /** A leg that was rung for the call has gone. */
  readonly lost: (legId: string, status: number, reason: SipReason | undefined) => void
  readonly gone: (role: Role, reason: SipReason | undefined) => void
  readonly mediaLost: () => void
}

/** @returns the events of a leg. @param ringing what only a leg that is rung can do. @param self the leg, as soon as it is made. */
export function listenTo(role: Role, ringing: RingingEvents, self: () => Leg, ear: CallEar): LegEvents {
  const counts = () => self() === (role === 'placing' ? ear.pair().placing : ear.pair().placed?.leg)
  const isSide = (side: Side) => counts() && ear.pair().sideOf(role) === side
  const rings = () => !counts() || (role === 'placed' && ear.state() === 'ringing')
  const lost = (status: number, reason: SipReason | undefined) => {
    const { legId } = self()
    ear.lost(legId, status, reason)
    ear.transfers().lost(legId, status, reason)
  }
  return {
    ...ringing,
    onSession: ear.named,
    onChanged: () => {
      if (counts()) ear.changed(role)
    },
    onText: (text) => {
      if (counts()) ear.text(role, text)
      else text.respond(480)
    },
    onReferral: (referral) => {
      if (counts()) ear.transfers().asked(role, referral)
      else referral.reject(481)
    },
    onKey: (key) => {
      if (isSide('agent')) ear.key(key)
    },
    onCallerNews: (news) => {
      if (isSide('caller')) ear.secure()?.tellVault(news)
    },
    otherSessionUuid: () => (role === 'placing' ? ear.pair().placed?.leg : ear.pair().placing)?.session?.sessionUuid,
    onQuiet: (quietMs) => ear.quiet(role, self(), quietMs),
    onEnded: (end) => {
      if (rings()) lost(480, end.reason)
      else ear.gone(role, end.reason)
    },
    onMediaFault: (fault) => {
      ear.log.fault(fault, { callId: ear.callId })
      if (rings()) lost(fault.row.sip, undefined)
      else ear.mediaLost()
    },
  }
}
