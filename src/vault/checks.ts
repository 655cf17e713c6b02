/**
 * Is a field's entry good? All over keys of the entry; the answer is one word of a list, and nothing of the keys is in it.
 */

import { type DigitPattern, matchesPattern } from '../base/digit-pattern.ts'
import { amountFault } from './amount.ts'
import { accountNumberFault, ibanDigits, ibanFault, isAllZeros, routingNumberFault } from './bank.ts'
import { birthDateFault } from './birth-date.ts'
import { fitsBrandLength, isOneOf, isSurelyWhole, securityCodeDigits } from './brand.ts'
import type { Brand, EntryFault, Field, FieldKind } from './contract.ts'
import type { KeySpan } from './entry.ts'
import { expiryFault, type Today } from './expiry.ts'
import { passesLuhn } from './luhn.ts'
import { isNationalId } from './national-id.ts'

export type CheckTerms = {
  readonly today: Today
  /** Brand of the card number that was taken before, when there was one. */
  readonly cardBrand: Brand | undefined
  /** The field's pattern, read. */
  readonly pattern: DigitPattern | undefined
}

/** What is said of an entry of a kind that does not fit the field's pattern or lacks its check digit. */
const KIND_FAULTS: Readonly<Record<FieldKind, EntryFault>> = {
  'card-number': 'invalid-card-number',
  expiry: 'invalid-date',
  'security-code': 'invalid-security-code',
  'postal-code': 'invalid-postal-code',
  'routing-number': 'invalid-bank-routing-number',
  'account-number': 'invalid-bank-account-number',
  iban: 'invalid-iban',
  'national-id': 'invalid-national-id',
  'date-of-birth': 'invalid-date',
  'one-time-code': 'invalid-entry',
  pin: 'invalid-entry',
  amount: 'invalid-amount',
  digits: 'invalid-entry',
}

/** @returns what is wrong with a field's entry, or `undefined` when it is good. */
export function entryFault(field: Field, span: KeySpan, terms: CheckTerms): EntryFault | undefined {
  if (span.count < field.minKeys) return 'too-short'
  if (span.count > field.maxKeys) return 'too-long'
  const fault = kindFault(field, span, terms)
  if (fault !== undefined) return fault
  const { pattern } = terms
  const fits = (pattern === undefined || matchesPattern(pattern, span)) && (!field.luhn || passesLuhn(span))
  return fits ? undefined : KIND_FAULTS[field.kind]
}

function kindFault(field: Field, span: KeySpan, terms: CheckTerms): EntryFault | undefined {
  switch (field.kind) {
    case 'card-number':
      return cardNumberFault(field, span)
    case 'expiry':
      return expiryFault(span, terms.today)
    case 'security-code':
      return securityCodeFault(span, terms)
    case 'postal-code':
      return isAllZeros(span) ? 'invalid-postal-code' : undefined
    case 'routing-number':
      return routingNumberFault(span)
    case 'account-number':
      return accountNumberFault(span)
    case 'iban':
      return ibanFault(field, span)
    case 'national-id':
      return field.scheme === undefined || isNationalId(field.scheme, span) ? undefined : 'invalid-national-id'
    case 'date-of-birth':
      return birthDateFault(field, span, terms.today)
    case 'amount':
      return amountFault(field, span)
    // What these must be is known to their issuer alone.
    case 'one-time-code':
    case 'pin':
    case 'digits':
      return undefined
  }
}

/**
 * @returns whether an entry ends with this key, without a terminator: a card number when its brand has one length and it is reached,
 * a security code at its brand's length, an IBAN at its country's, everything at the field's `maxKeys`.
 */
export function isWhole(field: Field, span: KeySpan, cardBrand: Brand | undefined): boolean {
  if (span.count >= field.maxKeys) return true
  switch (field.kind) {
    case 'card-number':
      return isSurelyWhole(span)
    case 'security-code':
      return cardBrand !== undefined && span.count >= securityCodeDigits(cardBrand)
    case 'expiry':
      return span.count >= 4
    case 'routing-number':
      return span.count >= 9
    case 'date-of-birth':
      return span.count >= 8
    case 'iban':
      return span.count >= (ibanDigits(field) ?? field.maxKeys)
    default:
      return false
  }
}

/** @returns whether two entries of a field are alike, looked at to their ends. */
export function areAlike(one: KeySpan, other: KeySpan): boolean {
  let differing = one.count ^ other.count
  for (let i = 0; i < Math.max(one.count, other.count); i++) differing |= one.keyAt(i) ^ other.keyAt(i)
  return differing === 0
}

function cardNumberFault({ allowedBrands }: Field, span: KeySpan): EntryFault | undefined {
  const fits = fitsBrandLength(span)
  if (fits !== 'fits') return fits
  if (!passesLuhn(span)) return 'invalid-card-number'
  return isOneOf(allowedBrands, span) ? undefined : 'invalid-card-type'
}

function securityCodeFault(span: KeySpan, { cardBrand }: CheckTerms): EntryFault | undefined {
  if (cardBrand === undefined || cardBrand === 'unknown') {
    return span.count === 3 || span.count === 4 ? undefined : 'invalid-security-code'
  }
  return span.count === securityCodeDigits(cardBrand) ? undefined : 'invalid-security-code'
}
