/** Who may use the API: whoever holds one of the configured tokens (RFC 6750). */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../base/secret.ts'

export type TokenGuard = {
  allows(authorization: string | undefined): boolean
  /** Remembers an answer that is under way, which is ended when the token that it was asked with counts no more. @returns forgets it. */
  watch(authorization: string | undefined, end: () => void): () => void
  /** From now on these count. */
  replace(tokens: readonly Secret[]): void
}

/** Compares digests, so that neither length nor first difference shows in the time it takes. No tokens: nobody may. */
export function createTokenGuard(tokens: readonly Secret[]): TokenGuard {
  let digests = digestsOf(tokens)
  const answers = new Set<{ readonly authorization: string | undefined; readonly end: () => void }>()
  const allows = (authorization: string | undefined) => {
    const given = digest(/^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '')
    // Every digest is compared, so that the place of the right one does not show either.
    return digests.filter((each) => timingSafeEqual(each, given)).length > 0
  }
  return {
    allows,
    watch(authorization, end) {
      const answer = { authorization, end }
      answers.add(answer)
      return () => void answers.delete(answer)
    },
    replace(next) {
      digests = digestsOf(next)
      for (const { authorization, end } of [...answers]) if (!allows(authorization)) end()
    },
  }
}

function digestsOf(tokens: readonly Secret[]): readonly Buffer[] {
  return tokens.map((token) => digest(token.reveal()))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
