/**
 * Pick-up: a phone takes a call that rings at another one, by an INVITE that names that phone's early dialog (Replaces, RFC 3891 section 3), or by
 * dialling `sip.pickUpCode` and the number or account that rings. Which call is meant and whether it may is decided here; the call does the rest.
 */

import { fault } from '../base/fault.ts'
import { faults } from '../base/faults.ts'
import type { IncomingSession } from '../sip/session.ts'
import type { CallState } from './call-states.ts'
import type { CallWorld } from './call-world.ts'
import { behindCode, isMeant, mayTake, type PickUpFault, type Rung } from './pick-up-rules.ts'

/** What rings at a phone and can be taken. */
export type Pickable = Rung & {
  /** The SIP session of the phone that rings. */
  readonly session: string
  /** @param by account of the phone that takes it. */
  pickUp(session: IncomingSession, by: string): void
}

/** A call as far as it can be picked up. */
export type PickableCall = {
  readonly state: CallState['at']
  readonly pair: { account(side: 'caller' | 'agent'): string | undefined }
  /** Phones that ring for it, because it is new or is transferred to them. */
  readonly rung: readonly Pickable[]
}

/** The calls, as far as a pick-up asks for them. */
export type PickableCalls = {
  /** Oldest first: for a pick-up by code, and before one is granted. */
  all(): readonly PickableCall[]
  /** Those that a session is or was of. */
  with(session: string): readonly PickableCall[]
}

type World = Pick<CallWorld, 'config' | 'log'>

/** @returns whether a new session asks for a pick-up; it has been taken or refused then. */
export function pickUp(world: World, calls: PickableCalls, session: IncomingSession): boolean {
  const { origin, replaces, target } = session
  const by = origin.kind === 'phone' ? origin.account : undefined
  if (replaces !== undefined) {
    const named = ringing(calls.with(replaces.session)).filter((phone) => phone.session === replaces.session)
    if (named.length > 0) take(world, calls, session, by, named, 'call.pick-up-not-permitted')
    return named.length > 0
  }
  const wanted = by === undefined ? undefined : behindCode(world.config, target.user)
  if (wanted === undefined) return false
  // Who may not pick it up is not told that it rings.
  const meant = ringing(calls.all()).filter((phone) => isMeant(phone, wanted))
  take(world, calls, session, by, meant, 'call.nothing-rings')
  return true
}

function ringing(calls: readonly PickableCall[]): readonly Pickable[] {
  return calls.flatMap(({ rung }) => rung)
}

function take(
  world: World,
  calls: PickableCalls,
  session: IncomingSession,
  by: string | undefined,
  meant: readonly Pickable[],
  otherwise: PickUpFault,
): void {
  const found = meant.find((phone) => by !== undefined && mayTake(world.config, by, phone))
  if (found === undefined || by === undefined) refuse(world, session, otherwise)
  else if (calls.all().some(({ state, pair }) => state === 'secure' && pair.account('agent') === by))
    refuse(world, session, 'call.pick-up-in-secure-session')
  else found.pickUp(session, by)
}

function refuse(world: World, session: IncomingSession, why: PickUpFault): void {
  world.log.fault(fault(why))
  const { sip, title } = faults[why]
  session.reject(sip, { protocol: 'SIP', cause: sip, text: title })
}
