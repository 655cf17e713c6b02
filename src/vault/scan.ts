/** Looking at a reply, octet by octet, without making a string of it. */

/** From the first octet up to, not including, the last. */
export type Span = { readonly from: number; readonly to: number }

const SPACE = 0x20

/** @returns the octets of an ASCII word. */
export const octets = (text: string) => Buffer.from(text, 'latin1')

/** Whether the span is this word, and no more. */
export function isWord(bytes: Uint8Array, span: Span, word: Uint8Array): boolean {
  return span.to - span.from === word.length && startsWith(bytes, span.from, span.to, word)
}

/** Whether the word stands here. */
export function startsWith(bytes: Uint8Array, at: number, to: number, word: Uint8Array): boolean {
  if (at + word.length > to) return false
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false
  return true
}

/** @returns where the octet stands first. */
export function indexOf(bytes: Uint8Array, octet: number, from: number, to: number): number | undefined {
  for (let i = from; i < to; i++) if (bytes[i] === octet) return i
  return undefined
}

/** @returns where the white space ends that XML and JSON know. */
export function skipSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && (bytes[at] === SPACE || bytes[at] === 0x09 || bytes[at] === 0x0d || bytes[at] === 0x0a)) at++
  return at
}

/** Writes a character as UTF-8. @returns how many octets it took. */
export function writeUtf8(out: Uint8Array, at: number, c: number): number {
  if (c < 0x80) {
    out[at] = c
    return 1
  }
  const more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3
  out[at] = ((0xf0 << (3 - more)) & 0xff) | (c >> (6 * more))
  for (let i = 1; i <= more; i++) out[at + i] = 0x80 | ((c >> (6 * (more - i))) & 0x3f)
  return more + 1
}
