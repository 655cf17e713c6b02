/**
 * Who may do what in the directory (PC-41 to PC-43). A right is allowed or denied to a user, or to a workgroup and so to all of its members.
 * Denied anywhere is denied; allowed nowhere is denied too. Pure.
 */

/** The rights there are. Those of `secure-input` are an agent's, by the call he is in. */
export const RIGHTS = ['secure-input:view', 'secure-input:start'] as const
export type Right = (typeof RIGHTS)[number]

export type Effect = 'allow' | 'deny'
export type Grants = { readonly [R in Right]?: Effect }

/** Where a right comes from. */
export type GrantPlace = { readonly of: 'user' | 'workgroup'; readonly name: string; readonly effect: Effect }

/** What somebody may do, and why. */
export type EffectiveRight = {
  readonly right: Right
  readonly allowed: boolean
  readonly reason: 'allowed' | 'denied' | 'granted-nowhere' | 'user-disabled'
  /** Every grant and denial, those that decided first. */
  readonly from: readonly GrantPlace[]
}

export type Holder = {
  readonly name: string
  readonly disabled: boolean
  readonly rights: Grants
  /** Workgroups that he is a member of. */
  readonly workgroups: readonly { readonly name: string; readonly rights: Grants }[]
}

/** @returns each right of a user, with the reason. */
export function effectiveRights(holder: Holder): readonly EffectiveRight[] {
  return RIGHTS.map((right) => effectiveRight(holder, right))
}

/** @returns whether a user has a right, and why. */
export function effectiveRight({ name, disabled, rights, workgroups }: Holder, right: Right): EffectiveRight {
  const places = [
    ...placeOf('user', name, rights[right]),
    ...workgroups.flatMap((group) => placeOf('workgroup', group.name, group.rights[right])),
  ]
  const denials = places.filter(({ effect }) => effect === 'deny')
  const grants = places.filter(({ effect }) => effect === 'allow')
  const from = [...denials, ...grants]
  if (disabled) return { right, allowed: false, reason: 'user-disabled', from }
  if (denials.length > 0) return { right, allowed: false, reason: 'denied', from }
  return grants.length > 0
    ? { right, allowed: true, reason: 'allowed', from }
    : { right, allowed: false, reason: 'granted-nowhere', from }
}

function placeOf(of: GrantPlace['of'], name: string, effect: Effect | undefined): readonly GrantPlace[] {
  return effect === undefined ? [] : [{ of, name, effect }]
}
