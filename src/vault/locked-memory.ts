/**
 * Memory for what must not be kept: from libsodium, between guard pages, locked against swapping, left out of core dumps, and
 * outside V8's heap, so that no garbage collection copies it. Whoever takes a piece wipes it; nothing here knows what is in it.
 */

import sodium from 'sodium-native'

/** A piece of locked memory. */
export class LockedMemory {
  #bytes: Buffer | undefined

  /** @param size octets. @throws Error when the machine gives no more locked memory. */
  constructor(size: number) {
    this.#bytes = sodium.sodium_malloc(size)
    sodium.sodium_memzero(this.#bytes)
  }

  /** The octets themselves; empty after `close`. */
  get bytes(): Buffer {
    return this.#bytes ?? EMPTY
  }

  /** Overwrites every octet with zero, in a way that no optimiser removes. */
  wipe(): void {
    if (this.#bytes !== undefined) sodium.sodium_memzero(this.#bytes)
  }

  /** Overwrites the octets from `from` to before `to` with random ones; all when left out. */
  randomise(from = 0, to = this.bytes.length): void {
    if (this.#bytes !== undefined && from < to) sodium.randombytes_buf(this.#bytes.subarray(from, to))
  }

  /** Wipes and gives the memory back. May be called twice. */
  close(): void {
    if (this.#bytes === undefined) return
    sodium.sodium_memzero(this.#bytes)
    sodium.sodium_free(this.#bytes)
    this.#bytes = undefined
  }
}

const EMPTY = Buffer.alloc(0)

/** Octets that one session may have locked at a time, about. */
const PROBE_SIZE = 256 * 1024

/**
 * @returns whether this machine lets us lock memory. libsodium goes on without a lock when the limit (RLIMIT_MEMLOCK) is too
 * low, so that it has to be asked in a way that tells.
 */
export function canLockMemory(): boolean {
  const probe = Buffer.allocUnsafeSlow(PROBE_SIZE)
  try {
    sodium.sodium_mlock(probe)
    sodium.sodium_munlock(probe)
    return true
  } catch {
    return false
  }
}
