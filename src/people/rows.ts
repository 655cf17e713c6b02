/**
 * What is kept of people beside the directory's users, and what a store of it must be able to do: `stored-rows.ts`. Secrets get there hashed or sealed. Password and second factor are
 * written apart, and only over what they were decided on: what somebody resets meanwhile stays reset.
 */

import type { Milliseconds } from '../base/units.ts'
import type { ProvenBy } from './principal.ts'
import type { Scope } from './scopes.ts'

export type Credentials = {
  readonly userId: string
  /** Undefined: nobody can log in with a password. */
  readonly passwordHash: string | undefined
  /** Somebody else has chosen the password. */
  readonly mustChange: boolean
  /** The secret of the second factor, sealed. */
  readonly totpSealed: string | undefined
  readonly totpConfirmed: boolean
}

export type LoginRow = {
  /** SHA-256 of what the cookie holds. */
  readonly digest: string
  readonly loginId: string
  readonly userId: string
  readonly address: string
  readonly provenBy: ProvenBy
  /** SHA-256 of what the identity provider calls its own log-in; undefined where it has none. */
  readonly providerSession: string | undefined
  readonly startedMs: Milliseconds
  readonly seenMs: Milliseconds
}

export type TokenRow = {
  readonly digest: string
  readonly tokenId: string
  readonly userId: string
  readonly name: string
  /** The first characters, to recognise it by. */
  readonly prefix: string
  readonly scopes: readonly Scope[]
  /** How who made it had proved himself. */
  readonly provenBy: ProvenBy
  readonly createdMs: Milliseconds
  readonly expiresMs: Milliseconds
  readonly usedMs: Milliseconds | undefined
}

export type PeopleRows = {
  credentials(userId: string): Promise<Credentials | undefined>
  /** @param ifHash puts it in the place of this one alone; of any when absent. @returns whether it stands. */
  putPassword(userId: string, hash: string, mustChange: boolean, ifHash?: string): Promise<boolean>
  /** @param sealed puts it in the place of one that is not confirmed. @returns false when one is. */
  beginTotp(userId: string, sealed: string): Promise<boolean>
  /** @param digests of its recovery codes, in the place of all others. @returns false when it is not this one that waits to be confirmed. */
  confirmTotp(userId: string, sealed: string, digests: readonly string[]): Promise<boolean>
  /** Its recovery codes go, too. */
  removeTotp(userId: string): Promise<void>
  /** @returns false when this step, or a later one, was used already: of two at once one gets true. */
  useStep(userId: string, step: number): Promise<boolean>
  /** @returns whether there was such a code; it is gone then. */
  useRecoveryCode(userId: string, digest: string): Promise<boolean>
  recoveryCodesLeft(userId: string): Promise<number>

  addLogin(login: LoginRow): Promise<void>
  login(digest: string): Promise<LoginRow | undefined>
  loginsOf(userId: string): Promise<readonly LoginRow[]>
  /** @param digest of the provider's session. */
  loginsOfSession(digest: string): Promise<readonly LoginRow[]>
  seenLogin(digest: string, seenMs: Milliseconds): Promise<void>
  endLogins(digests: readonly string[]): Promise<void>
  /** Deletes what has expired. */
  forgetLogins(startedBeforeMs: Milliseconds, seenBeforeMs: Milliseconds): Promise<void>

  addToken(token: TokenRow): Promise<void>
  tokenWith(digest: string): Promise<TokenRow | undefined>
  /** Newest first; everybody's when undefined. */
  tokens(userId: string | undefined): Promise<readonly TokenRow[]>
  usedToken(tokenId: string, usedMs: Milliseconds): Promise<void>
  revokeToken(tokenId: string): Promise<void>

  /** @returns the id of the user whom somebody at an identity provider is. */
  userOfSubject(issuer: string, subject: string): Promise<string | undefined>
  /** @returns false when he, or the user, is tied to another already. */
  tieSubject(issuer: string, subject: string, userId: string): Promise<boolean>
  isTied(userId: string): Promise<boolean>
  /** He logs in with whatever account has his name next. */
  untie(userId: string): Promise<void>
}
