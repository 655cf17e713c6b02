/** API tokens of users: shown once, kept as a hash, for some of what the user may, for a time. */

import { digestOf } from '../base/digest.ts'
import { fault } from '../base/fault.ts'
import { makeId, makeToken, type RandomBytes } from '../base/ids.ts'
import type { Milliseconds } from '../base/units.ts'
import type { Principal } from './principal.ts'
import type { PeopleRows, TokenRow } from './rows.ts'
import type { Scope } from './scopes.ts'

/** So that whoever finds one knows what it is, and a search of repositories finds it. */
export const TOKEN_PREFIX = 'sotto_'
const SHOWN_CHARS = TOKEN_PREFIX.length + 8
/** That a token is used is written down this often. */
const USED_MS: Milliseconds = 60_000
const DAY_MS: Milliseconds = 86_400_000

export type TokenWish = { readonly name: string; readonly scopes: readonly Scope[]; readonly days: number }

/** Whose it is to be, and how it was proved that he, or who administers users, asks. */
export type TokenHolder = Pick<Principal, 'userId' | 'scopes' | 'provenBy'>

export type ApiTokens = {
  /** @returns the token, which is told once. @throws Fault `people.scope-not-held`, `people.no-user` */
  create(by: TokenHolder, wish: TokenWish): Promise<{ readonly token: string; readonly row: TokenRow }>
  /** @returns undefined for what was never given, is revoked, or has expired. */
  find(token: string): Promise<TokenRow | undefined>
  list(userId: string | undefined): Promise<readonly TokenRow[]>
  /** @param userId whose it must be; anybody's when undefined. @throws Fault `people.unknown-key` */
  revoke(tokenId: string, userId: string | undefined): Promise<void>
}

export type ApiTokensOptions = {
  readonly rows: PeopleRows
  readonly wallMs: () => Milliseconds
  readonly random: RandomBytes
  readonly onRevoked: (tokenId: string) => void
}

export function createApiTokens({ rows, wallMs, random, onRevoked }: ApiTokensOptions): ApiTokens {
  return {
    async create(by, { name, scopes, days }) {
      if (by.userId === undefined) throw fault('people.no-user')
      if (scopes.some((scope) => !by.scopes.has(scope))) throw fault('people.scope-not-held')
      const token = TOKEN_PREFIX + makeToken(random)
      const row: TokenRow = {
        digest: digestOf(token),
        tokenId: makeId(random, 'token-'),
        userId: by.userId,
        name,
        prefix: token.slice(0, SHOWN_CHARS),
        scopes: [...new Set(scopes)],
        provenBy: by.provenBy,
        createdMs: wallMs(),
        expiresMs: wallMs() + days * DAY_MS,
        usedMs: undefined,
      }
      await rows.addToken(row)
      return { token, row }
    },
    async find(token) {
      if (!token.startsWith(TOKEN_PREFIX)) return undefined
      const row = await rows.tokenWith(digestOf(token))
      if (row === undefined || row.expiresMs <= wallMs()) return undefined
      if (wallMs() - (row.usedMs ?? 0) >= USED_MS) await rows.usedToken(row.tokenId, wallMs())
      return row
    },
    list: (userId) => rows.tokens(userId),
    async revoke(tokenId, userId) {
      const row = (await rows.tokens(userId)).find((each) => each.tokenId === tokenId)
      if (row === undefined) throw fault('people.unknown-key')
      await rows.revokeToken(tokenId)
      onRevoked(tokenId)
    },
  }
}
