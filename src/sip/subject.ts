/**
 * The Subject of a text (MESSAGE, RFC 3428) is text as well, and people write into it what they write into the body. It goes nowhere, and is blanked
 * as octets before any line of its head becomes a string.
 */

import { startsWith } from './info-cut.ts'

const MESSAGE = Buffer.from('MESSAGE ', 'latin1')
const CRLF = Buffer.from('\r\n', 'latin1')
const BLANK = 0x20
const COLON = 0x3a
/** Long and short name. */
const SUBJECTS = ['subject', 's'].map((name) => Buffer.from(name, 'latin1'))
const LOWER = 0x20
/** What may stand between a name and its colon, as the parser has it. */
const SPACES: ReadonlySet<number | undefined> = new Set([0x09, 0x0a, 0x0b, 0x0c, 0x0d, BLANK, 0xa0])

/** @param start behind the empty lines that may stand before a message. @returns whether it is a text. */
export function isText(octets: Buffer, start = 0): boolean {
  return startsWith(octets, MESSAGE, start)
}

/** Overwrites what a Subject says. @param lines of a head, the start line or the end of it before them; changed in place. */
export function blankSubject(lines: Buffer): void {
  for (let at = lines.indexOf(CRLF); at >= 0; at = lines.indexOf(CRLF, at + CRLF.length)) {
    const from = valueOfSubject(lines, at + CRLF.length)
    if (from !== undefined) lines.fill(BLANK, from, endOfValue(lines, from))
  }
}

/** @returns where the value of a Subject begins that stands at this place. */
function valueOfSubject(lines: Buffer, start: number): number | undefined {
  for (const name of SUBJECTS) {
    if (!name.every((octet, i) => ((lines[start + i] ?? 0) | LOWER) === octet)) continue
    let at = start + name.length
    while (SPACES.has(lines[at])) at += 1
    if (lines[at] === COLON) return at + 1
  }
  return undefined
}

/** A value goes on in every line that begins with a blank; what ended its lines is blanked with it. */
function endOfValue(lines: Buffer, from: number): number {
  for (let at = lines.indexOf(CRLF, from); at >= 0; at = lines.indexOf(CRLF, at + CRLF.length)) {
    const next = lines[at + CRLF.length]
    if (next !== BLANK && next !== 0x09) return at
  }
  return lines.length
}
