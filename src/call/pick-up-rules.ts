/**
 * Who may pick up a call that rings at somebody else, and what is meant by the code that is dialled for it. Pure, so that every case can be read and
 * tested. The call is in no secure session, since it has not been answered, or is being transferred; a phone that is in one may pick up nothing.
 */

import type { FaultCode } from '../base/faults.ts'
import type { CallConfig } from './call-world.ts'
import { plainNumber } from './route.ts'

export type PickUpFault = Extract<FaultCode, 'call.nothing-rings' | `call.pick-up-${string}`>
export type PickUpRules = Pick<CallConfig, 'sip' | 'workgroups'>

/** A phone that rings. */
export type Rung = {
  readonly account: string
  /** That was dialled, or that the call is transferred to. */
  readonly number: string
  /** Accounts of who calls and, where it is transferred, of who asked for that. */
  readonly askedBy: readonly (string | undefined)[]
}

/** @returns whether one account may take what rings at another, and so be told of it. */
export function mayPickUp({ sip, workgroups }: PickUpRules, account: string, rings: string): boolean {
  if (sip.pickUp === 'nobody') return false
  if (account === rings) return true
  return (
    sip.pickUp === 'workgroup' && workgroups.some(({ phones }) => phones.includes(account) && phones.includes(rings))
  )
}

/** @returns whether an account may take this very call: nobody takes one that he places or transfers himself. */
export function mayTake(rules: PickUpRules, account: string, { account: rings, askedBy }: Rung): boolean {
  return !askedBy.includes(account) && mayPickUp(rules, account, rings)
}

/** @returns what stands behind the code, empty for whatever rings; undefined when something else was dialled. */
export function behindCode({ sip }: PickUpRules, dialled: string): string | undefined {
  if (sip.pickUp === 'nobody' || !dialled.startsWith(sip.pickUpCode)) return undefined
  return dialled.slice(sip.pickUpCode.length)
}

/** @param wanted what stands behind the code. */
export function isMeant({ account, number }: Pick<Rung, 'account' | 'number'>, wanted: string): boolean {
  return wanted === '' || wanted === account || plainNumber(wanted) === plainNumber(number)
}
