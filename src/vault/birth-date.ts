/** Dates of birth, eight keys in the order that the flow asks for. */

import { daysIn } from './calendar.ts'
import type { EntryFault, Field } from './contract.ts'
import type { KeySpan } from './entry.ts'
import type { Today } from './expiry.ts'

/** Nobody is older. */
const YEARS_MAX = 130

/** Where day, month and year begin. */
const PLACES: Readonly<Record<NonNullable<Field['dateOrder']>, readonly [day: number, month: number, year: number]>> = {
  ddmmyyyy: [0, 2, 4],
  mmddyyyy: [2, 0, 4],
  yyyymmdd: [6, 4, 0],
}

/** @returns what is wrong with a date of birth: it must be a day that was, and not too long ago. */
export function birthDateFault(
  { dateOrder = 'ddmmyyyy' }: Pick<Field, 'dateOrder'>,
  span: KeySpan,
  today: Today,
): EntryFault | undefined {
  if (span.count !== 8) return span.count < 8 ? 'too-short' : 'too-long'
  const two = (at: number) => span.keyAt(at) * 10 + span.keyAt(at + 1)
  const [dayAt, monthAt, yearAt] = PLACES[dateOrder]
  const day = two(dayAt)
  const month = two(monthAt)
  const year = two(yearAt) * 100 + two(yearAt + 2)
  const exists = day >= 1 && day <= daysIn(year, month)
  const past = comesBefore(year, month, day, today)
  const tooLongAgo = comesBefore(year, month, day, { ...today, year: today.year - YEARS_MAX })
  return exists && past && !tooLongAgo ? undefined : 'invalid-date'
}

function comesBefore(year: number, month: number, day: number, than: Today): boolean {
  if (year !== than.year) return year < than.year
  return month !== than.month ? month < than.month : day < than.day
}
