/**
 * A field of a plan: one thing that a caller is asked for, what its entry must be like, and why one is not taken. Part of the vault's
 * contract with control; `contract.ts` passes it on.
 */

import { aBoolean, aListOf, anInteger, anyOf, aRecord, aText, oneOf, optional, type ShapeOf } from '../base/shape.ts'

export const FIELD_KINDS = [
  'card-number',
  'expiry',
  'security-code',
  'postal-code',
  'routing-number',
  'account-number',
  'iban',
  'national-id',
  'date-of-birth',
  'one-time-code',
  'pin',
  'amount',
  'digits',
] as const
export const aFieldKind = oneOf(...FIELD_KINDS)
export type FieldKind = ShapeOf<typeof aFieldKind>
/** Not kept beyond a verdict (PCI DSS 3.3.1), and secret even in their length. */
export const FLEETING_KINDS: readonly FieldKind[] = ['security-code', 'pin', 'one-time-code']

/** Brands that a flow may name. */
export const BRANDS = [
  'visa',
  'mastercard',
  'american-express',
  'diners-club',
  'discover',
  'jcb',
  'unionpay',
  'maestro',
] as const
export const aBrand = oneOf(...BRANDS, 'unknown')
export type Brand = ShapeOf<typeof aBrand>

/** Why an entry was not taken. */
export const ENTRY_FAULTS = [
  'too-short',
  'too-long',
  'invalid-card-number',
  'invalid-card-type',
  'invalid-date',
  'expired',
  'invalid-security-code',
  'invalid-postal-code',
  'invalid-bank-routing-number',
  'invalid-bank-account-number',
  'invalid-iban',
  'invalid-national-id',
  'invalid-amount',
  /** Free digits, a one-time code or a PIN that do not fit their pattern or their check digit. */
  'invalid-entry',
  /** Keyed twice, and not alike. */
  'input-matching-failed',
  /** Read back, and the caller said no. */
  'not-confirmed',
  'timeout',
] as const
export const anEntryFault = oneOf(...ENTRY_FAULTS)
export type EntryFault = ShapeOf<typeof anEntryFault>

export const aClip = aText(64, /^[a-z0-9]+(-[a-z0-9]+)*$/)
export const anAttempt = anInteger(1, 10)
const aKey = anInteger(0, 15)

/** A clip of the flow's own instead of the one that Sotto has: the first rule that fits wins. */
export const aPromptRule = aRecord({
  when: anyOf(oneOf('ask', 'enter-again', 'read-back', 'confirm', 'cleared', 'more-time'), anEntryFault),
  clip: aClip,
  /** In this attempt only. */
  attempt: optional(anAttempt),
  /** For a card of this brand only. */
  brand: optional(aBrand),
})
export type PromptRule = ShapeOf<typeof aPromptRule>

/** One thing asked for. Lengths are counts of keys. The security code's length follows from the card's brand. */
export const aField = aRecord({
  /** Name in the validation request (PC-31); spaces allowed, as in the source's own example. */
  name: aText(64, /^[\p{L}\p{N}_.\- ]+$/u),
  kind: aFieldKind,
  minKeys: anInteger(1, 40),
  maxKeys: anInteger(1, 40),
  attempts: anAttempt,
  /** Digits that may be keyed; another is ignored. */
  validKeys: aText(10, /^[0-9]{1,10}$/),
  /** RFC 4733 event codes: `#` is 11, `*` is 10. Escape and more time act while nothing is keyed, clear and terminator when something is. */
  keys: aRecord({ terminator: aKey, clear: optional(aKey), escape: optional(aKey), moreTime: optional(aKey) }),
  /** From the end of the prompt to the first key. */
  firstDigitMs: anInteger(1000, 300_000),
  /** From one key to the next; its lapse ends the entry as the terminator does (PC-65). */
  interDigitMs: anInteger(500, 120_000),
  /** How often an entry's time to the first key may begin anew at the caller's wish. */
  moreTimes: anInteger(0, 5),
  /** What the whole entry must be like, in the syntax of `base/digit-pattern.ts`. */
  pattern: optional(aText(200)),
  /** For kinds that do not imply it. */
  luhn: aBoolean,
  /** Of a card number. */
  allowedBrands: aListOf(aBrand, 16),
  /** Of an IBAN: the two letters that cannot be keyed. */
  country: optional(aText(2, /^[A-Z]{2}$/)),
  /** Of a national id. */
  scheme: optional(oneOf('us-ssn', 'nl-bsn', 'se-personnummer')),
  /** Of a date of birth. */
  dateOrder: optional(oneOf('ddmmyyyy', 'mmddyyyy', 'yyyymmdd')),
  /** Of an amount, which is keyed in smallest units: how many digits stand behind the point, and the most that is taken. */
  decimals: optional(anInteger(0, 3)),
  largest: optional(anInteger(1, 999_999_999_999)),
  enterTwice: aBoolean,
  readBack: oneOf('none', 'last-four', 'all'),
  /** What may leave the vault after a positive verdict; of a card, an account or an IBAN only. */
  tell: oneOf('nothing', 'last-four'),
  prompts: aListOf(aPromptRule, 64),
})
export type Field = ShapeOf<typeof aField>
