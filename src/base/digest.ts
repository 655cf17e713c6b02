/** SHA-256 as text that cannot look like a card number: base64url, since hexadecimal has long runs of digits in it. */

import { createHash } from 'node:crypto'

/** @returns 43 characters: the SHA-256 of a text or of octets. */
export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('base64url')
}
