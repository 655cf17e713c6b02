/** Codes for who has lost the second factor: each is good once. Only hashes are kept; the codes are random, so that a plain hash is enough. Pure. */

import { digestOf } from '../base/digest.ts'
import type { RandomBytes } from '../base/ids.ts'
import { base32 } from './totp.ts'

const CODES = 10
/** 80 bits, sixteen characters. */
const OCTETS = 10
const GROUP = /.{4}(?=.)/g

/** @returns codes as people read them, such as `K3QF-8M2X-...`. */
export function makeRecoveryCodes(random: RandomBytes): readonly string[] {
  return Array.from({ length: CODES }, () => base32(random(OCTETS)).replace(GROUP, '$&-'))
}

/** @returns what is kept of a code, however it is spaced and written. */
export function recoveryDigest(code: string): string {
  return digestOf(`recovery ${code.replace(/[\s-]/g, '').toUpperCase()}`)
}
