/** Session keys of a master key (RFC 3711 section 4.3, RFC 6188 section 3, RFC 7714 section 11); the key derivation rate is zero. */

import type { SrtpSuite } from '../base/srtp-suites.ts'
import { AesCounter, BLOCK_SIZE } from './aes-counter.ts'
import { SHA1_SIZE } from './hmac-sha1.ts'

export type SessionKeys = {
  readonly encryption: Uint8Array
  readonly authentication: Uint8Array
  readonly salt: Uint8Array
}

/** Where the label stands in the salt: six octets of key derivation rate, zero, come behind it. */
const LABEL_AT = 7
const RTP_LABELS = [0, 1, 2] as const
const RTCP_LABELS = [3, 4, 5] as const

/** @returns the keys of RTP or of RTCP. @param master key and salt as one piece. @throws RangeError when its size is not the suite's */
export function sessionKeys(suite: SrtpSuite, master: Uint8Array, kind: 'rtp' | 'rtcp'): SessionKeys {
  const { keySize, saltSize } = suite
  if (master.length !== keySize + saltSize) throw new RangeError('not the size of a master key with its salt')
  const cipher = new AesCounter(master.subarray(0, keySize))
  const salt = master.subarray(keySize)
  const derived = (label: number, size: number) => {
    // A salt of 96 bits is one of 112 that ends in zeros (RFC 7714 section 11).
    const iv = new Uint8Array(BLOCK_SIZE)
    iv.set(salt)
    iv[LABEL_AT] = (iv[LABEL_AT] as number) ^ label
    const key = new Uint8Array(size)
    cipher.apply(key, 0, size, iv)
    iv.fill(0)
    return key
  }
  const [encryption, authentication, salting] = kind === 'rtp' ? RTP_LABELS : RTCP_LABELS
  const keys = {
    encryption: derived(encryption, keySize),
    authentication: derived(authentication, SHA1_SIZE),
    salt: derived(salting, saltSize),
  }
  cipher.wipe()
  return keys
}
