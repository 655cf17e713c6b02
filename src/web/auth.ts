/** Who may use the API: whoever holds one of the configured tokens (RFC 6750). */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../base/secret.ts'

export type TokenCheck = (authorization: string | undefined) => boolean

/** Compares digests, so that neither length nor first difference shows in the time it takes. No tokens: nobody may. */
export function tokenCheck(tokens: readonly Secret[]): TokenCheck {
  const digests = tokens.map((token) => digest(token.reveal()))
  return (authorization) => {
    const given = digest(/^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '')
    // Every digest is compared, so that the place of the right one does not show either.
    return digests.filter((each) => timingSafeEqual(each, given)).length > 0
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
