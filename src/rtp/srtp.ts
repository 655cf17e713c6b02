/**
 * A cryptographic context of SRTP for one direction (RFC 3711 section 3.2): protects or opens RTP packets in place. A packet is
 * authenticated first; only then is it decrypted, its index noted, and a source that is new here known.
 */

import { SRTP_SOURCES, type SrtpSuite, type SrtpSuiteName, srtpSuite } from '../base/srtp-suites.ts'
import { read16, read32 } from './octets.ts'
import { isRtcp } from './packet.ts'
import { sessionKeys } from './srtp-keys.ts'
import { indexOf, isNew, noteIndex, type SrtpSource } from './srtp-source.ts'
import { type Transform, transformOf } from './srtp-transform.ts'

/** In place of a length: no packet of SRTP, one that its sender did not make, one that has been or is too old. */
export const MALFORMED = -1
export const FORGED = -2
export const REPLAYED = -3
/** The owner of the key said that it is good for fewer packets (RFC 4568 section 6.1). */
export const WORN_OUT = -4
const HEADER_SIZE = 12
const SEQUENCES = 0x1_0000
/** Wraps that a source may have made while nobody listened: an hour of packets at 50 a second. */
const WRAPS_MISSED = 2

/** How many packets a key may open, and how many it has. */
export type KeyLife = { readonly most: number; readonly been: number }
const ENDLESS: KeyLife = { most: 2 ** 48, been: 0 }

export class SrtpContext {
  readonly #suite: SrtpSuite
  readonly #transform: Transform
  readonly #sources: SrtpSource[]
  readonly #earlier: readonly SrtpSource[]
  readonly #most: number
  #opened: number

  /**
   * @param master key and salt, not kept. @param sources as they were left elsewhere. @param earlier those of the key before, or those of
   * this key as they were some time ago: far ends go on counting at a new key, or begin anew, and a first packet tells.
   */
  constructor(
    suite: SrtpSuiteName,
    master: Uint8Array,
    sources: readonly SrtpSource[] = [],
    earlier: readonly SrtpSource[] = [],
    life: KeyLife = ENDLESS,
  ) {
    this.#suite = srtpSuite(suite)
    this.#transform = transformOf(this.#suite, sessionKeys(this.#suite, master, 'rtp'), this.#suite.tagSize)
    this.#sources = sources.map((source) => ({ ...source }))
    this.#earlier = earlier.map((source) => ({ ...source }))
    this.#most = life.most
    this.#opened = life.been
  }

  /** Packets that were opened with the key, elsewhere too. */
  get opened(): number {
    return this.#opened
  }

  /** What is known of each source: for whoever goes on with this context. */
  get sources(): readonly SrtpSource[] {
    return this.#sources.map((source) => ({ ...source }))
  }

  /** What was known of sources before, of those that were not heard under this key yet. */
  get earlier(): readonly SrtpSource[] {
    return this.#earlier.filter(({ ssrc }) => this.#find(ssrc) === undefined).map((source) => ({ ...source }))
  }

  /** What is known of each source under this key, else from before: for the context that follows. */
  get known(): readonly SrtpSource[] {
    return [...this.sources, ...this.earlier].slice(0, SRTP_SOURCES)
  }

  /** Octets that protection adds. */
  get growth(): number {
    return this.#suite.tagSize
  }

  /**
   * Protects `packet[0..length)`; there is room for `growth` octets more. An index is used once: two packets under one key stream
   * would tell of each other.
   * @returns the new length, or `MALFORMED` or `REPLAYED`, and then the packet must not be sent.
   */
  protect(packet: Uint8Array, length: number): number {
    const start = payloadOf(packet, length)
    if (start < 0 || length + this.#suite.tagSize > packet.length) return MALFORMED
    const ssrc = read32(packet, 8)
    const known = this.#find(ssrc)
    const index = known === undefined ? read16(packet, 2) : indexOf(known.index, read16(packet, 2))
    if (index < 0 || (known !== undefined && !isNew(known, index))) return REPLAYED
    if (!this.#note(known, ssrc, index)) return MALFORMED
    this.#transform.seal(packet, start, length, ssrc, index)
    return length + this.#suite.tagSize
  }

  /** Opens `packet[0..length)`. @returns the length of the plain packet, or why there is none; then the octets are as they were. */
  open(packet: Uint8Array, length: number): number {
    const end = length - this.#suite.tagSize
    const start = payloadOf(packet, end)
    if (start < 0 || isRtcp(packet)) return MALFORMED
    if (this.#opened >= this.#most) return WORN_OUT
    const ssrc = read32(packet, 8)
    const sequence = read16(packet, 2)
    const known = this.#find(ssrc)
    if (known !== undefined) {
      const index = indexOf(known.index, sequence)
      if (index < 0 || !isNew(known, index)) return REPLAYED
      if (!this.#transform.open(packet, start, end, ssrc, index)) return FORGED
      noteIndex(known, index)
      this.#opened++
      return end
    }
    if (this.#sources.length === SRTP_SOURCES) return FORGED
    const before = findSource(this.#earlier, ssrc)
    const onward = before === undefined ? -1 : indexOf(before.index, sequence)
    for (let wraps = 0; onward >= 0 && wraps <= WRAPS_MISSED; wraps++) {
      if (this.#begins(packet, start, end, ssrc, onward + wraps * SEQUENCES)) return end
    }
    return onward !== sequence && this.#begins(packet, start, end, ssrc, sequence) ? end : FORGED
  }

  /** Opens the first packet of a source under this key. */
  #begins(packet: Uint8Array, start: number, end: number, ssrc: number, index: number): boolean {
    if (!this.#transform.open(packet, start, end, ssrc, index)) return false
    this.#note(undefined, ssrc, index)
    this.#opened++
    return true
  }

  /** Overwrites the keys. To be called once, last. */
  wipe(): void {
    this.#transform.wipe()
  }

  #find(ssrc: number): SrtpSource | undefined {
    return findSource(this.#sources, ssrc)
  }

  #note(known: SrtpSource | undefined, ssrc: number, index: number): boolean {
    if (known !== undefined) noteIndex(known, index)
    else if (this.#sources.length === SRTP_SOURCES) return false
    else this.#sources.push({ ssrc, index, recent: 1, older: 0 })
    return true
  }
}

/** The one that came last is mostly the one that is asked for. */
function findSource(sources: readonly SrtpSource[], ssrc: number): SrtpSource | undefined {
  for (let i = sources.length - 1; i >= 0; i--) if (sources[i]?.ssrc === ssrc) return sources[i]
  return undefined
}

/** @returns where the payload begins, behind CSRCs and extension; -1 when those do not lie inside. The padding is encrypted, and not looked at. */
function payloadOf(p: Uint8Array, length: number): number {
  if (length < HEADER_SIZE || length > p.length || ((p[0] as number) & 0xc0) !== 0x80) return -1
  let at = HEADER_SIZE + ((p[0] as number) & 0x0f) * 4
  if ((p[0] as number) & 0x10) {
    if (at + 4 > length) return -1
    at += 4 + read16(p, at + 2) * 4
  }
  return at <= length ? at : -1
}
