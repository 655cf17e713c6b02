/**
 * Key codes of the last presses, which have to be remembered for a while to know their repetitions by: each masked with a random octet
 * of its own, both in locked memory, so that no two digits ever lie beside each other in clear.
 */

import type { CodeStore } from '../rtp/code-store.ts'
import { LockedMemory } from './locked-memory.ts'

/** -1 as an octet. */
const NONE = 0xff

export class MaskedCodes implements CodeStore {
  readonly #places: number
  readonly #masked: LockedMemory
  readonly #pad: LockedMemory

  /** @param places how many codes it holds. */
  constructor(places: number) {
    this.#places = places
    this.#masked = new LockedMemory(places)
    this.#pad = new LockedMemory(places)
    this.clear()
  }

  /** @returns the code at a place; -1 where there is none, and everywhere once it is closed. */
  codeAt(place: number): number {
    const masked = this.#masked.bytes[place]
    const octet = masked === undefined ? NONE : masked ^ (this.#pad.bytes[place] as number)
    return octet === NONE ? -1 : octet
  }

  /** @param code 0 to 15, or -1. Dropped once the store is closed. */
  put(place: number, code: number): void {
    const pad = this.#pad.bytes[place]
    if (pad !== undefined) this.#masked.bytes[place] = (code & NONE) ^ pad
  }

  /** Overwrites every place and takes new masks. */
  clear(): void {
    this.#masked.wipe()
    this.#pad.randomise()
    for (let place = 0; place < this.#places; place++) this.put(place, -1)
  }

  /** Wipes and gives the memory back. May be called twice. */
  close(): void {
    this.#masked.close()
    this.#pad.close()
  }
}
