/**
 * Pick-up: a phone takes a call that rings at another one, by an INVITE that names that phone's early dialog (Replaces, RFC 3891 section 3), or by
 * dialling `sip.pickUpCode` and the number or account that rings. Which call is meant and whether it may is decided here; the call does the rest.
 */

import { fault } from '../base/fault.ts'
import { faults } from '../base/faults.ts'
import type { IncomingSession } from '../sip/session.ts'
import type { CallState } from './call-step.ts'
import type { CallWorld } from './call-world.ts'
import { behindCode, isMeant, mayPickUp, type PickUpFault, type Rung } from './pick-up-rules.ts'

/** A call as far as it can be picked up. */
export type Pickable = {
  readonly callId: string
  readonly state: CallState['at']
  readonly pair: { account(side: 'caller' | 'agent'): string | undefined }
  /** Phones that ring for it, with the SIP session of each. */
  readonly rung: readonly (Rung & { readonly session: string })[]
  pickUp(session: IncomingSession, by: string, at: string): void
}

type World = Pick<CallWorld, 'config' | 'log'>

/** @returns whether a new session asks for a pick-up; it has been taken or refused then. @param standing the calls, oldest first: asked for when it does. */
export function pickUp(world: World, standing: () => readonly Pickable[], session: IncomingSession): boolean {
  const { origin, replaces, target } = session
  const by = origin.kind === 'phone' ? origin.account : undefined
  if (replaces !== undefined) {
    const calls = standing()
    const named = ringing(calls).filter((phone) => phone.session === replaces.session)
    if (named.length > 0) take(world, calls, session, by, named, 'call.pick-up-not-permitted')
    return named.length > 0
  }
  const wanted = by === undefined ? undefined : behindCode(world.config, target.user)
  if (wanted === undefined) return false
  // Who may not pick it up is not told that it rings.
  const calls = standing()
  const meant = ringing(calls).filter((phone) => isMeant(phone, wanted))
  take(world, calls, session, by, meant, 'call.nothing-rings')
  return true
}

function ringing(calls: readonly Pickable[]) {
  return calls.flatMap((call) => call.rung.map((phone) => ({ ...phone, call })))
}

function take(
  world: World,
  calls: readonly Pickable[],
  session: IncomingSession,
  by: string | undefined,
  meant: readonly (Rung & { readonly call: Pickable })[],
  otherwise: PickUpFault,
): void {
  const inSecureSession = calls.some(({ state, pair }) => state === 'secure' && pair.account('agent') === by)
  // Nobody takes a call that he places himself.
  const found = meant.find(
    ({ account, call }) =>
      by !== undefined && call.pair.account('caller') !== by && mayPickUp(world.config, by, account),
  )
  if (found === undefined || by === undefined) refuse(world, session, otherwise)
  else if (inSecureSession) refuse(world, session, 'call.pick-up-in-secure-session')
  else found.call.pickUp(session, by, found.account)
}

function refuse(world: World, session: IncomingSession, why: PickUpFault): void {
  world.log.fault(fault(why))
  const { sip, title } = faults[why]
  session.reject(sip, { protocol: 'SIP', cause: sip, text: title })
}
