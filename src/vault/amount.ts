/** Amounts, keyed in smallest units. Compared digit by digit: an amount never becomes a number. */

import { isAllZeros } from './bank.ts'
import type { EntryFault, Field } from './contract.ts'
import type { KeySpan } from './entry.ts'

/** @returns what is wrong with an amount: it must be more than nothing, and no more than the field takes. */
export function amountFault({ largest }: Pick<Field, 'largest'>, span: KeySpan): EntryFault | undefined {
  if (isAllZeros(span)) return 'invalid-amount'
  return largest !== undefined && isMoreThan(span, largest) ? 'invalid-amount' : undefined
}

function isMoreThan(span: KeySpan, largest: number): boolean {
  const limit = digitsOf(largest)
  const places = Math.max(span.count, limit.length)
  for (let place = places; place >= 1; place--) {
    const keyed = place > span.count ? 0 : span.keyAt(span.count - place)
    const allowed = limit[limit.length - place] ?? 0
    if (keyed !== allowed) return keyed > allowed
  }
  return false
}

function digitsOf(value: number): readonly number[] {
  const digits: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 10)) digits.unshift(rest % 10)
  return digits
}
