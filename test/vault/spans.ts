/** Keys for tests of what reads an entry: test numbers of the card brands, or none. */

import type { Entry, KeySpan } from '../../src/vault/entry.ts'
import { type KeyValue, sealKey } from '../../src/vault/key.ts'

/** A span of keys out of a text of digits. */
export function spanOf(text: string): KeySpan {
  return { count: text.length, keyAt: (i) => (i >= 0 && i < text.length ? Number(text[i]) : -1) as KeyValue }
}

/** Keys texts of digits into an entry, field after field. */
export function keyInto(entry: Entry, ...fields: readonly string[]): void {
  fields.forEach((text, field) => {
    entry.open(field)
    for (const digit of text) entry.add(sealKey(Number(digit)))
  })
}
