/** What an authenticator program shows, made of the key that a person copies into it. */

import { codeOf, STEP_MS } from '../../src/people/totp.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export function oneTimeCode(key: string, wallMs: number): string {
  const bits = [...key].map((char) => ALPHABET.indexOf(char).toString(2).padStart(5, '0')).join('')
  const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)))
  return codeOf(secret, Math.floor(wallMs / STEP_MS))
}
