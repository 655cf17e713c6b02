/**
 * Which pairs of UDP ports are free: RTP on an even port, RTCP on the odd one above (RFC 3550 section 11). Bookkeeping only;
 * who binds them tells the pool what was taken by others. A freed pair rests before it is used again, so that late packets
 * of one call never reach the next.
 */

import type { Milliseconds } from '../base/units.ts'

/** How long a freed pair rests: late packets and the far end's last words come in this time. */
export const DRAIN_MS: Milliseconds = 2000

export class PortPool {
  readonly #first: number
  /** When each pair may be taken; Infinity while it is in use. */
  readonly #freeFromMs: Float64Array
  /** Pairs are taken in turn, so that the one freed last is used last. */
  #next = 0

  /** @param portMin first port that may be used. @param portMax last one; a pair needs both its ports inside. */
  constructor(portMin: number, portMax: number) {
    this.#first = portMin + (portMin & 1)
    this.#freeFromMs = new Float64Array(Math.max(0, Math.floor((portMax - this.#first + 1) / 2)))
  }

  /** Pairs in the range. */
  get size(): number {
    return this.#freeFromMs.length
  }

  /** @returns the even port of a pair, now in use; undefined when none is free. */
  take(nowMs: Milliseconds): number | undefined {
    for (let i = 0; i < this.size; i++) {
      const pair = (this.#next + i) % this.size
      if ((this.#freeFromMs[pair] as number) > nowMs) continue
      this.#freeFromMs[pair] = Number.POSITIVE_INFINITY
      this.#next = (pair + 1) % this.size
      return this.#first + pair * 2
    }
    return undefined
  }

  /** Gives a pair back; it rests for the drain time. Giving back twice is harmless. */
  free(rtpPort: number, nowMs: Milliseconds): void {
    const pair = (rtpPort - this.#first) / 2
    if (this.#freeFromMs[pair] === Number.POSITIVE_INFINITY) this.#freeFromMs[pair] = nowMs + DRAIN_MS
  }

  /** Pairs that could be taken now. */
  freeCount(nowMs: Milliseconds): number {
    let count = 0
    for (const from of this.#freeFromMs) if (from <= nowMs) count++
    return count
  }
}
