/** JSON as the API writes it. */

/**
 * Writes a value with its numbers rounded to thousandths: nobody needs fractions of a microsecond, and the long tails of binary
 * fractions are runs of digits that can look like a card number to whoever searches for one.
 */
export function writeJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'number' ? Math.round(member * 1000) / 1000 : member,
  )
}
