/**
 * Where those who tell presses apart remember key codes. The plain store is in a buffer of its own: small arrays without one lie on
 * V8's heap, where the collector moves them and leaves copies that no clearing reaches. A vault brings a store that is masked and locked.
 */

/** A row of places for RFC 4733 codes; -1 where there is none. */
export type CodeStore = {
  codeAt(place: number): number
  put(place: number, code: number): void
  /** Overwrites every place. */
  clear(): void
}

/** @returns an empty store off the heap. @param places how many codes it holds. */
export function plainCodes(places: number): CodeStore {
  const codes = new Int8Array(new ArrayBuffer(places)).fill(-1)
  return {
    codeAt: (place) => codes[place] as number,
    put: (place, code) => {
      codes[place] = code
    },
    clear: () => {
      codes.fill(-1)
    },
  }
}
