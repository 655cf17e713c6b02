/** Whom a segment of a file is sealed to, without reading what is sealed: a folder of gigabytes is listed by a few kilobytes of each segment. */

import { Fault } from '../base/fault.ts'
import { ENDING_OCTETS, type ReadAt } from './file-segments.ts'
import { recipientsOf } from './open.ts'

/** Recipients stand at the beginning; some eight fit. */
const BEGINNING_OCTETS = 4096

/**
 * @param at where a whole segment begins. @param length its octets.
 * @returns as `recipientsOf` of the whole segment. @throws Fault recording.not-sealed.
 */
export function recipientsAt(read: ReadAt, at: number, length: number): ReturnType<typeof recipientsOf> {
  const unread = length - BEGINNING_OCTETS - ENDING_OCTETS
  if (unread <= 0) return recipientsOf(read(at, length))
  // What is not read is zeros here, which are no tag of any element: recipients are found only where all of their beginning was read.
  const sparse = new Uint8Array(length)
  sparse.set(read(at, BEGINNING_OCTETS))
  sparse.set(read(at + length - ENDING_OCTETS, ENDING_OCTETS), length - ENDING_OCTETS)
  try {
    return recipientsOf(sparse)
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    return recipientsOf(read(at, length))
  }
}
