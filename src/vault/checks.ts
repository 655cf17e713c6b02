/**
 * Is a field's entry good? All over keys of the entry; the answer is one word of a list, and nothing of the keys is in it.
 */

import { brandOf, fitsBrandLength, isSurelyWhole, securityCodeDigits } from './brand.ts'
import type { Brand, EntryFault, Field } from './contract.ts'
import type { KeySpan } from './entry.ts'
import { expiryFault, type Today } from './expiry.ts'
import { passesLuhn } from './luhn.ts'

export type CheckTerms = {
  readonly today: Today
  /** Brand of the card number that was taken before, when there was one. */
  readonly cardBrand: Brand | undefined
}

/** @returns what is wrong with a field's entry, or `undefined` when it is good. */
export function entryFault(field: Field, span: KeySpan, terms: CheckTerms): EntryFault | undefined {
  if (span.count < field.minKeys) return 'too-short'
  if (span.count > field.maxKeys) return 'too-long'
  switch (field.kind) {
    case 'card-number':
      return cardNumberFault(field, span)
    case 'expiry':
      return expiryFault(span, terms.today)
    case 'security-code':
      return securityCodeFault(span, terms)
    default:
      return undefined
  }
}

/**
 * @returns whether an entry ends with this key, without a terminator: a card number when its brand has one length and it is reached,
 * a security code at its brand's length, everything at the field's `maxKeys`.
 */
export function isWhole(field: Field, span: KeySpan, cardBrand: Brand | undefined): boolean {
  if (span.count >= field.maxKeys) return true
  if (field.kind === 'card-number') return isSurelyWhole(span)
  if (field.kind === 'security-code') return cardBrand !== undefined && span.count >= securityCodeDigits(cardBrand)
  return field.kind === 'expiry' && span.count >= 4
}

function cardNumberFault({ allowedBrands }: Field, span: KeySpan): EntryFault | undefined {
  const fits = fitsBrandLength(span)
  if (fits !== 'fits') return fits
  if (!passesLuhn(span)) return 'invalid-card-number'
  return allowedBrands.includes(brandOf(span)) ? undefined : 'invalid-card-type'
}

function securityCodeFault(span: KeySpan, { cardBrand }: CheckTerms): EntryFault | undefined {
  if (cardBrand === undefined || cardBrand === 'unknown') {
    return span.count === 3 || span.count === 4 ? undefined : 'invalid-security-code'
  }
  return span.count === securityCodeDigits(cardBrand) ? undefined : 'invalid-security-code'
}
