/** Who asks: a user who is logged in, an API token of one, or a token of the configuration. What he may, and whose calls he sees. */

import type { Role, Scope } from './scopes.ts'

/** Whose calls somebody sees: all, or those of these phones' accounts. */
export type Sight = 'all' | ReadonlySet<string>

/** How somebody proved himself: here by password, or at the identity provider, which may have asked for a second factor. */
export type ProvenBy = 'password' | 'provider' | 'provider-with-second-factor'

export type Principal = {
  readonly by: 'configured-token' | 'login' | 'token'
  /** Of the user; undefined for a token of the configuration. */
  readonly userId: string | undefined
  /** The user's name, or that of the configured token. */
  readonly name: string
  /** Of the log-in or the API token; the name of a configured one. */
  readonly keyId: string
  readonly provenBy: ProvenBy
  readonly role: Role
  readonly scopes: ReadonlySet<Scope>
  /** Whose calls he is told of. */
  readonly sees: Sight
  /** Whose calls he may act in: his own, where he is no administrator. */
  readonly acts: Sight
  /** What he has to do before he may do anything else. */
  readonly mustDo: 'nothing' | 'change-password' | 'enrol'
}

/** @returns whether somebody sees a call with legs of these accounts. */
export function seesCall(sees: Sight, accounts: readonly (string | undefined)[]): boolean {
  return sees === 'all' || accounts.some((account) => account !== undefined && sees.has(account))
}
