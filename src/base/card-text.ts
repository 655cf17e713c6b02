/**
 * Whether a text that goes along as plain data holds a card number (PC-37). Unlike masking for display, this looks at every window of digits
 * inside a longer run, and takes a hit only where prefix, length (ISO/IEC 7812-1 issuer ranges) and Luhn all agree: an order number should
 * not be refused without cause.
 */

/** People part digits by spaces, dashes, dots, slashes and line art, up to three at a time; a letter ends the number. */
const RUN = /\p{Nd}(?:[^\p{L}\p{N}]{0,3}\p{Nd}){12,}/gu
const DIGIT = /\p{Nd}/gu
const MIN_DIGITS = 13
const PREFIX_DIGITS = 6
const MAX_DIGITS = 19

/** Issuer ranges by their first six digits, both ends included, and the lengths in use there. */
const ISSUERS: readonly { readonly from: number; readonly to: number; readonly min: number; readonly max: number }[] = [
  { from: 400_000, to: 499_999, min: 13, max: 19 }, // Visa
  { from: 510_000, to: 559_999, min: 16, max: 16 }, // Mastercard
  { from: 222_100, to: 272_099, min: 16, max: 16 }, // Mastercard, 2-series
  { from: 340_000, to: 349_999, min: 15, max: 15 }, // American Express
  { from: 370_000, to: 379_999, min: 15, max: 15 },
  { from: 300_000, to: 305_999, min: 14, max: 19 }, // Diners Club
  { from: 309_500, to: 309_599, min: 14, max: 19 },
  { from: 360_000, to: 369_999, min: 14, max: 19 },
  { from: 380_000, to: 399_999, min: 14, max: 19 },
  { from: 352_800, to: 358_999, min: 16, max: 19 }, // JCB
  { from: 500_000, to: 509_999, min: 13, max: 19 }, // Maestro
  { from: 560_000, to: 589_999, min: 13, max: 19 },
  { from: 600_000, to: 699_999, min: 13, max: 19 }, // Discover, UnionPay, Maestro, RuPay
]

/** @returns whether a text holds what may be a card number, in any script's digits and with the usual separators. */
export function holdsCardNumber(text: string): boolean {
  for (const [run] of text.normalize('NFKC').matchAll(RUN)) {
    const digits = Array.from(run.matchAll(DIGIT), ([character]) => digitValue(character))
    if (digitsHoldCard(digits)) return true
  }
  return false
}

/** @returns whether a card number stands in a run of digits, each from 0 to 9: for octets that are no text yet. */
export function digitsHoldCard(digits: ArrayLike<number>): boolean {
  for (let from = 0; from + MIN_DIGITS <= digits.length; from++) {
    if (windowHoldsCard(digits, from)) return true
  }
  return false
}

function windowHoldsCard(digits: ArrayLike<number>, from: number): boolean {
  let prefix = 0
  for (let at = from; at < from + PREFIX_DIGITS; at++) prefix = prefix * 10 + (digits[at] ?? 0)
  const issuer = ISSUERS.find((range) => prefix >= range.from && prefix <= range.to)
  if (issuer === undefined) return false
  const longest = Math.min(issuer.max, MAX_DIGITS, digits.length - from)
  for (let length = issuer.min; length <= longest; length++) {
    if (isLuhnValid(digits, from, from + length)) return true
  }
  return false
}

/** ISO/IEC 7812-1 annex B. */
function isLuhnValid(digits: ArrayLike<number>, from: number, to: number): boolean {
  let sum = 0
  for (let at = to - 1, double = false; at >= from; at--, double = !double) {
    const value = (digits[at] ?? 0) * (double ? 2 : 1)
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}

/** Every script's digits stand ten in a row, zero first (Unicode section 4.6): the value is the way back to the first. */
function digitValue(character: string): number {
  const code = character.codePointAt(0) ?? 0
  let value = 0
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(code - value - 1))) value++
  return value
}
