/** Who is looked after, and how they stand just now. Pure. */

import type { Static } from 'typebox'
import type { someWorkgroups } from '../../src/web/team-routes.ts'
import { type Call, runningIn } from './live-calls.ts'

export type Workgroup = Static<typeof someWorkgroups>['workgroups'][number]
export type Member = Workgroup['members'][number]

export type MemberState = {
  readonly member: Member
  /** The call that he is in. */
  readonly call: Call | undefined
}

export type GroupState = {
  readonly workgroup: Workgroup
  readonly members: readonly MemberState[]
  readonly onCall: number
  readonly inSecure: number
}

/** @returns each workgroup with its members, those on a call first. */
export function statesOf(workgroups: readonly Workgroup[], calls: Iterable<Call>): readonly GroupState[] {
  const byAccount = callsByAccount(calls)
  return workgroups.map((workgroup) => {
    const members = workgroup.members.map((member) => ({
      member,
      call: member.phone === undefined ? undefined : byAccount.get(member.phone),
    }))
    const busy = members.filter(({ call }) => call !== undefined)
    return {
      workgroup,
      members: [...busy, ...members.filter(({ call }) => call === undefined)],
      onCall: busy.length,
      inSecure: busy.filter(({ call }) => call !== undefined && runningIn(call) !== undefined).length,
    }
  })
}

/** Of several calls of an account, the oldest. */
function callsByAccount(calls: Iterable<Call>): ReadonlyMap<string, Call> {
  const found = new Map<string, Call>()
  for (const call of calls)
    for (const account of [call.agentLeg?.account, call.callerLeg?.account])
      if (account !== undefined && !found.has(account)) found.set(account, call)
  return found
}

/** @returns what people call whoever works at a phone; the account itself for a phone that is nobody's. */
export function namesByAccount(workgroups: readonly Workgroup[]): (account: string | undefined) => string | undefined {
  const names = new Map<string, string>()
  for (const { members } of workgroups)
    for (const { phone, displayName } of members) if (phone !== undefined) names.set(phone, displayName)
  return (account) => (account === undefined ? undefined : (names.get(account) ?? account))
}
