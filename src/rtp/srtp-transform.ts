/**
 * What encrypts and authenticates a packet of a suite, in place: counter mode with HMAC-SHA1 (RFC 3711 section 4), Galois/counter mode
 * (RFC 7714 sections 8 and 9). A packet is authenticated before anything is made of it.
 *
 * For Galois/counter mode Node has no call that serves more than one packet: an OpenSSL object and three Buffers are made for each, some
 * nine microseconds' worth where counter mode takes six. Plain octets among them are overwritten. Counter mode makes one Buffer, see `aes-counter.ts`.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { SrtpSuite } from '../base/srtp-suites.ts'
import { AesCounter, BLOCK_SIZE } from './aes-counter.ts'
import { HmacSha1 } from './hmac-sha1.ts'
import { read32, write16, write32 } from './octets.ts'
import type { SessionKeys } from './srtp-keys.ts'

/** Octets of the initial value and of the tag in Galois/counter mode (RFC 7714 sections 8.1 and 13.1). */
const IV_SIZE = 12
const GALOIS_TAG = 16
/** Octets at the front of RTCP that stay in the clear (RFC 3711 section 3.4). */
const RTCP_HEAD = 8

export type Transform = {
  /** Encrypts `packet[start..end)` and writes the tag behind it. @param index 48 bits. @param extra authenticated too, behind the packet. */
  seal(packet: Uint8Array, start: number, end: number, ssrc: number, index: number, extra?: number): void
  /** Authenticates `packet[0..end)` by the tag behind it, then decrypts `packet[start..end)`. @returns false for a forged one, which stays as it is. */
  open(packet: Uint8Array, start: number, end: number, ssrc: number, index: number, extra?: number): boolean
  /** Overwrites the keys. To be called once. */
  wipe(): void
}

/** @returns the transform of a suite; it owns the keys. */
export function transformOf(suite: SrtpSuite, keys: SessionKeys, tagSize: number): Transform {
  return suite.mode === 'counter' ? counterMode(keys, tagSize) : galoisMode(keys)
}

/** SRTP's initial value (RFC 3711 section 4.1.1, RFC 7714 section 8.1): the salt, with SSRC and index added to it. */
function setIv(iv: Uint8Array, salt: Uint8Array, ssrcAt: number, ssrc: number, index: number): void {
  iv.fill(0)
  iv.set(salt)
  write32(iv, ssrcAt, read32(iv, ssrcAt) ^ ssrc)
  const high = Math.floor(index / 0x1_0000_0000)
  write16(iv, ssrcAt + 4, (((iv[ssrcAt + 4] as number) << 8) | (iv[ssrcAt + 5] as number)) ^ high)
  write32(iv, ssrcAt + 6, read32(iv, ssrcAt + 6) ^ (index % 0x1_0000_0000))
}

function counterMode(keys: SessionKeys, tagSize: number): Transform {
  const cipher = new AesCounter(keys.encryption)
  const hmac = new HmacSha1(keys.authentication)
  const { salt } = keys
  keys.encryption.fill(0)
  keys.authentication.fill(0)
  const iv = new Uint8Array(BLOCK_SIZE)
  return {
    seal(packet, start, end, ssrc, index, extra) {
      setIv(iv, salt, 4, ssrc, index)
      cipher.apply(packet, start, end, iv)
      const tagged = extra === undefined ? end : end + 4
      if (extra !== undefined) write32(packet, end, extra)
      const tag = hmac.tag(packet, tagged, extra === undefined ? Math.floor(index / 0x1_0000) : undefined)
      for (let i = 0; i < tagSize; i++) packet[tagged + i] = tag[i] as number
    },
    open(packet, start, end, ssrc, index, extra) {
      const tagged = extra === undefined ? end : end + 4
      const tag = hmac.tag(packet, tagged, extra === undefined ? Math.floor(index / 0x1_0000) : undefined)
      // In a time that does not tell how much of the tag is right.
      let differs = 0
      for (let i = 0; i < tagSize; i++) differs |= (packet[tagged + i] as number) ^ (tag[i] as number)
      if (differs !== 0) return false
      setIv(iv, salt, 4, ssrc, index)
      cipher.apply(packet, start, end, iv)
      return true
    },
    wipe() {
      cipher.wipe()
      hmac.wipe()
      salt.fill(0)
      iv.fill(0)
    },
  }
}

function galoisMode(keys: SessionKeys): Transform {
  const { encryption: key, salt } = keys
  const algorithm = key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm'
  keys.authentication.fill(0)
  const iv = new Uint8Array(IV_SIZE)
  const head = new Uint8Array(RTCP_HEAD + 4)
  /** What is authenticated in the clear: the header, and behind it the word with the index of RTCP (RFC 7714 section 9.2). */
  const clearPart = (packet: Uint8Array, start: number, extra: number | undefined) => {
    if (extra === undefined) return packet.subarray(0, start)
    head.set(packet.subarray(0, RTCP_HEAD))
    write32(head, RTCP_HEAD, extra)
    return head
  }
  return {
    seal(packet, start, end, ssrc, index, extra) {
      setIv(iv, salt, 2, ssrc, index)
      const cipher = createCipheriv(algorithm, key, iv)
      cipher.setAAD(clearPart(packet, start, extra))
      packet.set(cipher.update(packet.subarray(start, end)), start)
      cipher.final()
      packet.set(cipher.getAuthTag(), end)
      if (extra !== undefined) write32(packet, end + GALOIS_TAG, extra)
    },
    open(packet, start, end, ssrc, index, extra) {
      setIv(iv, salt, 2, ssrc, index)
      const decipher = createDecipheriv(algorithm, key, iv, { authTagLength: GALOIS_TAG })
      decipher.setAAD(clearPart(packet, start, extra))
      decipher.setAuthTag(packet.subarray(end, end + GALOIS_TAG))
      const plain = decipher.update(packet.subarray(start, end))
      // Node tells of a forged packet by an exception; nothing was made of its octets yet.
      try {
        decipher.final()
        packet.set(plain, start)
        return true
      } catch {
        return false
      } finally {
        plain.fill(0)
      }
    },
    wipe() {
      for (const each of [key, salt, iv, head]) each.fill(0)
    },
  }
}
