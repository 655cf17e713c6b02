/**
 * Keys that an administrator presses for a made-up caller: only what they amount to leaves the page, never the keys. What could be the number of a real card is not taken at all. Pure.
 */

import type { Act, Awaited } from '../../../../src/flow/index.ts'

type Entry = Extract<Awaited, { at: 'entry' }>
type EnterAct = Extract<Act, { act: 'enter' }>
export type Brand = NonNullable<EnterAct['brand']>
export type EntryFault = NonNullable<EnterAct['fault']>

/**
 * Numbers that card schemes and payment providers publish for tests, in letters: a for 0, b for 1. Control holds this file to serve it, and who keys such a number and looks for it in control's
 * memory (`sotto leak-test`, the demo) is not to find it there.
 */
const IN_LETTERS: readonly (readonly [string, Brand])[] = [
  ['ebbbbbbbbbbbbbbb', 'visa'],
  ['eabciiiiiiiibiib', 'visa'],
  ['eaaaaaaaaaaaaaac', 'visa'],
  ['ffffffffffffeeee', 'mastercard'],
  ['fbafbafbafbafbaa', 'mastercard'],
  ['cccdaadbccaadccc', 'mastercard'],
  ['fcaaaaaaaaaaabbe', 'mastercard'],
  ['dhiciccegdbaaaf', 'american-express'],
  ['dhbeejgdfdjiedb', 'american-express'],
  ['dhihdeejdghbaaa', 'american-express'],
  ['gabbbbbbbbbbbbbh', 'discover'],
  ['gabbaaajjabdjece', 'discover'],
  ['dfggaacacadgafaf', 'jcb'],
  ['dafgjdajacfjae', 'diners-club'],
]
const DIGITS = 'abcdefghij'
export const TEST_CARDS: Readonly<Record<string, Brand>> = Object.fromEntries(
  IN_LETTERS.map(([letters, brand]) => [[...letters].map((letter) => DIGITS.indexOf(letter)).join(''), brand]),
)
/** Shorter ones are no card numbers (ISO/IEC 7812-1). */
const CARD_MIN_DIGITS = 12
/** Numbers of these brands have one length, so that an entry ends by itself. */
const ONE_LENGTH: Partial<Record<Brand, number>> = { mastercard: 16, 'american-express': 15 }

export type Judged =
  | { readonly result: 'class'; readonly fault: EntryFault | undefined; readonly brand: Brand | undefined }
  | { readonly result: 'may-be-real' }

export type KeyedTerms = {
  /** Of the card that was taken before. */
  readonly brand: Brand | undefined
  /** What the check is to say, whatever is keyed. */
  readonly wanted: EntryFault | 'right' | 'as-keyed'
  /** Month from 1 on. */
  readonly today: { readonly year: number; readonly month: number }
}

/** @param keys digits that were keyed. */
export function judgeKeys(entry: Entry, keys: string, { brand, wanted, today }: KeyedTerms): Judged {
  const own = Object.hasOwn(TEST_CARDS, keys) ? TEST_CARDS[keys] : undefined
  if (own === undefined && mayBeCard(keys)) return { result: 'may-be-real' }
  const cardBrand = entry.kind === 'card-number' ? (own ?? (wanted === 'right' ? 'visa' : undefined)) : undefined
  const judged = (fault: EntryFault | undefined): Judged => ({
    result: 'class',
    fault,
    brand: fault === undefined ? cardBrand : undefined,
  })
  if (wanted === 'right') return judged(undefined)
  if (wanted !== 'as-keyed') return judged(wanted)
  if (keys.length < entry.minKeys) return judged('too-short')
  switch (entry.kind) {
    case 'card-number':
      if (own === undefined) return judged('invalid-card-number')
      return judged(entry.brands.includes(own) ? undefined : 'invalid-card-type')
    case 'expiry':
      return judged(expiryFault(keys, today))
    case 'security-code':
      return judged(brand !== undefined && keys.length !== codeLength(brand) ? 'invalid-security-code' : undefined)
    default:
      return judged(undefined)
  }
}

/** @returns whether an entry ends with its last key. */
export function isWhole({ kind, maxKeys }: Entry, keys: string, brand: Brand | undefined): boolean {
  if (keys.length >= maxKeys) return true
  if (kind === 'security-code') return brand !== undefined && keys.length >= codeLength(brand)
  return kind === 'card-number' && ONE_LENGTH[TEST_CARDS[keys] ?? 'unknown'] === keys.length
}

function codeLength(brand: Brand): number {
  return brand === 'american-express' ? 4 : 3
}

function expiryFault(keys: string, { year, month }: KeyedTerms['today']): EntryFault | undefined {
  const [keyedMonth, keyedYear] = [Number(keys.slice(0, 2)), 2000 + Number(keys.slice(2, 4))]
  if (keyedMonth < 1 || keyedMonth > 12) return 'invalid-date'
  return keyedYear * 12 + keyedMonth < year * 12 + month ? 'expired' : undefined
}

/** Whether it has the length and the check digit of a card number (ISO/IEC 7812-1 annex B). */
function mayBeCard(keys: string): boolean {
  if (keys.length < CARD_MIN_DIGITS) return false
  const sum = [...keys].toReversed().reduce((total, key, at) => {
    const value = Number(key) * (at % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
