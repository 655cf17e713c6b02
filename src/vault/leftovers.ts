/**
 * Overwrites what reading and writing through Node leaves behind in places that no name leads to.
 *
 * The stack: Node decrypts a TLS record into an array there before it copies it on; a reply that repeats what was keyed would stay until
 * something as deep happens to come by. The vector registers: sixteen octets of what was copied last stay in each, and when the engine
 * leaves optimised code it writes all of them into memory that it frees unwiped.
 */

import { overwriteFree } from '../base/free-memory.ts'

/** Deep on purpose. Frames of about 100 octets each: several times the 16 kB of a TLS record. */
const FRAMES = 2000
/** Longest copy that is repeated: registers are filled the same way by every longer one. */
const LONGEST_COPY = 1024
const zeros = Buffer.alloc(2 * LONGEST_COPY)

/** To be called from a turn of the loop of its own, when nothing of the reading is on the stack any more. */
export function overwriteLeftovers(): void {
  descend(FRAMES, 0, 0, 0)
  overwriteRegisters(LONGEST_COPY)
  overwriteFree()
}

function descend(left: number, a: number, b: number, c: number): number {
  if (left === 0) return a + b + c
  // Adding after the call keeps every frame until the last has been made.
  return descend(left - 1, b, c, left) + 1
}

/** Overwrites the vector registers by a copy of zeros of the same kind. @param octets length of the last copy. */
export function overwriteRegisters(octets: number): void {
  zeros.copy(zeros, LONGEST_COPY, 0, Math.min(octets, LONGEST_COPY))
}
