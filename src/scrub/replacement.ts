/**
 * What takes the place of digits in a scrubbed capture: the n-th digit that was keyed becomes the n-th of a fixed row, whatever it was.
 * Nothing of the new digits depends on the old ones; a table from digit to digit would be a cipher that a child can read.
 */

export type Replacement = {
  /** Values 0 to 9 in the order of their use, again from the first after the last. */
  readonly digits: Uint8Array
  /** Presses are taken out instead: tones become soft noise, events an event that is no key. */
  readonly silence: boolean
}

/** RFC 4733 events from 0 to 15 are keys; this one is unassigned, and read as a key by nobody. */
export const NO_KEY_EVENT = 255
/** Every digit becomes this one where nothing else is asked for. */
const PLAIN_DIGIT = 5
const MOST_DIGITS = 64
/** From this length on a group is a card number, and has to be one that the card schemes and their processors publish for tests. */
const CARD_MIN_DIGITS = 12
const PUBLISHED = new Set([
  '4111111111111111',
  '4012888888881881',
  '4222222222222',
  '4242424242424242',
  '4000056655665556',
  '5555555555554444',
  '5105105105105100',
  '5200828282828210',
  '2223003122003222',
  '378282246310005',
  '371449635398431',
  '378734493671000',
  '30569309025904',
  '38520000023237',
  '6011111111111117',
  '6011000990139424',
  '3530111333300000',
  '3566002020360505',
  '6200000000000005',
  '6759649826438453',
])

/** @returns the replacement that makes every digit the same one. */
export function plainReplacement(silence: boolean): Replacement {
  return { digits: Uint8Array.of(PLAIN_DIGIT), silence }
}

/**
 * @param text digits, in groups parted by blanks, commas or `#`: `4111111111111111 1230 123`.
 * @returns the replacement, or undefined when it is none or a group is the number of a card that may be somebody's.
 */
export function replacementFrom(text: string, silence: boolean): Replacement | undefined {
  const groups = text.split(/[\s,#]+/).filter((group) => group !== '')
  const all = groups.join('')
  if (!/^\d+$/.test(all) || all.length > MOST_DIGITS) return undefined
  if (groups.some((group) => group.length >= CARD_MIN_DIGITS && !PUBLISHED.has(group))) return undefined
  return { digits: Uint8Array.from(all, Number), silence }
}

/** @returns the value that the n-th digit becomes, n from 0. */
export function digitFor({ digits }: Replacement, n: number): number {
  return digits[n % digits.length] as number
}
