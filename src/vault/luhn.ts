/** The check digit of payment cards (ISO/IEC 7812-1 annex B), over keys. Knows nothing of brands or lengths. */

import type { KeySpan } from './entry.ts'

/** @returns whether the last key is the check digit of those before it; false for fewer than two keys. */
export function passesLuhn(span: KeySpan): boolean {
  if (span.count < 2) return false
  let sum = 0
  for (let i = 0; i < span.count; i++) {
    const key = span.keyAt(span.count - 1 - i)
    if (key < 0 || key > 9) return false
    const twice = key * 2
    sum += i % 2 === 0 ? key : twice > 9 ? twice - 9 : twice
  }
  return sum % 10 === 0
}
