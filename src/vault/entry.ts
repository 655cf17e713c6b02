/**
 * What was keyed in one session: event codes of the keys 0 to 9, field after field, each octet masked with a random one of its
 * own, so that no two digits ever lie beside each other in clear. Pad and masked codes are two pieces of locked memory. There
 * is no way to get more than one key at a time out of it, and no way to get a string.
 */

import { LockedMemory } from './locked-memory.ts'

/** Keys that all fields of a session hold together: 16 fields of 40. */
const ENTRY_KEYS = 640
const FIELDS = 16

/** Reads keys one by one; what the checks see. */
export type KeySpan = {
  readonly count: number
  /** @returns the i-th key, 0 to 9; -1 outside the span. */
  keyAt(i: number): number
}

export class Entry {
  readonly #masked = new LockedMemory(ENTRY_KEYS)
  readonly #pad = new LockedMemory(ENTRY_KEYS)
  readonly #starts = new Uint16Array(FIELDS)
  readonly #counts = new Uint16Array(FIELDS)
  #used = 0
  #field = -1

  constructor() {
    this.#pad.randomise()
  }

  /** Begins a field, or begins it anew; fields come in order. */
  open(field: number): void {
    if (field < 0 || field >= FIELDS) throw new RangeError('no such field')
    if (field <= this.#field) this.#forgetFrom(this.#starts[field] as number)
    this.#field = field
    this.#starts[field] = this.#used
    for (let later = field; later < FIELDS; later++) this.#counts[later] = 0
  }

  /** Adds a key to the open field. @returns false when there is no room. */
  add(key: number): boolean {
    if (this.#field < 0 || this.#used >= ENTRY_KEYS) return false
    this.#masked.bytes[this.#used] = key ^ (this.#pad.bytes[this.#used] as number)
    this.#used++
    this.#counts[this.#field] = (this.#counts[this.#field] as number) + 1
    return true
  }

  /** Keys of a field. */
  count(field: number): number {
    return this.#counts[field] ?? 0
  }

  /** @returns the i-th key of a field, 0 to 9; -1 outside it. */
  keyAt(field: number, i: number): number {
    if (i < 0 || i >= this.count(field)) return -1
    const at = (this.#starts[field] as number) + i
    return (this.#masked.bytes[at] as number) ^ (this.#pad.bytes[at] as number)
  }

  /** A field as the checks see it. */
  span(field: number): KeySpan {
    return { count: this.count(field), keyAt: (i) => this.keyAt(field, i) }
  }

  /** Overwrites every octet and every count; the entry can be used again. May be called twice. */
  wipe(): void {
    this.#masked.wipe()
    this.#pad.wipe()
    this.#pad.randomise()
    this.#starts.fill(0)
    this.#counts.fill(0)
    this.#used = 0
    this.#field = -1
  }

  /** Wipes and gives the memory back. May be called twice. */
  close(): void {
    this.#masked.close()
    this.#pad.close()
    this.#starts.fill(0)
    this.#counts.fill(0)
    this.#used = 0
    this.#field = -1
  }

  #forgetFrom(at: number): void {
    for (let i = at; i < this.#used; i++) {
      this.#masked.bytes[i] = 0
      this.#pad.bytes[i] = 0
    }
    this.#used = at
    this.#pad.randomise(at)
  }
}
