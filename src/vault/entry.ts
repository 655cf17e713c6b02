/**
 * What was keyed in one session: event codes of the keys 0 to 9, a place for each field and one for what is keyed a second time, each octet
 * masked with a random one of its own, so that no two digits ever lie beside each other in clear. Pad and masked codes are two pieces of
 * locked memory. There is no way to get more than one key at a time out of it, and no way to get a string.
 */

import { type Key, type KeyValue, openKey } from './key.ts'
import { LockedMemory } from './locked-memory.ts'

/** Most keys of a field. */
const PLACE_KEYS = 40
const FIELDS = 16
/** Outside an entry. */
const NONE = -1 as KeyValue
/** Where an entry is keyed once more, to be compared. */
export const SECOND = FIELDS
const PLACES = FIELDS + 1

/** Reads keys one by one; what the checks see. */
export type KeySpan = {
  readonly count: number
  /** @returns the i-th key, 0 to 9; -1 outside the span. */
  keyAt(i: number): KeyValue
}

export class Entry {
  readonly #masked = new LockedMemory(PLACES * PLACE_KEYS)
  readonly #pad = new LockedMemory(PLACES * PLACE_KEYS)
  readonly #counts = new Uint8Array(PLACES)
  #open = -1

  constructor() {
    this.#pad.randomise()
  }

  /** Begins a field, or begins it anew. @param place index of the field, or `SECOND`. */
  open(place: number): void {
    if (place < 0 || place >= PLACES) throw new RangeError('no such field')
    this.forget(place)
    this.#open = place
  }

  /** Adds a key to the open field. @returns false when there is no room. */
  add(key: Key): boolean {
    const count = this.#counts[this.#open] ?? PLACE_KEYS
    if (count >= PLACE_KEYS) return false
    const at = this.#open * PLACE_KEYS + count
    this.#masked.bytes[at] = openKey(key) ^ (this.#pad.bytes[at] as number)
    this.#counts[this.#open] = count + 1
    return true
  }

  /** Keys of a field. */
  count(place: number): number {
    return this.#counts[place] ?? 0
  }

  /** @returns the i-th key of a field, 0 to 9; -1 outside it. */
  keyAt(place: number, i: number): KeyValue {
    if (i < 0 || i >= this.count(place)) return NONE
    const at = place * PLACE_KEYS + i
    return ((this.#masked.bytes[at] as number) ^ (this.#pad.bytes[at] as number)) as KeyValue
  }

  /** A field as the checks see it. */
  span(place: number): KeySpan {
    return { count: this.count(place), keyAt: (i) => this.keyAt(place, i) }
  }

  /** Overwrites a field; the others stay. */
  forget(place: number): void {
    const from = place * PLACE_KEYS
    const to = from + PLACE_KEYS
    this.#masked.bytes.fill(0, from, to)
    this.#pad.bytes.fill(0, from, to)
    this.#pad.randomise(from, to)
    this.#counts[place] = 0
    if (this.#open === place) this.#open = -1
  }

  /** Overwrites every octet and every count; the entry can be used again. May be called twice. */
  wipe(): void {
    this.#masked.wipe()
    this.#pad.wipe()
    this.#pad.randomise()
    this.#counts.fill(0)
    this.#open = -1
  }

  /** Wipes and gives the memory back. May be called twice. */
  close(): void {
    this.#masked.close()
    this.#pad.close()
    this.#counts.fill(0)
    this.#open = -1
  }
}
