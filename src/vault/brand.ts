/**
 * Which brand a card number is of, by its first digits (the issuer ranges the brands publish; ISO/IEC 7812-1), how long its numbers
 * are and how long its security code is. A table over bytes; nothing here makes a string of a digit.
 */

import type { Brand } from './contract.ts'
import type { KeySpan } from './entry.ts'

type Row = {
  readonly brand: Brand
  /** How many leading digits `from` and `to` have. */
  readonly digits: number
  /** First and last prefix of the range, both included. */
  readonly from: number
  readonly to: number
  readonly shortest: number
  readonly longest: number
  readonly codeDigits: 3 | 4
  /** The network that takes the range as its own where the brand has none. */
  readonly also?: Brand
}

const row = (brand: Brand, digits: number, from: number, to: number, shortest: number, longest: number): Row => ({
  brand,
  digits,
  from,
  to,
  shortest,
  longest,
  codeDigits: brand === 'american-express' ? 4 : 3,
})

/** The narrower range stands before the wider one that holds it. */
const ROWS: readonly Row[] = [
  row('american-express', 2, 34, 34, 15, 15),
  row('american-express', 2, 37, 37, 15, 15),
  row('diners-club', 3, 300, 305, 14, 19),
  row('diners-club', 4, 3095, 3095, 14, 19),
  row('diners-club', 2, 36, 36, 14, 19),
  row('diners-club', 2, 38, 39, 14, 19),
  row('jcb', 4, 3528, 3589, 16, 19),
  row('mastercard', 2, 51, 55, 16, 16),
  row('mastercard', 4, 2221, 2720, 16, 16),
  row('discover', 4, 6011, 6011, 16, 19),
  // Issued by UnionPay, and Discover's to process in the United States: Discover lists the range as well.
  { ...row('unionpay', 6, 622126, 622925, 16, 19), also: 'discover' },
  row('discover', 3, 644, 649, 16, 19),
  row('discover', 2, 65, 65, 16, 19),
  row('unionpay', 2, 62, 62, 16, 19),
  row('unionpay', 2, 81, 81, 16, 19),
  row('maestro', 2, 50, 50, 12, 19),
  row('maestro', 2, 56, 58, 12, 19),
  row('maestro', 1, 6, 6, 12, 19),
  row('visa', 1, 4, 4, 13, 19),
]

/** Leading digits of a span as one number: at most six, which name an issuer and never a card. */
function prefix(span: KeySpan, digits: number): number {
  let value = 0
  for (let i = 0; i < digits; i++) value = value * 10 + span.keyAt(i)
  return value
}

function rowOf(span: KeySpan): Row | undefined {
  return ROWS.find((each) => {
    if (span.count < each.digits) return false
    const value = prefix(span, each.digits)
    return value >= each.from && value <= each.to
  })
}

/** @returns the brand, or `unknown`. */
export function brandOf(span: KeySpan): Brand {
  return rowOf(span)?.brand ?? 'unknown'
}

/** @returns whether a card is taken where these brands are: by its brand, or by the network that takes it as its own. */
export function isOneOf(brands: readonly Brand[], span: KeySpan): boolean {
  const also = rowOf(span)?.also
  return brands.includes(brandOf(span)) || (also !== undefined && brands.includes(also))
}

/** @returns whether a number of this brand may have so many digits; an unknown brand's may have 12 to 19. */
export function fitsBrandLength(span: KeySpan): 'too-short' | 'too-long' | 'fits' {
  const found = rowOf(span)
  const shortest = found?.shortest ?? 12
  const longest = found?.longest ?? 19
  if (span.count < shortest) return 'too-short'
  if (span.count > longest) return 'too-long'
  // Visa has numbers of 13, 16 and 19 digits and none between.
  if (found?.brand === 'visa' && span.count !== 13 && span.count !== 16 && span.count !== 19) {
    return span.count < 16 ? 'too-short' : 'too-long'
  }
  return 'fits'
}

/**
 * @returns whether the number is complete beyond doubt: its brand has numbers of one length, and it has that length. Only then
 * may an entry end without terminator or pause.
 */
export function isSurelyWhole(span: KeySpan): boolean {
  // Six digits tell every range apart, so that no wider range ends an entry too early.
  if (span.count < 6) return false
  const found = rowOf(span)
  return found !== undefined && found.shortest === found.longest && span.count === found.longest
}

/** @returns how many digits the security code of the card has: 4 on American Express, 3 elsewhere. */
export function securityCodeDigits(brand: Brand): 3 | 4 {
  return ROWS.find((each) => each.brand === brand)?.codeDigits ?? 3
}
