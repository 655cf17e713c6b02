/**
 * What rights result in (PC-41 to PC-43), for what is being edited and not saved yet: a denial anywhere wins, what is allowed nowhere is denied, a disabled user has none. The server decides
 * by itself; a test holds both to the same. Pure.
 */

import type { EffectiveRight, GrantPlace, Grants, Right } from '../../../src/directory/rights.ts'

/** In the order in which they are shown. */
export const RIGHTS: readonly { readonly right: Right; readonly title: string; readonly says: string }[] = [
  { right: 'secure-input:view', title: 'See Secure Input', says: 'The desk shows the button and what a session does.' },
  { right: 'secure-input:start', title: 'Start Secure Input', says: 'Sessions are started, ordered again, cancelled.' },
]

export const REASONS: Readonly<Record<EffectiveRight['reason'], string>> = {
  allowed: 'It is allowed, and denied nowhere.',
  denied: 'A denial wins, wherever it stands.',
  'granted-nowhere': 'It is allowed nowhere.',
  'user-disabled': 'The user is disabled and has no rights.',
}

export type Holder = {
  readonly name: string
  readonly disabled: boolean
  readonly rights: Grants
  readonly workgroups: readonly { readonly name: string; readonly rights: Grants }[]
}

export type Result = Pick<EffectiveRight, 'allowed' | 'reason' | 'from'>

export function resultOf({ name, disabled, rights, workgroups }: Holder, right: Right): Result {
  const own: GrantPlace[] = placesOf('user', name, rights[right])
  const places = [...own, ...workgroups.flatMap((group) => placesOf('workgroup', group.name, group.rights[right]))]
  const from = ['deny', 'allow'].flatMap((effect) => places.filter((each) => each.effect === effect))
  if (disabled) return { allowed: false, reason: 'user-disabled', from }
  const first = from[0]?.effect
  if (first === undefined) return { allowed: false, reason: 'granted-nowhere', from }
  return first === 'deny' ? { allowed: false, reason: 'denied', from } : { allowed: true, reason: 'allowed', from }
}

export type Person = { readonly name: string; readonly disabled: boolean; readonly rights: Grants }
export type Group = { readonly name: string; readonly members: readonly string[]; readonly rights: Grants }

/** @returns what each member of a group may with the group as it is being edited. @param groups all that there are, the edited one as it was. */
export function matrixOf(
  edited: Group,
  users: readonly Person[],
  groups: readonly Group[],
): readonly { readonly user: Person; readonly results: readonly Result[] }[] {
  const all = [...groups.filter(({ name }) => name !== edited.name), edited]
  return users
    .filter(({ name }) => edited.members.includes(name))
    .map((user) => {
      const workgroups = all.filter(({ members }) => members.includes(user.name))
      return { user, results: RIGHTS.map(({ right }) => resultOf({ ...user, workgroups }, right)) }
    })
}

function placesOf(of: GrantPlace['of'], name: string, effect: GrantPlace['effect'] | undefined): GrantPlace[] {
  return effect === undefined ? [] : [{ of, name, effect }]
}
