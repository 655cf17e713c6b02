/**
 * A phone takes the place of another: of its account in a call that stands, whose dialog its INVITE names (RFC 3891), or of one that rings. Its leg is opened
 * in the call's media process and answered; then, and not before, the old one is none of the call's any more.
 */

import { asFault } from '../base/fault.ts'
import { faults } from '../base/faults.ts'
import type { CodecName } from '../base/units.ts'
import type { IncomingSession, SipReason } from '../sip/session.ts'
import type { Leg } from './leg.ts'
import { NOT_PLACED, type RingingEvents } from './leg-events.ts'
import type { Pair, Placed, Role } from './pair.ts'

export type TakeOverOptions = {
  readonly session: IncomingSession
  readonly account: string
  readonly pair: Pair
  /** Of the leg that is replaced. */
  readonly role: Role
  readonly makeLeg: (events: RingingEvents, self: () => Leg) => Leg
  /** The codec that it is to have if it can; that of the far leg when absent. */
  readonly prefer?: () => CodecName | undefined
  /** Asked in the moment before the answer: the status that refuses it after all. */
  readonly refusal?: () => number | undefined
  readonly onTaken: (placed: Placed) => void
  /** It came to nothing, and the phone was told; a SIP status. */
  readonly onFailed: (status: number) => void
}

export type TakeOver = {
  start(): void
  /** The call is over. */
  stop(reason: SipReason): void
  /** A leg has gone. */
  lost(legId: string, status: number): void
  /** @returns whether its dialog has this Call-ID. */
  has(sipCallId: string): boolean
}

export function createTakeOver(options: TakeOverOptions): TakeOver {
  const { session, account, pair, role, onTaken, onFailed } = options
  let isOver = false
  const taken = () => {
    if (isOver) return
    isOver = true
    onTaken({ leg, way: { account } })
  }
  const fail = (status: number) => {
    if (isOver) return
    isOver = true
    leg.reject(status)
    leg.end()
    onFailed(status)
  }
  const leg: Leg = options.makeLeg({ ...NOT_PLACED, onSettled: taken }, () => leg)

  const answer = async () => {
    leg.attach(session)
    try {
      if (pair.place === undefined) return fail(500)
      await leg.open(pair.place)
    } catch (thrown) {
      return fail(asFault(thrown).row.sip)
    }
    if (isOver) return
    const unusable = leg.offerFault()
    if (unusable !== undefined) return fail(faults[unusable].sip)
    const late = options.refusal?.()
    if (late !== undefined) return fail(late)
    const accepted = leg.accept((role === 'placing' ? pair.placed?.leg : pair.placing)?.codec ?? options.prefer?.())
    if (accepted === 'settled') taken()
    else if (accepted !== 'waiting') fail(faults[accepted].sip)
  }

  return {
    start: () => void answer(),
    stop: (reason) => {
      isOver = true
      leg.end(reason)
    },
    lost: (legId, status) => {
      if (legId === leg.legId) fail(status)
    },
    has: (sipCallId) => leg.session?.sipCallId === sipCallId,
  }
}
