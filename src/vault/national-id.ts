/** National ids: the rules that each scheme publishes for its numbers. */

import { daysIn } from './calendar.ts'
import type { Field } from './contract.ts'
import type { KeySpan } from './entry.ts'
import { passesLuhn } from './luhn.ts'

/** @returns whether a number may be one of its scheme. */
export function isNationalId(scheme: NonNullable<Field['scheme']>, span: KeySpan): boolean {
  switch (scheme) {
    case 'us-ssn':
      return isSocialSecurityNumber(span)
    case 'nl-bsn':
      return isBurgerservicenummer(span)
    case 'se-personnummer':
      return isPersonnummer(span)
  }
}

/** United States: area, group and serial, none of them zero; 666 and 900 to 999 are no areas. */
function isSocialSecurityNumber(span: KeySpan): boolean {
  if (span.count !== 9) return false
  const area = number(span, 0, 3)
  return area !== 0 && area !== 666 && area < 900 && number(span, 3, 2) !== 0 && number(span, 5, 4) !== 0
}

/** Netherlands: nine digits, or eight with a zero to be thought in front; weights 9 to 2 and -1, a sum that eleven divides. */
function isBurgerservicenummer(span: KeySpan): boolean {
  if (span.count !== 8 && span.count !== 9) return false
  let sum = 0
  let any = 0
  for (let i = 0; i < span.count; i++) {
    const weight = span.count - i
    sum += span.keyAt(i) * (weight === 1 ? -1 : weight)
    any |= span.keyAt(i)
  }
  return any !== 0 && sum % 11 === 0
}

/** Sweden: YYMMDD or YYYYMMDD, a number of three digits and a check digit (Luhn); a co-ordination number has 60 added to the day. */
function isPersonnummer(span: KeySpan): boolean {
  const century = span.count - 10
  if (century !== 0 && century !== 2) return false
  const short: KeySpan = { count: 10, keyAt: (i) => span.keyAt(i + century) }
  const coordinated = number(short, 4, 2) > 60
  const day = number(short, 4, 2) - (coordinated ? 60 : 0)
  // Which century two digits mean is not known; a leap day is let pass where either has one.
  const year = century === 0 ? 2000 + number(short, 0, 2) : number(span, 0, 4)
  const days = daysIn(year, number(short, 2, 2))
  const inTime = century === 0 || (year >= 1850 && year < 2100)
  return inTime && day >= 1 && day <= days && passesLuhn(short)
}

/** A few digits as a number: a part of an id, never the whole. */
function number(span: KeySpan, from: number, digits: number): number {
  let value = 0
  for (let i = from; i < from + digits; i++) value = value * 10 + span.keyAt(i)
  return value
}
