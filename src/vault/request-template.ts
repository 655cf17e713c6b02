/**
 * A document with places for what was keyed: text between them, turned into octets before the session, and the keys put in one by one,
 * straight from the entry into locked memory. Which marks stand between is the format's matter.
 */

import type { Entry } from './entry.ts'

/** One item of a request, in its place: text that is not secret, or a field of the entry. */
export type RequestPart =
  | { readonly name: string; readonly value: string }
  | {
      readonly name: string
      readonly field: number
      /** What stands before the keys, such as the country of an IBAN. */
      readonly prefix?: string
      /** An amount in smallest units: sent with a point before so many digits. */
      readonly decimals?: number
    }

/** Keys of a field within the text. */
export type KeyedPlace = { readonly field: number; readonly decimals: number | undefined }

/** What is sent after the head. */
export type RequestBody = {
  /** Octets of it with this entry. */
  size(entry: Entry): number
  /** Writes it to the front of `out`. @returns octets written. */
  write(entry: Entry, out: Uint8Array): number
  /** Octets of it at most. @param keysOf how many keys a field may have. */
  largest(keysOf: (field: number) => number): number
}

const DIGIT_0 = 0x30
const POINT = 0x2e

/** @returns the body made of texts and keys in this order. */
export function templateOf(pieces: readonly (string | KeyedPlace)[]): RequestBody {
  const parts = pieces.map((piece) => (typeof piece === 'string' ? { text: Buffer.from(piece, 'utf8') } : piece))
  const sum = (sizeOf: (place: KeyedPlace) => number) =>
    parts.reduce((total, part) => total + ('text' in part ? part.text.length : sizeOf(part)), 0)
  return {
    size: (entry) =>
      sum(({ field, decimals }) => sizeOfKeyed(entry.count(field), leadingZeros(entry, field, decimals), decimals)),
    largest: (keysOf) => sum(({ field, decimals }) => sizeOfKeyed(keysOf(field), 0, decimals)),
    write(entry, out) {
      let at = 0
      for (const part of parts) {
        if ('text' in part) {
          out.set(part.text, at)
          at += part.text.length
        } else at = writeKeyed(entry, part, out, at)
      }
      return at
    },
  }
}

/** Zeros that an amount does not need: `0001455` is 14.55. */
function leadingZeros(entry: Entry, field: number, decimals: number | undefined): number {
  if (decimals === undefined) return 0
  const count = entry.count(field)
  let zeros = 0
  while (zeros < count && entry.keyAt(field, zeros) === 0) zeros++
  return zeros
}

function sizeOfKeyed(count: number, zeros: number, decimals: number | undefined): number {
  if (decimals === undefined || count === 0) return count
  return Math.max(count - zeros - decimals, 1) + (decimals === 0 ? 0 : 1 + decimals)
}

/** Writes the keys of a field. @returns where they end. */
function writeKeyed(entry: Entry, { field, decimals }: KeyedPlace, out: Uint8Array, from: number): number {
  const count = entry.count(field)
  let at = from
  const put = (i: number) => {
    // Before the first key an amount has zeros.
    out[at++] = DIGIT_0 + (i < 0 ? 0 : entry.keyAt(field, i))
  }
  if (decimals === undefined || count === 0) {
    for (let i = 0; i < count; i++) put(i)
    return at
  }
  const whole = Math.max(count - leadingZeros(entry, field, decimals) - decimals, 1)
  for (let i = count - decimals - whole; i < count - decimals; i++) put(i)
  if (decimals > 0) out[at++] = POINT
  for (let i = count - decimals; i < count; i++) put(i)
  return at
}
