/** Numbers of bank accounts: routing numbers (ABA), account numbers, and the digits of an IBAN (ISO 13616-1). */

import type { EntryFault, Field } from './contract.ts'
import type { KeySpan } from './entry.ts'

/** @returns what is wrong with a routing number: nine digits, a weighted sum that ten divides, and a known range in front. */
export function routingNumberFault(span: KeySpan): EntryFault | undefined {
  if (span.count !== 9) return span.count < 9 ? 'too-short' : 'too-long'
  let sum = 0
  for (let i = 0; i < 9; i++) sum += span.keyAt(i) * ([3, 7, 1][i % 3] as number)
  // 00 the government, 01 to 12 the Federal Reserve's districts, 21 to 32 thrifts, 61 to 72 electronic, 80 traveller's cheques.
  const front = span.keyAt(0) * 10 + span.keyAt(1)
  const known = front <= 12 || (front >= 21 && front <= 32) || (front >= 61 && front <= 72) || front === 80
  return sum % 10 === 0 && sum > 0 && known ? undefined : 'invalid-bank-routing-number'
}

/** @returns what is wrong with an account number: banks make their own, and none is all zeros. */
export function accountNumberFault(span: KeySpan): EntryFault | undefined {
  return isAllZeros(span) ? 'invalid-bank-account-number' : undefined
}

export function isAllZeros(span: KeySpan): boolean {
  let sum = 0
  for (let i = 0; i < span.count; i++) sum += span.keyAt(i)
  return sum === 0
}

/** Whole lengths of the IBANs that have no letter beyond the country's, by the registry of ISO 13616. */
const IBAN_LENGTHS: Readonly<Record<string, number>> = {
  AE: 23,
  AT: 20,
  BA: 20,
  BE: 16,
  CZ: 24,
  DE: 22,
  DK: 18,
  EE: 20,
  ES: 24,
  FI: 18,
  HR: 21,
  HU: 28,
  IL: 23,
  IS: 26,
  LT: 20,
  ME: 22,
  MR: 27,
  NO: 15,
  PL: 28,
  PT: 25,
  RS: 22,
  SE: 24,
  SI: 19,
  SK: 24,
  TN: 24,
  VA: 22,
  XK: 20,
}
const LETTERS = 2
const CHECK_DIGITS = 2
const LETTER_A = 0x41

/** @returns how many digits of an IBAN are keyed, where its country has one length. */
export function ibanDigits({ country = '' }: Pick<Field, 'country'>): number | undefined {
  const length = IBAN_LENGTHS[country]
  return length === undefined ? undefined : length - LETTERS
}

/**
 * @returns what is wrong with an IBAN whose country letters are the field's and whose digits were keyed: the check digits, then the rest.
 * The rest, the letters as two digits each (A is 10) and the check digits make a number that leaves 1 when 97 divides it.
 */
export function ibanFault(field: Pick<Field, 'country'>, span: KeySpan): EntryFault | undefined {
  const { country = '' } = field
  const digits = ibanDigits(field) ?? span.count
  if (span.count !== digits) return span.count < digits ? 'too-short' : 'too-long'
  if (span.count <= CHECK_DIGITS) return 'too-short'
  let rest = 0
  for (let i = CHECK_DIGITS; i < span.count; i++) rest = (rest * 10 + span.keyAt(i)) % 97
  for (let i = 0; i < LETTERS; i++) rest = (rest * 100 + country.charCodeAt(i) - LETTER_A + 10) % 97
  const check = span.keyAt(0) * 10 + span.keyAt(1)
  return (rest * 100 + check) % 97 === 1 && check >= 2 && check <= 98 ? undefined : 'invalid-iban'
}
