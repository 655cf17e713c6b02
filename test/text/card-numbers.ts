/** Numbers as issuers give them out, made here: nobody's. */

/** @returns the number with its check digit (ISO/IEC 7812-1 annex B). */
export function withCheckDigit(stem: string): string {
  const sum = Array.from(stem)
    .reverse()
    .reduce((all, digit, at) => {
      const value = Number(digit) * (at % 2 === 0 ? 2 : 1)
      return all + (value > 9 ? value - 9 : value)
    }, 0)
  return `${stem}${(10 - (sum % 10)) % 10}`
}

const ISSUERS: readonly (readonly [issuer: string, prefixes: readonly string[], lengths: readonly number[]])[] = [
  ['Visa', ['4'], [13, 14, 15, 16, 17, 18, 19]],
  ['Mastercard', ['51', '55', '222100', '272099'], [16]],
  ['American Express', ['34', '37'], [15]],
  ['Diners Club', ['300', '305', '3095', '36', '38', '39'], [14, 16, 19]],
  ['JCB', ['3528', '3589'], [16, 17, 18, 19]],
  ['Maestro', ['50', '56', '58', '67'], [13, 16, 19]],
  ['Discover', ['6011', '622126', '644', '65'], [16, 19]],
  ['UnionPay', ['62'], [16, 17, 18, 19]],
]

/** Issuer and number, one for each prefix and length. */
export const CARDS: readonly (readonly [issuer: string, number: string])[] = ISSUERS.flatMap(
  ([issuer, prefixes, lengths]) =>
    prefixes.flatMap((prefix) =>
      lengths.map((length): readonly [string, string] => {
        const stem = (prefix + '7031986254'.repeat(2)).slice(0, length - 1)
        return [issuer, withCheckDigit(stem)]
      }),
    ),
)
