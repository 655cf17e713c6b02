/** One-time codes by time (TOTP, RFC 6238, over HOTP, RFC 4226), and the URI that authenticator programs read. Pure. */

import { createHmac, timingSafeEqual } from 'node:crypto'

export type TotpAlgorithm = 'sha1' | 'sha256' | 'sha512'

/** What every authenticator program understands; RFC 6238 section 1.2 has no better for this use. */
const ALGORITHM: TotpAlgorithm = 'sha1'
const DIGITS = 6
export const STEP_MS = 30_000
/** Steps before and after that are taken for clocks that differ (RFC 6238 section 5.2). */
const DRIFT_STEPS = 1
/** As long as the hash (RFC 4226 section 4). */
export const SECRET_OCTETS = 20

/** @returns the code of a step. */
export function codeOf(secret: Uint8Array, step: number, digits = DIGITS, algorithm = ALGORITHM): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac(algorithm, secret).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0x0f
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/**
 * Looks for the step that a code is of.
 * @param usedStep the step of the code that was taken last: it, and what came before, is taken no more (RFC 6238 section 5.2).
 * @returns the step; undefined when the code is wrong, old or used.
 */
export function stepOf(secret: Uint8Array, code: string, wallMs: number, usedStep: number): number | undefined {
  const given = Buffer.from(code.replaceAll(' ', ''))
  const now = Math.floor(wallMs / STEP_MS)
  let found: number | undefined
  // All of them are compared, so that the time does not tell which.
  for (let step = now - DRIFT_STEPS; step <= now + DRIFT_STEPS; step += 1) {
    const right = Buffer.from(codeOf(secret, step))
    if (given.length === right.length && timingSafeEqual(given, right) && step > usedStep) found ??= step
  }
  return found
}

/** @returns the URI that is drawn as a QR code. @param issuer whose code it is. @param account the user's name. */
export function otpauthUri(secret: Uint8Array, issuer: string, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  const query = `secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MS / 1000}`
  return `otpauth://totp/${label}?${query}`
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Base 32 without padding (RFC 4648 section 6). */
export function base32(octets: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const octet of octets) {
    value = ((value << 8) | octet) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((value >> (bits - 5)) & 31)
  }
  return bits === 0 ? text : text + ALPHABET.charAt((value << (5 - bits)) & 31)
}
