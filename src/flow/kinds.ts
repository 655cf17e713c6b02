/**
 * What the kinds of a field imply: how many keys, which options have a meaning, and the names by which a file may mean a kind without
 * saying so. What the keys must be (Luhn, date, mod 97) is the vault's to check.
 */

import type { FieldKind } from '../vault/contract.ts'

export type KindRow = {
  /** Keys when the file does not say, and the fewest and most that make sense. */
  readonly usual: readonly [min: number, max: number]
  readonly allowed: readonly [min: number, max: number]
  /** Options that have a meaning for this kind and not for every other. */
  readonly options: readonly string[]
  /** Options that it cannot do without. */
  readonly needs: readonly string[]
  /** Beside the kind's own word, with spaces or dashes. */
  readonly names: readonly string[]
}

function row(
  usual: KindRow['usual'],
  allowed: KindRow['allowed'],
  names: readonly string[] = [],
  options: readonly string[] = [],
  needs: readonly string[] = [],
): KindRow {
  return { usual, allowed, names, options, needs }
}

/** Lengths: ISO/IEC 7812-1 for cards, ISO 13616 for IBAN without its country, ABA for routing numbers. */
export const KINDS: Readonly<Record<FieldKind, KindRow>> = {
  'card-number': row([13, 19], [13, 19], ['credit card', 'credit card number'], ['brands', 'tell']),
  expiry: row([4, 4], [4, 4], ['expiry date', 'expiration date']),
  'security-code': row([3, 4], [3, 4], ['cvc', 'cvv']),
  'postal-code': row([5, 5], [3, 10], ['zip code']),
  'routing-number': row([9, 9], [9, 9]),
  'account-number': row([4, 17], [1, 34], [], ['tell', 'luhn']),
  iban: row([13, 32], [13, 32], [], ['tell', 'country'], ['country']),
  'national-id': row([9, 9], [8, 13], [], ['scheme'], ['scheme']),
  'date-of-birth': row([8, 8], [8, 8], ['birth date'], ['dateOrder'], ['dateOrder']),
  'one-time-code': row([6, 6], [3, 12]),
  pin: row([4, 4], [3, 12]),
  amount: row([1, 8], [1, 12], [], ['decimals', 'largest']),
  digits: row([1, 40], [1, 40], [], ['luhn']),
}

/** Options that only some kinds have. */
export const SPECIAL_OPTIONS: readonly string[] = [...new Set(Object.values(KINDS).flatMap(({ options }) => options))]

/** Keys of a national id, by scheme; the Swedish one may be keyed with its century. */
export const SCHEME_KEYS = { 'us-ssn': [9, 9], 'nl-bsn': [8, 9], 'se-personnummer': [10, 12] } as const

/** Digits after the country in the IBANs whose account part has no letters (registry of ISO 13616). */
export const IBAN_KEYS: Readonly<Record<string, number>> = {
  AT: 18,
  BE: 14,
  CZ: 22,
  DE: 20,
  DK: 16,
  EE: 18,
  ES: 22,
  FI: 16,
  HR: 19,
  HU: 26,
  IS: 24,
  LT: 18,
  NO: 13,
  PL: 26,
  PT: 23,
  RS: 20,
  SE: 22,
  SI: 17,
  SK: 22,
}

/** @returns the kind that a name means, such as that of "security code". */
export function kindNamed(name: string): FieldKind | undefined {
  const plain = name.toLowerCase()
  const word = plain.replace(/ /g, '-')
  const rows = Object.entries(KINDS) as [FieldKind, KindRow][]
  return rows.find(([kind, { names }]) => kind === word || names.includes(plain))?.[0]
}
