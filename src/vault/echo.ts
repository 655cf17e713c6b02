/**
 * Finds what was keyed in a text that is about to leave the vault, and covers it with asterisks, in place. A service that says
 * "4111 1111 1111 1111 is not a card" must not undo the session.
 *
 * Covered: five or more digits that follow each other in the entry, whatever few other characters stand between them; the whole of a
 * shorter field (a security code, an expiry date) where it stands alone; and every digit that is not an ASCII digit, since it
 * cannot be compared.
 */

import type { Entry } from './entry.ts'

/** Digits in a row that give a number away. */
const TELLING = 5
/** Characters that may stand between two digits of one number. */
const GAP_MAX = 3
const ASTERISK = 0x2a
const TEXT_DIGITS_MAX = 1024

/** Covers every echo of the entry in `bytes[from..to)`. */
export function maskEcho(bytes: Uint8Array, from: number, to: number, entry: Entry, fields: number): void {
  maskForeignDigits(bytes, from, to)
  const places = digitPlaces(bytes, from, to)
  const covered = new Uint8Array(places.length)
  for (let field = 0; field < fields; field++) {
    const count = entry.count(field)
    if (count >= TELLING) coverRuns(bytes, places, covered, entry, field, count)
    else if (count >= 3) coverWhole(bytes, places, covered, entry, field, count)
  }
  for (let i = 0; i < places.length; i++) if (covered[i] === 1) bytes[places[i] as number] = ASTERISK
  covered.fill(0)
}

/** Where the digits are; a text of very many digits is no sentence, and is covered whole. */
function digitPlaces(bytes: Uint8Array, from: number, to: number): Uint32Array {
  let found = 0
  for (let i = from; i < to; i++) if (isDigit(bytes[i] as number)) found++
  if (found > TEXT_DIGITS_MAX) {
    for (let i = from; i < to; i++) if (isDigit(bytes[i] as number)) bytes[i] = ASTERISK
    return new Uint32Array(0)
  }
  const places = new Uint32Array(found)
  let n = 0
  for (let i = from; i < to; i++) if (isDigit(bytes[i] as number)) places[n++] = i
  return places
}

function coverRuns(
  bytes: Uint8Array,
  places: Uint32Array,
  covered: Uint8Array,
  entry: Entry,
  field: number,
  count: number,
): void {
  for (let start = 0; start + TELLING <= count; start++) {
    for (let i = 0; i + TELLING <= places.length; i++) {
      if (matches(bytes, places, i, entry, field, start, TELLING)) covered.fill(1, i, i + TELLING)
    }
  }
}

function coverWhole(
  bytes: Uint8Array,
  places: Uint32Array,
  covered: Uint8Array,
  entry: Entry,
  field: number,
  count: number,
): void {
  for (let i = 0; i + count <= places.length; i++) {
    const alone = !touches(places, i - 1, i) && !touches(places, i + count - 1, i + count)
    if (alone && matches(bytes, places, i, entry, field, 0, count)) covered.fill(1, i, i + count)
  }
}

function matches(
  bytes: Uint8Array,
  places: Uint32Array,
  i: number,
  entry: Entry,
  field: number,
  start: number,
  count: number,
): boolean {
  for (let k = 0; k < count; k++) {
    if ((bytes[places[i + k] as number] as number) - 0x30 !== entry.keyAt(field, start + k)) return false
    if (k > 0 && (places[i + k] as number) - (places[i + k - 1] as number) > GAP_MAX + 1) return false
  }
  return true
}

/** Whether two digits lie right beside each other; false beyond the ends. */
function touches(places: Uint32Array, a: number, b: number): boolean {
  return a >= 0 && b < places.length && (places[b] as number) - (places[a] as number) === 1
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39
}

/**
 * Digits of other scripts, as UTF-8: Arabic-Indic (U+0660, U+06F0) and full width (U+FF10), the ones that people type. Mathematical
 * and other styles are caught by the same rule, U+1D7CE to U+1D7FF. An asterisk is put for the last octet and spaces for the rest.
 */
function maskForeignDigits(bytes: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const size = foreignDigitSize(bytes, i, to)
    if (size === 0) continue
    bytes.fill(0x20, i, i + size)
    bytes[i + size - 1] = ASTERISK
    i += size - 1
  }
}

function foreignDigitSize(bytes: Uint8Array, i: number, to: number): number {
  const at = (k: number) => (i + k < to ? (bytes[i + k] as number) : 0)
  const first = at(0)
  if (first === 0xd9 && at(1) >= 0xa0 && at(1) <= 0xa9) return 2
  if (first === 0xdb && at(1) >= 0xb0 && at(1) <= 0xb9) return 2
  if (first === 0xef && at(1) === 0xbc && at(2) >= 0x90 && at(2) <= 0x99) return 3
  if (first === 0xf0 && at(1) === 0x9d && at(2) === 0x9f && at(3) >= 0x8e) return 4
  return 0
}
