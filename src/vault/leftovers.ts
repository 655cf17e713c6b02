/**
 * Overwrites what a request and its reply leave behind. The stack among it: Node decrypts a TLS record into an array there before it copies it
 * on; a reply that repeats what was keyed would stay until something as deep happens to come by.
 */

import { overwriteFree, overwriteRegisters } from '../base/leftovers.ts'

/** Deep on purpose. Frames of about 100 octets each: several times the 16 kB of a TLS record. */
const FRAMES = 2000

/** To be called from a turn of the loop of its own, when nothing of the reading is on the stack any more. */
export function overwriteLeftovers(): void {
  descend(FRAMES, 0, 0, 0)
  overwriteRegisters()
  overwriteFree()
}

function descend(left: number, a: number, b: number, c: number): number {
  if (left === 0) return a + b + c
  // Adding after the call keeps every frame until the last has been made.
  return descend(left - 1, b, c, left) + 1
}
