/**
 * A sentence of the validation service's on its way to people: decoded octets are cleaned in place, searched for what was keyed, and only
 * then become text. Controls and the pipe become spaces (PC-72, PC-78).
 */

import { maskEcho } from './echo.ts'
import type { Entry } from './entry.ts'
import type { Span } from './scan.ts'

/** Greatest length of the details and of the reference that are passed on, in UTF-16 units. */
export const DETAILS_MAX = 256
export const REFERENCE_MAX = 64
/** Longest text that is looked at, octets. */
export const TEXT_OCTETS_MAX = 8192

const SPACE = 0x20
const PIPE = 0x7c

/** What was keyed, to be searched for, and how many fields it has. */
export type Keyed = { readonly entry: Entry; readonly fields: number }

/** @returns the text of a span whose escapes are decoded, or `undefined` when it is no UTF-8. */
export function readText(bytes: Uint8Array, { from, to }: Span, max: number, keyed: Keyed): string | undefined {
  for (let i = from; i < to; i++) {
    const c = bytes[i] as number
    if (c < SPACE || c === 0x7f || c === PIPE) bytes[i] = SPACE
    // U+0080 to U+009F are controls too; in UTF-8 they are C2 80 to C2 9F.
    else if (c === 0xc2 && (bytes[i + 1] as number) <= 0x9f && i + 1 < to) bytes.fill(SPACE, i, i + 2)
  }
  maskEcho(bytes, from, to, keyed.entry, keyed.fields)
  const text = decodeUtf8(bytes.subarray(from, to))
  return text?.trim().slice(0, max).toWellFormed()
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
