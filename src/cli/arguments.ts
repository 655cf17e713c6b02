/** Arguments that are numbers. */

import { InvalidArgumentError } from 'commander'

/** Of process ids Linux gives up to 4194304. @throws InvalidArgumentError, which says what is needed. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('a whole number is needed')
  return Number(text)
}

/** @throws InvalidArgumentError, which says what is needed. */
export function seconds(text: string): number {
  if (!/^\d{1,6}(?:\.\d{1,3})?$/.test(text)) throw new InvalidArgumentError('seconds are needed, as in 12.5')
  return Number(text)
}
