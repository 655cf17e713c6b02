/** A password that somebody reads out or writes down once: letters that are not taken for one another, in groups. */

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'
const GROUPS = 5
const GROUP_CHARS = 4

/** @param random octets of the system's. @returns about 99 bits. */
export function aPasswordOf(random: (count: number) => Uint8Array): string {
  const letters: string[] = []
  // An octet beyond the last whole multiple would make the first letters likelier.
  const fair = 256 - (256 % LETTERS.length)
  while (letters.length < GROUPS * GROUP_CHARS) {
    for (const octet of random(GROUPS * GROUP_CHARS)) {
      if (octet < fair) letters.push(LETTERS.charAt(octet % LETTERS.length))
    }
  }
  const groups = Array.from({ length: GROUPS }, (_, at) => letters.slice(at * GROUP_CHARS, (at + 1) * GROUP_CHARS))
  return groups.map((group) => group.join('')).join('-')
}
