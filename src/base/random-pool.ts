/**
 * Unpredictable octets for ids, tags and branches: drawn from the system many at a time, since each draw costs more than the octets do. What was
 * given away is overwritten here. Keys are drawn for themselves.
 */

import type { RandomBytes } from './ids.ts'

const POOL_OCTETS = 4096
/** Longest portion of the pool. */
const PORTION_OCTETS = 20

/** @param draw the system's source. @returns a source of the same octets; longer portions are passed on as they were drawn, so that no copy of a key is left. */
export function pooledRandom(draw: RandomBytes): RandomBytes {
  let pool: Uint8Array = new Uint8Array(0)
  let at = 0
  return (count) => {
    if (count > PORTION_OCTETS) return draw(count)
    if (at + count > pool.length) {
      pool.fill(0)
      pool = draw(POOL_OCTETS)
      at = 0
    }
    const given = Uint8Array.from(pool.subarray(at, at + count))
    pool.fill(0, at, at + count)
    at += count
    return given
  }
}
