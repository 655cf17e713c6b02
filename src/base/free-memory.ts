/**
 * Overwrites memory that the process has freed and nothing has taken since: what native code frees unwiped is still readable there. Most of it, not
 * all: only what an allocation of one of the usual sizes gets.
 */

/** What Node reads into, octets: nothing larger is freed here. */
const LARGEST_SIZE = 65_536
/** A smaller part is taken by the process's own small objects soon. */
const SMALLEST_SIZE = 128
/** Of one size that are taken at most: the free parts of a large piece are few, and each taking costs. */
const MOST_TAKEN = 16

/** Takes free memory in every size that a part of a large piece may have, the largest first, and overwrites it. */
export function overwriteFree(): void {
  for (let size = LARGEST_SIZE; size >= SMALLEST_SIZE; size /= 2) {
    const taken = Math.min(MOST_TAKEN, LARGEST_SIZE / size)
    for (let i = 0; i < taken; i++) Buffer.allocUnsafeSlow(size).fill(0)
  }
}
