/** Which clip says what: a fault of an entry, a failure of a session. */

import type { EntryFault, Failure, FieldKind } from './contract.ts'

/** Asks for a field. */
export const ASK_CLIPS: Readonly<Record<FieldKind, string>> = {
  'card-number': 'ask-card-number',
  expiry: 'ask-expiry',
  'security-code': 'ask-security-code',
  'postal-code': 'ask-postal-code',
  'routing-number': 'ask-routing-number',
  'account-number': 'ask-account-number',
  iban: 'ask-iban',
  'national-id': 'ask-national-id',
  'date-of-birth': 'ask-date-of-birth',
  'one-time-code': 'ask-one-time-code',
  pin: 'ask-pin',
  amount: 'ask-amount',
  digits: 'ask-digits',
}

/** Says what was wrong with an entry. */
export const FAULT_CLIPS: Readonly<Record<EntryFault, string>> = {
  'too-short': 'too-short',
  'too-long': 'too-long',
  'invalid-card-number': 'card-number-invalid',
  'invalid-card-type': 'card-brand-refused',
  'invalid-date': 'expiry-invalid',
  expired: 'expired',
  'invalid-security-code': 'security-code-invalid',
  'invalid-postal-code': 'postal-code-invalid',
  'invalid-bank-routing-number': 'routing-number-invalid',
  'invalid-bank-account-number': 'account-number-invalid',
  'invalid-iban': 'iban-invalid',
  'invalid-national-id': 'national-id-invalid',
  'invalid-amount': 'amount-invalid',
  'invalid-entry': 'entry-invalid',
  'input-matching-failed': 'entries-differ',
  'not-confirmed': 'not-confirmed',
  timeout: 'nothing-heard',
}

/** @returns the clip that tells the caller why a session failed; most reasons are none of a caller's business. */
export function failureClip(reason: Failure): string {
  if (reason === 'too-many-failed-attempts') return 'too-many-attempts'
  return reason === 'cancelled' ? 'cancelled' : 'failed'
}
