/** Tokens of the configuration, for whoever may everything (RFC 6750). They may be replaced while the server runs. */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../base/secret.ts'
import { type Principal, scopes } from '../people/index.ts'

export type ConfiguredToken = { readonly name: string; readonly token: Secret }

export type ConfiguredTokens = {
  /** @returns who holds it. */
  find(token: string): Principal | undefined
  /** From now on these count. */
  replace(tokens: readonly ConfiguredToken[]): void
  /** Tells when they were replaced. @returns tells no more. */
  subscribe(listener: () => void): () => void
}

/** Compares digests, so that neither length nor first difference shows in the time it takes. No tokens: nobody. */
export function createConfiguredTokens(tokens: readonly ConfiguredToken[]): ConfiguredTokens {
  const all = new Set(scopes)
  const listeners = new Set<() => void>()
  let known = digestsOf(tokens)
  return {
    find(token) {
      const given = digest(token)
      // Every digest is compared, so that the place of the right one does not show either.
      const [found] = known.filter((each) => timingSafeEqual(each.digest, given))
      if (found === undefined) return undefined
      return {
        ...{ by: 'configured-token', userId: undefined, name: found.name, keyId: found.name, role: 'administrator' },
        ...{ provenBy: 'password', scopes: all, sees: 'all', acts: 'all', mustDo: 'nothing' },
      }
    },
    replace(next) {
      known = digestsOf(next)
      for (const tell of listeners) tell()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function digestsOf(tokens: readonly ConfiguredToken[]) {
  return tokens.map(({ name, token }) => ({ name, digest: digest(token.reveal()) }))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
