/**
 * Ids that Sotto makes itself, from a source of random bytes that is given. They are letters only: an id can then never look like a
 * card number, whatever else stands beside it in a line.
 */

/** @returns that many unpredictable bytes; in a process it is `crypto.randomBytes`, in a test a counter. */
export type RandomBytes = (count: number) => Uint8Array

/** Sixteen consonants, four bits each: no vowels, so no words. */
const LETTERS = 'bcdfghjklmnpqrst'
/** 80 bits: two ids of a day's calls collide less than once in the life of the universe. */
const ID_BYTES = 10
/** 256 bits, for what must not be guessed. */
const TOKEN_BYTES = 32

/** @returns 20 letters after a prefix that says what it names, such as `call-`. */
export function makeId(random: RandomBytes, prefix = ''): string {
  return prefix + letters(random(ID_BYTES))
}

/** @returns 64 letters that cannot be guessed. */
export function makeToken(random: RandomBytes): string {
  return letters(random(TOKEN_BYTES))
}

/** @returns the decimal session id of an o= line (RFC 8866 section 5.2), 31 bits and so shorter than any card number. */
export function makeSdpSessionId(random: RandomBytes): string {
  const [a = 0, b = 0, c = 0, d = 0] = random(4)
  return String((((a & 0x7f) << 24) | (b << 16) | (c << 8) | d) + 1)
}

function letters(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += LETTERS.charAt(byte >> 4) + LETTERS.charAt(byte & 15)
  return text
}
