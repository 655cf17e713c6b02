/** The dresses in which digits of a capture are searched for after they were replaced. Octets only: no text is made of them. */

import type { Needle } from '../leak/needles.ts'

const ZERO = 0x30
/** As text a part of this many digits counts; as values, which tables of small numbers look like, parts of more different ones. */
const PART = 7
const DIFFERENT_DIGITS = 4
const DIFFERENT_VALUES = 5
/** Two digits an octet: shorter parts turn up by chance. */
const PACKED_PART = 14
const BETWEEN: readonly number[] = [0x20, 0x2d, 0x2e, 0x2c, 0x0a, 0x2b, 0x00]
const EBCDIC = 0xf0

/** @param written what may stand in a row's place: parts of it are no find. */
export function traceNeedles(rows: readonly Uint8Array[], written: Uint8Array): readonly Needle[] {
  return rows.flatMap((row) => [
    ...partsOf(row, PART, DIFFERENT_DIGITS, written).flatMap(textForms),
    ...partsOf(row, PART + 1, DIFFERENT_DIGITS, written).flatMap(plainForms),
    ...partsOf(row, PART, DIFFERENT_VALUES, written).flatMap(valueForms),
    ...partsOf(row, PACKED_PART, DIFFERENT_DIGITS, written)
      .map(packed)
      // Digits that are themselves the octets of text in hexadecimal cannot be told from that text.
      .filter((octets) => octets.some((octet) => octet < ZERO || octet > ZERO + 9))
      .map((octets) => needle('packed decimal', octets)),
  ])
}

/** Overwrites them. */
export function wipeNeedles(needles: readonly Needle[]): void {
  for (const { octets } of needles) octets.fill(0)
}

/** As text a digit more counts wherever it stands; the shorter part only where no other digit stands beside it. */
function plainForms(part: Uint8Array): Needle[] {
  const ascii = part.map((value) => ZERO + value)
  return [needle('text', ascii), needle('text, reversed', ascii.toReversed())]
}

function textForms(part: Uint8Array): Needle[] {
  const ascii = part.map((value) => ZERO + value)
  return [
    { ...needle('text', ascii), alone: true },
    { ...needle('text, reversed', ascii.toReversed()), alone: true },
    ...BETWEEN.map((mark) => needle('text, a mark after each digit', spread(ascii, 2, mark))),
    needle(
      'EBCDIC',
      part.map((value) => EBCDIC + value),
    ),
    needle('hexadecimal', Uint8Array.from(Array.from(ascii).flatMap((octet) => [0x33, octet]))),
    needle('URL escapes', Uint8Array.from(Array.from(ascii).flatMap((octet) => [0x25, 0x33, octet]))),
    needle('hexadecimal of values', spread(ascii, 2, ZERO)),
  ]
}

function valueForms(part: Uint8Array): Needle[] {
  return [
    needle('values', part),
    needle('values, reversed', part.toReversed()),
    ...[2, 4, 8].map((width) => needle('values as wider numbers', spread(part, width, 0))),
  ]
}

function needle(form: string, octets: Uint8Array): Needle {
  return { form, octets: Buffer.from(octets), alone: false }
}

function spread(octets: Uint8Array, width: number, between: number): Uint8Array {
  const out = new Uint8Array((octets.length - 1) * width + 1).fill(between)
  for (const [i, octet] of octets.entries()) out[i * width] = octet
  return out
}

function packed(values: Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: values.length / 2 },
    (_, i) => ((values[2 * i] ?? 0) << 4) | (values[2 * i + 1] ?? 0),
  )
}

function partsOf(row: Uint8Array, length: number, different: number, written: Uint8Array): Uint8Array[] {
  const around = Buffer.concat([written, written, written])
  const parts: Uint8Array[] = []
  for (let at = 0; at + length <= row.length; at++) {
    const part = row.subarray(at, at + length)
    if (new Set(part).size >= different && !around.includes(part)) parts.push(part)
  }
  return parts
}
