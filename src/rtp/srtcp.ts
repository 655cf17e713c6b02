/**
 * A cryptographic context of SRTCP for one direction (RFC 3711 section 3.4, RFC 7714 section 9): protects or opens RTCP packets in place.
 * Reports that are authenticated but not encrypted are refused: nobody agreed on them.
 */

import { SRTP_SOURCES, type SrtpSuite, type SrtpSuiteName, srtpSuite } from '../base/srtp-suites.ts'
import { read32 } from './octets.ts'
import { FORGED, MALFORMED, REPLAYED } from './srtp.ts'
import { sessionKeys } from './srtp-keys.ts'
import { isNew, noteIndex, type SrtpSource } from './srtp-source.ts'
import { type Transform, transformOf } from './srtp-transform.ts'

/** Octets of the first packet's header, which stay in the clear. */
const HEAD = 8
const INDEX_SIZE = 4
/** The E bit before the index: the packet is encrypted. */
const ENCRYPTED = 0x8000_0000

export class SrtcpContext {
  readonly #suite: SrtpSuite
  readonly #transform: Transform
  readonly #sources: SrtpSource[] = []
  #next = 0

  /** @param master key and salt, not kept. */
  constructor(suite: SrtpSuiteName, master: Uint8Array) {
    this.#suite = srtpSuite(suite)
    this.#transform = transformOf(this.#suite, sessionKeys(this.#suite, master, 'rtcp'), this.#suite.rtcpTagSize)
  }

  /** Octets that protection adds. */
  get growth(): number {
    return this.#suite.rtcpTagSize + INDEX_SIZE
  }

  /** Protects `packet[0..length)`; there is room for the tag and the index. @returns the new length, or `MALFORMED`. */
  protect(packet: Uint8Array, length: number): number {
    const after = length + this.#suite.rtcpTagSize + INDEX_SIZE
    if (length < HEAD || after > packet.length || this.#next >= ENCRYPTED) return MALFORMED
    const index = this.#next++
    this.#transform.seal(packet, HEAD, length, read32(packet, 4), index, ENCRYPTED + index)
    return after
  }

  /** Opens `packet[0..length)`. @returns the length of the plain packet, or why there is none; then the octets are as they were. */
  open(packet: Uint8Array, length: number): number {
    const { mode, rtcpTagSize } = this.#suite
    const end = length - rtcpTagSize - INDEX_SIZE
    if (end < HEAD || length > packet.length || ((packet[0] as number) & 0xc0) !== 0x80) return MALFORMED
    // The tag comes last in counter mode, the index in Galois/counter mode (RFC 7714 section 9.1).
    const word = read32(packet, mode === 'counter' ? end : length - INDEX_SIZE)
    if (word < ENCRYPTED) return MALFORMED
    const ssrc = read32(packet, 4)
    const index = word - ENCRYPTED
    const known = this.#sources.find((source) => source.ssrc === ssrc)
    if (known !== undefined && !isNew(known, index)) return REPLAYED
    if (known === undefined && this.#sources.length === SRTP_SOURCES) return FORGED
    if (!this.#transform.open(packet, HEAD, end, ssrc, index, word)) return FORGED
    if (known !== undefined) noteIndex(known, index)
    else this.#sources.push({ ssrc, index, recent: 1, older: 0 })
    return end
  }

  /** Overwrites the keys. To be called once, last. */
  wipe(): void {
    this.#transform.wipe()
  }
}
