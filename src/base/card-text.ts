/**
 * Whether a text that goes along as plain data holds a card number (PC-37). Unlike masking for display, this looks at every window of digits
 * inside a longer run, and takes a hit only where prefix, length (ISO/IEC 7812-1 issuer ranges) and Luhn all agree: an order number should
 * not be refused without cause.
 */

/** People part digits by spaces, dashes, dots, slashes and line art, up to three at a time; a letter ends the number. */
const RUN = /\p{Nd}(?:[^\p{L}\p{N}]{0,3}\p{Nd}){12,}/gu
const DIGIT = /\p{Nd}/gu
const ONE_DIGIT = /^\p{Nd}$/u
const MIN_DIGITS = 13
const PREFIX_DIGITS = 6

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
    if (cardLengthAt(digits, from) > 0) return true
  }
  return false
}

/**
 * @param to end of the run of digits. @returns how many digits from a place on are a card number, of several lengths the longest; 0 when none are.
 */
export function cardLengthAt(digits: ArrayLike<number>, from: number, to: number = digits.length): number {
  if (from + MIN_DIGITS > to) return 0
  let prefix = 0
  for (let at = from; at < from + PREFIX_DIGITS; at++) prefix = prefix * 10 + (digits[at] ?? 0)
  for (const issuer of ISSUERS) {
    if (prefix >= issuer.from && prefix <= issuer.to)
      return longestValid(digits, from, issuer.min, Math.min(issuer.max, to - from))
  }
  return 0
}

/** Luhn (ISO/IEC 7812-1 annex B) of every length in one pass: which digits are doubled depends on whether the length is even. */
function longestValid(digits: ArrayLike<number>, from: number, least: number, most: number): number {
  let longest = 0
  let sumOfEven = 0
  let sumOfOdd = 0
  for (let at = 0; at < most; at++) {
    const value = digits[from + at] ?? 0
    const doubled = value > 4 ? value * 2 - 9 : value * 2
    const isEvenPlace = at % 2 === 0
    sumOfEven += isEvenPlace ? doubled : value
    sumOfOdd += isEvenPlace ? value : doubled
    const sum = isEvenPlace ? sumOfOdd : sumOfEven
    if (at + 1 >= least && sum % 10 === 0) longest = at + 1
  }
  return longest
}

/**
 * Every script's digits stand ten in a row, zero first (Unicode section 4.6), and those of one script right behind another's at times: the value
 * is the way back to the first. @param character a digit of any script. @returns 0 to 9.
 */
export function digitValue(character: string): number {
  let code = character.codePointAt(0) ?? 0
  let way = 0
  while (ONE_DIGIT.test(String.fromCodePoint(code - 1))) {
    code -= 1
    way += 1
  }
  return way % 10
}
