/**
 * What the reference service remembers: for each idempotency key the outcome, and a keyed hash of the items to know a request again by.
 * No number is kept, and nothing outlives the process.
 */

import { createHmac, randomBytes } from 'node:crypto'
import type { Items } from './items.ts'
import { TEST_CARDS } from './test-cards.ts'

export type Outcome = {
  readonly value: 'accepted' | 'declined'
  readonly details: string
  readonly reference: string | undefined
}

export type Counts = {
  readonly requests: number
  readonly accepted: number
  readonly declined: number
  /** Came a second time with the same key, and got the same outcome without a charge. */
  readonly repeated: number
  /** Could not be read. */
  readonly refused: number
  readonly charges: number
}

export type Ledger = {
  readonly counts: Counts
  /** @returns the outcome, or `another-request` when the key was used for something else before. */
  settle(key: string, items: Items): Outcome | 'another-request'
  /** Counts a request that could not be read. */
  refuse(): void
}

/** Keys remembered; the oldest is forgotten first. */
const KEYS_KNOWN = 100_000

/** @param cardName name of the item that holds the card number. */
export function createLedger(cardName: string): Ledger {
  const secret = randomBytes(32)
  const known = new Map<string, { readonly hash: string; readonly outcome: Outcome }>()
  let counts: Counts = { requests: 0, accepted: 0, declined: 0, repeated: 0, refused: 0, charges: 0 }
  const count = (name: keyof Counts) => {
    counts = { ...counts, [name]: counts[name] + 1 }
  }
  const decide = (items: Items): Outcome => {
    const verdict = TEST_CARDS.get(items.find(({ name }) => name === cardName)?.value ?? '')
    if (verdict === undefined) return declined('Only published test cards are taken here')
    if (verdict === 'declined') return declined('Declined by the issuer')
    count('charges')
    const reference = `S${String(counts.charges).padStart(4, '0')}`
    return { value: 'accepted', details: `Approved, reference ${reference}`, reference }
  }
  return {
    get counts() {
      return counts
    },
    settle(key, items) {
      count('requests')
      const hash = createHmac('sha256', secret).update(JSON.stringify(items)).digest('base64')
      const before = known.get(key)
      if (before !== undefined && before.hash !== hash) {
        count('refused')
        return 'another-request'
      }
      const outcome = before?.outcome ?? decide(items)
      count(before === undefined ? outcome.value : 'repeated')
      known.set(key, { hash, outcome })
      const [oldest] = known.keys()
      if (known.size > KEYS_KNOWN && oldest !== undefined) known.delete(oldest)
      return outcome
    },
    refuse() {
      count('requests')
      count('refused')
    },
  }
}

function declined(details: string): Outcome {
  return { value: 'declined', details, reference: undefined }
}
