/**
 * Finds digits in octets that are text, and writes others over them in their place. Values are looked at one by one; no text is made.
 *
 * A run that may be a card number has 13 to 19 digits that satisfy Luhn (ISO/IEC 7812-1 annex B), with at most one blank, dash, plus or
 * URL escape of those between two neighbours. In a longer run any part of it may be. Dots join nothing: they are in addresses.
 */

import type { DigitTrace } from './digit-trace.ts'

/** Places of the digits of one run. */
export type DigitRun = readonly number[]

const MIN_DIGITS = 13
const MAX_DIGITS = 19
const ZERO = 0x30
const NINE = 0x39

/** Gets the values of a run before it is overwritten. */
export type OnRun = (values: Uint8Array) => void

/**
 * Overwrites every run that may be a card number, and every run in which `known` finds digits that were keyed.
 * @param digitAt value of the n-th digit of a run. @returns how many runs.
 */
export function scrubRuns(
  octets: Uint8Array,
  digitAt: (n: number) => number,
  known: DigitTrace | undefined,
  onRun: OnRun,
): number {
  let count = 0
  for (const run of runsIn(octets, known === undefined ? MIN_DIGITS : known.shortest)) {
    const values = Uint8Array.from(run, (at) => (octets[at] as number) - ZERO)
    const found = holdsCard(values) || known?.isIn(values) === true
    if (found && !isWritten(values, digitAt)) {
      onRun(values)
      for (const [n, at] of run.entries()) octets[at] = ZERO + digitAt(n)
      count++
    }
    values.fill(0)
  }
  return count
}

/** @returns whether a run is one that was written here: it is not counted twice. */
function isWritten(values: Uint8Array, digitAt: (n: number) => number): boolean {
  return values.every((value, n) => value === digitAt(n))
}

/** @returns runs of at least so many digits. */
function* runsIn(p: Uint8Array, least: number): Generator<DigitRun> {
  let run: number[] = []
  for (let at = 0; at < p.length; at++) {
    if (!isDigit(p[at])) continue
    const last = run.at(-1)
    // The digits of an escape are none.
    if (p[at - 1] === 0x25 || (p[at - 2] === 0x25 && isSeparatorEscape(p, at - 2))) continue
    if (last !== undefined && !joins(p, last + 1, at)) {
      if (run.length >= least) yield run
      run = []
    }
    run.push(at)
  }
  if (run.length >= least) yield run
}

/** Whether what lies between two digits leaves them neighbours. */
function joins(p: Uint8Array, from: number, to: number): boolean {
  if (to === from) return true
  if (to - from === 1) return p[from] === 0x20 || p[from] === 0x2d || p[from] === 0x2b
  return to - from === 3 && isSeparatorEscape(p, from)
}

/** `%20`, `%2D`, `%2B`. */
function isSeparatorEscape(p: Uint8Array, at: number): boolean {
  const last = (p[at + 2] ?? 0) & ~0x20
  return p[at] === 0x25 && p[at + 1] === 0x32 && (p[at + 2] === 0x30 || last === 0x44 || last === 0x42)
}

function isDigit(octet: number | undefined): boolean {
  return octet !== undefined && octet >= ZERO && octet <= NINE
}

function holdsCard(values: Uint8Array): boolean {
  if (values.length < MIN_DIGITS) return false
  if (values.length <= MAX_DIGITS) return isLuhnValid(values, 0, values.length)
  for (let from = 0; from + MIN_DIGITS <= values.length; from++) {
    for (let to = from + MIN_DIGITS; to <= Math.min(from + MAX_DIGITS, values.length); to++) {
      if (isLuhnValid(values, from, to)) return true
    }
  }
  return false
}

/** Zeros alone are valid by arithmetic, and are nobody's card. */
function isLuhnValid(values: Uint8Array, from: number, to: number): boolean {
  let sum = 0
  let any = 0
  for (let at = to - 1, double = false; at >= from; at--, double = !double) {
    const value = values[at] as number
    any |= value
    const counted = double ? value * 2 : value
    sum += counted > 9 ? counted - 9 : counted
  }
  return any !== 0 && sum % 10 === 0
}
