/**
 * Answers that are kept for half a minute in case they have to be sent again, side by side. Left where they were written, each would keep eight kilobytes of messages that
 * went out around it and are long done with (`Buffer.poolSize`).
 */

const SLAB_OCTETS = 65_536

let slab = new Uint8Array(0)
let used = 0

/** @returns the same octets, in memory that holds nothing but what is kept. */
export function keepOctets(octets: Buffer): Buffer {
  const { length } = octets
  if (used + length > slab.length) {
    slab = new Uint8Array(Math.max(SLAB_OCTETS, length))
    used = 0
  }
  slab.set(octets, used)
  used += length
  return Buffer.from(slab.buffer, used - length, length)
}
