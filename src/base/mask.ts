/**
 * The safe rendering of what belongs to people: phone numbers and names for logs, and card numbers in any free text, which are cut out
 * before the text is stored, shown or logged.
 *
 * The mask of a captured card number is not made here: it is made in the vault, from bytes.
 */

/** What stands where a card number stood. */
export const CARD_WORD = '[card number]'

const HIDDEN = '*'
/** Digits of a phone number that stay: enough to tell two calls apart, too few to dial. */
const SHOWN_DIGITS = 2

/**
 * Groups of digits with at most two separators between neighbours; anything of at least 13 digits is looked at more closely. Digits
 * of full width, as Asian keyboards type them, count too.
 */
const DIGIT_RUN = /[0-9\uFF10-\uFF19](?:[ \-.\u00A0\u2009\u202F]{0,2}[0-9\uFF10-\uFF19]){12,}/g
/** Lengths of card numbers (ISO/IEC 7812-1). */
const CARD_MIN_DIGITS = 13
const CARD_MAX_DIGITS = 19

/** @returns a phone number with all but its last two digits hidden, a leading + kept: `+4930123456` becomes `+********56`. */
export function maskNumber(number: string): string {
  const plus = number.startsWith('+') ? '+' : ''
  const digits = number.replace(/\D/g, '')
  if (digits.length <= SHOWN_DIGITS * 2) return plus + HIDDEN.repeat(digits.length)
  return plus + HIDDEN.repeat(digits.length - SHOWN_DIGITS) + digits.slice(-SHOWN_DIGITS)
}

/** @returns the first letter of a name and three stars, whatever its length; nothing for an empty one. */
export function maskName(name: string): string {
  const [first] = name.trim()
  return first === undefined || /\d/.test(first)
    ? first === undefined
      ? ''
      : HIDDEN.repeat(3)
    : first + HIDDEN.repeat(3)
}

/**
 * Cuts out every run of digits that holds a card number: 13 to 19 digits, Luhn-valid, spaces, dots or dashes between them allowed.
 * @param word what takes its place; a function is given the place in the text.
 */
export function maskCardNumbers(text: string, word: string | ((at: number) => string) = CARD_WORD): string {
  return text.replace(DIGIT_RUN, (run, at: number) => {
    if (!holdsCardNumber(digitsOf(run))) return run
    return typeof word === 'string' ? word : word(at)
  })
}

/** Values of the digits in a run, and the places among them at which a group begins or the run ends. */
function digitsOf(run: string): { digits: number[]; edges: Set<number> } {
  const digits: number[] = []
  const edges = new Set([0])
  for (const character of run) {
    const code = character.charCodeAt(0)
    if (code >= 0x30 && code <= 0x39) digits.push(code - 0x30)
    else if (code >= 0xff10 && code <= 0xff19) digits.push(code - 0xff10)
    else edges.add(digits.length)
  }
  return { digits, edges: edges.add(digits.length) }
}

/**
 * Looks at everything of the right length that begins and ends where a group does, since something may stand before or after the number. A
 * run longer than any number is searched at every place: there, too much is better cut out than too little.
 */
function holdsCardNumber({ digits, edges }: { digits: readonly number[]; edges: ReadonlySet<number> }): boolean {
  const anywhere = digits.length > CARD_MAX_DIGITS
  for (let from = 0; from + CARD_MIN_DIGITS <= digits.length; from++) {
    if (!anywhere && !edges.has(from)) continue
    const last = Math.min(from + CARD_MAX_DIGITS, digits.length)
    for (let to = from + CARD_MIN_DIGITS; to <= last; to++) {
      if ((anywhere || edges.has(to)) && isLuhnValid(digits, from, to)) return true
    }
  }
  return false
}

/** ISO/IEC 7812-1 annex B. Zeros alone are valid by arithmetic, and are nobody's card. */
function isLuhnValid(digits: readonly number[], from: number, to: number): boolean {
  let sum = 0
  let anyDigit = 0
  for (let at = to - 1, double = false; at >= from; at--, double = !double) {
    const digit = digits[at] ?? 0
    anyDigit |= digit
    const value = double ? digit * 2 : digit
    sum += value > 9 ? value - 9 : value
  }
  return anyDigit !== 0 && sum % 10 === 0
}
