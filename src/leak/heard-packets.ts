/**
 * Which RTP packets of a capture are kept to be listened to, as copies, so that the memory for it has a bound. Those of the legs that are searched
 * come before what else sounds on the machine.
 */

import type { Segment } from '../rtp/link-layer.ts'

/** Some 400 bytes each with all that is noted of them. */
const MOST_PACKETS = 1_000_000
/** Part of them that may be of others. */
const OTHERS_PART = 0.25
const SLAB_BYTES = 1 << 20

export class HeardPackets {
  readonly #isOurs: (segment: Segment) => boolean
  readonly #most: number
  #slab = new Uint8Array(0)
  #filled = 0
  #kept = 0
  #keptOfOthers = 0
  /** Left out: of the legs, and of others. */
  readonly #left = { ours: 0, others: 0 }

  /** @param isOurs whether a packet is of a leg that is searched. @param most packets. */
  constructor(isOurs: (segment: Segment) => boolean, most = MOST_PACKETS) {
    this.#isOurs = isOurs
    this.#most = most
  }

  /** @returns a copy of a packet's payload; undefined when there were too many. */
  keep(segment: Segment): Uint8Array | undefined {
    const ours = this.#isOurs(segment)
    if (this.#kept >= this.#most || (!ours && this.#keptOfOthers >= this.#most * OTHERS_PART)) {
      this.#left[ours ? 'ours' : 'others']++
      return undefined
    }
    this.#kept++
    if (!ours) this.#keptOfOthers++
    return this.#copy(segment.payload)
  }

  /** Packets of other legs that nobody listened to: their octets are searched all the same. */
  get passedBy(): number {
    return this.#left.others
  }

  /** Why there is sound of these legs that nobody listened to, as a sentence goes on; empty when there is none. */
  missing(): string {
    const { ours } = this.#left
    if (ours === 0) return ''
    return `${ours} packets of sound were more than can be listened to at once: test again while fewer calls run`
  }

  #copy(octets: Uint8Array): Uint8Array {
    if (this.#filled + octets.length > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_BYTES)
      this.#filled = 0
    }
    const copy = this.#slab.subarray(this.#filled, this.#filled + octets.length)
    copy.set(octets)
    this.#filled += octets.length
    return copy
  }
}
