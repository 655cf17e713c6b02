/** A user as the door knows him: what he may, and whose calls are his. Made of the directory as it is at the moment of the question. */

import type { Principal, Sight } from './principal.ts'
import type { Credentials } from './rows.ts'
import { type Role, type Scope, scopesOf } from './scopes.ts'

export type User = {
  readonly userId: string
  readonly name: string
  readonly displayName: string
  readonly role: Role
  readonly enabled: boolean
  /** Account of his phone. */
  readonly phone: string | undefined
  readonly scopes: ReadonlySet<Scope>
  readonly sees: Sight
  readonly acts: Sight
}

export type Users = {
  byName(name: string): User | undefined
  byId(userId: string): User | undefined
}

/** What of the directory says what somebody is. */
export type Standing = {
  readonly userId: string
  readonly name: string
  readonly displayName: string
  readonly disabled: boolean
  readonly administrator: boolean
  /** Account of his phone. */
  readonly phone: string | undefined
  /** Accounts of the phones of those whom he looks after; undefined when he is nobody's supervisor. */
  readonly lookedAfter: readonly string[] | undefined
  /** Whether his rights let him see and start secure sessions. */
  readonly mayView: boolean
  readonly mayStart: boolean
}

/** Scopes that a right of the directory takes away where it is not held. */
const BY_RIGHT: Readonly<Partial<Record<Scope, 'mayView' | 'mayStart'>>> = {
  'secure:read': 'mayView',
  'secure:start': 'mayStart',
  'records:read': 'mayView',
}

export function userOf(standing: Standing): User {
  const { userId, name, displayName, administrator, lookedAfter, disabled, phone } = standing
  const role: Role = administrator ? 'administrator' : lookedAfter === undefined ? 'agent' : 'supervisor'
  const own = phone === undefined ? [] : [phone]
  const held = scopesOf(role).filter((scope) => {
    const right = BY_RIGHT[scope]
    return right === undefined || standing[right]
  })
  return {
    userId,
    name,
    displayName: displayName === '' ? name : displayName,
    role,
    enabled: !disabled,
    phone,
    scopes: new Set(held),
    sees: administrator ? 'all' : new Set([...own, ...(lookedAfter ?? [])]),
    acts: administrator ? 'all' : new Set(own),
  }
}

/** @param key of the log-in or the token that he asks with. @param secondFactorFor roles that may do nothing without a second factor. @returns him, with all that his user may. */
export function principalOf(
  key: Pick<Principal, 'by' | 'keyId' | 'provenBy'>,
  { userId, name, role, scopes, sees, acts }: User,
  of: Credentials,
  secondFactorFor: readonly Role[],
): Principal {
  return { ...key, userId, name, role, scopes, sees, acts, mustDo: dutyOf(role, of, key.provenBy, secondFactorFor) }
}

function dutyOf(
  role: Role,
  { mustChange, totpConfirmed }: Credentials,
  provenBy: Principal['provenBy'],
  secondFactorFor: readonly Role[],
): Principal['mustDo'] {
  if (provenBy === 'provider-with-second-factor') return 'nothing'
  if (mustChange && provenBy === 'password') return 'change-password'
  return secondFactorFor.includes(role) && !totpConfirmed ? 'enrol' : 'nothing'
}
