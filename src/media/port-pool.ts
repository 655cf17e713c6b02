/**
 * Which pairs of UDP ports are free: RTP on an even port, RTCP on the odd one above (RFC 3550 section 11). Bookkeeping only;
 * who binds them tells the pool what was taken by others, and gives a pair back when its sockets have drained and are closed.
 */

export class PortPool {
  readonly #first: number
  readonly #inUse: Uint8Array
  #free: number
  /** Pairs are taken in turn, so that the one freed last is used last. */
  #next: number

  /**
   * @param portMin first port that may be used. @param portMax last one; a pair needs both its ports inside. @param start which pair is taken first, of as many as
   * there are: by chance where a process before this one may have left far ends that still send to its ports.
   */
  constructor(portMin: number, portMax: number, start = 0) {
    this.#first = portMin + (portMin & 1)
    this.#free = Math.max(0, Math.floor((portMax - this.#first + 1) / 2))
    this.#inUse = new Uint8Array(this.#free)
    this.#next = this.#free === 0 ? 0 : start % this.#free
  }

  /** Pairs in the range. */
  get size(): number {
    return this.#inUse.length
  }

  /** Pairs that can be taken. */
  get freeCount(): number {
    return this.#free
  }

  /** @returns the even port of a pair, now in use; undefined when none is free. */
  take(): number | undefined {
    for (let i = 0; i < this.size; i++) {
      const pair = (this.#next + i) % this.size
      if (this.#inUse[pair] === 1) continue
      this.#inUse[pair] = 1
      this.#free -= 1
      this.#next = (pair + 1) % this.size
      return this.#first + pair * 2
    }
    return undefined
  }

  /** Gives a pair back. Giving back twice is harmless. */
  free(rtpPort: number): void {
    const pair = (rtpPort - this.#first) / 2
    if (this.#inUse[pair] !== 1) return
    this.#inUse[pair] = 0
    this.#free += 1
  }
}
