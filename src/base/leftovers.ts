/**
 * Overwrites what native code leaves behind of what went through it, in places that no name leads to. Most of it, not all: only what an
 * allocation of a usual size gets.
 */

/** What Node reads into, octets: nothing larger is freed here. */
const LARGEST_SIZE = 65_536
/** A smaller part is taken by the process's own small objects soon. */
const SMALLEST_SIZE = 128
/** Of one size that are taken at most: the free parts of a large piece are few, and each taking costs. */
const MOST_TAKEN = 16
/** glibc keeps pieces of up to this size apart, seven of each size, for whoever asks for just that size next. */
const LARGEST_KEPT = 1032
const KEPT_STEP = 16
const KEPT = 7
/** Smallest piece in which the engine keeps all vector registers. */
const SMALLEST_KEPT = 392

/** Longest copy that is repeated: registers are filled the same way by every longer one. */
const LONGEST_COPY = 1024
const zeros = Buffer.alloc(2 * LONGEST_COPY)

/** Takes free memory in every size that a part of a large piece may have, the largest first, and overwrites it. */
export function overwriteFree(): void {
  for (let size = LARGEST_SIZE; size >= SMALLEST_SIZE; size /= 2) {
    const taken = Math.min(MOST_TAKEN, LARGEST_SIZE / size)
    for (let i = 0; i < taken; i++) Buffer.allocUnsafeSlow(size).fill(0)
  }
  for (let size = SMALLEST_KEPT; size <= LARGEST_KEPT; size += KEPT_STEP) {
    for (let i = 0; i < KEPT; i++) Buffer.allocUnsafeSlow(size).fill(0)
  }
}

/**
 * Overwrites the vector registers by a copy of zeros. Sixteen octets of what was copied last stay in each, and when the engine leaves optimised
 * code it writes all of them into memory that it frees unwiped.
 * @param octets length of the last copy, since one of that length goes through the same registers; long when absent.
 */
export function overwriteRegisters(octets: number = LONGEST_COPY): void {
  zeros.copy(zeros, LONGEST_COPY, 0, Math.min(octets, LONGEST_COPY))
}

/** Deep on purpose. Frames of about 100 octets each: several times the 16 kB of a TLS record. */
const FRAMES = 2000

/** Overwrites the stack below its caller: Node decrypts a TLS record into an array there before it copies it on. */
export function overwriteStack(): void {
  descend(FRAMES, 0, 0, 0)
}

function descend(left: number, a: number, b: number, c: number): number {
  if (left === 0) return a + b + c
  // Adding after the call keeps every frame until the last has been made.
  return descend(left - 1, b, c, left) + 1
}
