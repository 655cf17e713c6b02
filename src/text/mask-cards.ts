/**
 * Masks card numbers in what people write (PC-46, PC-48, SMS-23, SMS-24), as octets of UTF-8 and where they lie: no number ever becomes a text here.
 * What a number is, by issuer, length and Luhn, is known to `base/card-text.ts` alone.
 *
 * Every octet of every digit becomes `#`; what stands between digits stays, so that a reader sees what was there. The length stays as well: it was
 * agreed in a header, and a digit of a script that takes three octets is three signs then, which no reader minds.
 *
 * Not found is what is no digit: numbers in words or pictures, one that is sent in several messages, one with letters in it.
 */

import { isUtf8 } from 'node:buffer'
import { cardLengthAt } from '../base/card-text.ts'
import { BREAK, kindOf, NO_WIDTH, partsOf, SEPARATOR, SPELLED } from './code-points.ts'

/** What stands in place of a digit. */
const MASK_OCTET = 0x23
/** Characters that people put between two digits: as many as `base/card-text.ts` bears with. */
const MOST_SEPARATORS = 3

/**
 * Masks every card number. Takes time that grows with the length alone.
 * @param octets changed in place; its length stays. @returns how many numbers; undefined when it is no text that can be read: no UTF-8 (RFC 3629), or
 * with a NUL in it, as other encodings have. Then nothing was changed.
 */
export function maskCards(octets: Uint8Array): number | undefined {
  if (octets.includes(0) || !isUtf8(octets)) return undefined
  const run = createRun(octets)
  for (let at = 0; at < octets.length; ) {
    const length = lengthOf(octets[at] as number)
    run.take(codePointAt(octets, at, length), at)
    at += length
  }
  return run.end()
}

/** The digits of one number, as far as it has been read. */
type Run = {
  take(codePoint: number, at: number): void
  /** Nothing follows. @returns how many numbers were masked, having forgotten every digit. */
  end(): number
}

function createRun(octets: Uint8Array): Run {
  // A character is never shorter than it has digits: not even a circled twenty.
  const values = new Uint8Array(octets.length)
  const places = new Uint32Array(octets.length)
  let count = 0
  let separators = 0
  let longest = 0
  let masked = 0

  const settle = () => {
    masked += maskRun(octets, values, places, count)
    longest = Math.max(longest, count)
    count = 0
    separators = 0
  }
  const takeKind = (kind: number, at: number) => {
    if (kind < SEPARATOR) {
      values[count] = kind
      places[count] = at
      count += 1
      separators = 0
    } else if (count > 0 && kind !== NO_WIDTH) {
      separators += 1
      if (kind === BREAK || separators > MOST_SEPARATORS) settle()
    }
  }
  return {
    take: (codePoint, at) => {
      const kind = kindOf(codePoint)
      if (kind !== SPELLED) takeKind(kind, at)
      else for (const part of partsOf(codePoint)) takeKind(part, at)
    },
    end: () => {
      settle()
      values.fill(0, 0, longest)
      return masked
    },
  }
}

/** @returns how many numbers were masked: those that overlap are one. */
function maskRun(octets: Uint8Array, values: Uint8Array, places: Uint32Array, count: number): number {
  let masked = 0
  /** Digits before are masked already. */
  let done = 0
  for (let from = 0; from < count; from++) {
    const length = cardLengthAt(values, from, count)
    if (length === 0) continue
    if (from >= done) masked += 1
    for (let digit = Math.max(from, done); digit < from + length; digit++) {
      const place = places[digit] as number
      octets.fill(MASK_OCTET, place, place + lengthOf(octets[place] as number))
    }
    done = Math.max(done, from + length)
  }
  return masked
}

/** @returns octets of a character, by its first (RFC 3629 section 3). */
function lengthOf(lead: number): number {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
}

function codePointAt(octets: Uint8Array, at: number, length: number): number {
  const lead = octets[at] as number
  const next = (n: number) => (octets[at + n] as number) & 0x3f
  switch (length) {
    case 1:
      return lead
    case 2:
      return ((lead & 0x1f) << 6) | next(1)
    case 3:
      return ((lead & 0x0f) << 12) | (next(1) << 6) | next(2)
    default:
      return ((lead & 0x07) << 18) | (next(1) << 12) | (next(2) << 6) | next(3)
  }
}
