/** Expiry dates as they are keyed, MMYY (ISO/IEC 7813 has YYMM; cards show MM/YY). A card is good to the end of its month. */

import type { EntryFault } from './contract.ts'
import type { KeySpan } from './entry.ts'

/** Cards are issued for at most 20 years; a later date is a slip of the finger. */
const YEARS_AHEAD = 20

/** What day it is. */
export type Today = { readonly year: number /** 1 to 12. */; readonly month: number; readonly day: number }

/** @returns what is wrong with the date, or `undefined`. @param today of the card's issuer: the latest zone, UTC-12, is given. */
export function expiryFault(span: KeySpan, today: Today): EntryFault | undefined {
  if (span.count !== 4) return span.count < 4 ? 'too-short' : 'too-long'
  const month = span.keyAt(0) * 10 + span.keyAt(1)
  if (month < 1 || month > 12) return 'invalid-date'
  const century = today.year - (today.year % 100)
  const short = span.keyAt(2) * 10 + span.keyAt(3)
  // 2099 and the card says 05: that is 2105, not 2005.
  const year = century + short < today.year - 50 ? century + 100 + short : century + short
  if (year < today.year || (year === today.year && month < today.month)) return 'expired'
  return year > today.year + YEARS_AHEAD ? 'invalid-date' : undefined
}

/** @returns today where it is latest on earth, so that no card is refused while it is still good somewhere. @param nowMs of the Unix epoch. */
export function todayAt(nowMs: number): Today {
  const date = new Date(nowMs - 12 * 3_600_000)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}
