/** Phones that pick up one call while it rings: each is answered on its own, and the first whose terms are settled has it; the others hear that it was too late. */

import type { CodecName } from '../base/units.ts'
import type { IncomingSession } from '../sip/session.ts'
import type { Leg } from './leg.ts'
import type { RingingEvents } from './leg-events.ts'
import type { Pair, Placed, Role } from './pair.ts'
import { ANSWERED_ELSEWHERE } from './refusal.ts'
import { createTakeOver, type TakeOver } from './take-over.ts'

export type PickingOptions = {
  readonly pair: Pair
  /** That who picks up is to have. */
  readonly role: Role
  /** The call still rings. */
  readonly isRinging: () => boolean
  /** The codec that the caller would like best. */
  readonly prefer: () => CodecName | undefined
  readonly makeLeg: (events: RingingEvents, self: () => Leg) => Leg
  /** A phone has been answered. @param at account of the phone that rings. */
  readonly onTaken: (placed: Placed, by: string, at: string) => void
}

export type Picking = {
  begin(session: IncomingSession, by: string, at: string): void
  /** A leg has gone. */
  lost(legId: string, status: number): void
  /** The call rings no more. May be called twice. */
  close(): void
  /** @returns whether one that picks up has the dialog of this Call-ID. */
  has(sipCallId: string): boolean
}

/** What a phone hears that comes too late: there is no such dialog any more (RFC 3891 section 3). */
const TOO_LATE = 481

export function createPicking({ pair, role, isRinging, prefer, makeLeg, onTaken }: PickingOptions): Picking {
  const underway = new Set<TakeOver>()
  return {
    begin: (session, by, at) => {
      const taking: TakeOver = createTakeOver({
        session,
        account: by,
        pair,
        role,
        prefer,
        makeLeg,
        refusal: () => (isRinging() ? undefined : TOO_LATE),
        onTaken: (placed) => {
          underway.delete(taking)
          onTaken(placed, by, at)
        },
        onFailed: () => void underway.delete(taking),
      })
      underway.add(taking)
      taking.start()
    },
    lost: (legId, status) => {
      for (const each of [...underway]) each.lost(legId, status)
    },
    close: () => {
      for (const each of underway) each.stop(ANSWERED_ELSEWHERE)
      underway.clear()
    },
    has: (sipCallId) => [...underway].some((each) => each.has(sipCallId)),
  }
}
