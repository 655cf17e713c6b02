/** The number of a test call: valid, of a known brand, and unlike anything that lies about by chance. */

import { randomInt } from 'node:crypto'

/** Discover's; the rest is random, so that nobody else's number is found and no other test's is taken for this one. */
const PREFIX = [6, 0, 1, 1]
const DIGITS = 16
/** Each part that is searched for has at least so many different digits. */
const PART = 7
const DIFFERENT = 5

/** @returns sixteen digits with a good check digit (ISO/IEC 7812-1). No issuer is asked about them: they are for a validation service of the test's own. */
export function randomTestNumber(): string {
  for (;;) {
    const digits = [...PREFIX, ...Array.from({ length: DIGITS - PREFIX.length - 1 }, () => randomInt(10))]
    digits.push(checkDigit(digits))
    if (isDistinct(digits)) return digits.join('')
  }
}

function checkDigit(digits: readonly number[]): number {
  const sum = digits.toReversed().reduce((total, digit, i) => {
    const twice = digit * 2
    return total + (i % 2 === 0 ? (twice > 9 ? twice - 9 : twice) : digit)
  }, 0)
  return (10 - (sum % 10)) % 10
}

function isDistinct(digits: readonly number[]): boolean {
  for (let at = 0; at + PART <= digits.length; at++) {
    if (new Set(digits.slice(at, at + PART)).size < DIFFERENT) return false
  }
  return true
}
