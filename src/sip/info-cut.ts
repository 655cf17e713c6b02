/**
 * Cuts digits that come by SIP INFO (application/dtmf-relay, application/dtmf, audio/telephone-event ...) out of the octets as
 * they were received, before the parser sees them: a keyed digit must never become a string in this process. The message keeps its
 * length, so that it still parses and can be answered.
 *
 * It does not read the digits. A body of the two forms that keys come in goes to the slip, which is locked memory, for as long as the
 * message is dealt with. It looks at the headers as octets and errs towards blanking: an INFO is blanked from its first empty line on,
 * unless its type is one of the few that are known to hold no digits. What people write is masked in `text-cut.ts`.
 */

import { infoFormOf, type KeySlip } from '../base/info-key.ts'

const INFO = Buffer.from('INFO ', 'latin1')
export const GAP = Buffer.from('\r\n\r\n', 'latin1')
/** Types of INFO that carry no digits and whose body is let through. Every other body is blanked, known or not. */
const HARMLESS = new Set([
  'application/media_control+xml',
  'application/sdp',
  'application/csta+xml',
  'message/sipfrag',
])

/** @returns whether a body of this type may hold digits. Lower case, no parameters. */
export function mayHoldDigits(contentType: string): boolean {
  return !HARMLESS.has(contentType)
}

/**
 * Blanks the body of one message in place when it is an INFO that may hold digits.
 * @param octets a datagram or one framed message; changed in place. @param slip gets a body that keys come in.
 * @returns the number of octets blanked.
 */
export function cutInfo(octets: Buffer, slip?: KeySlip): number {
  const start = startOf(octets)
  if (!startsWith(octets, INFO, start)) return 0
  const body = bodyIn(octets, start)
  if (!body.hasHead || body.at === octets.length) return blank(octets, body.at)
  const type = typeIn(octets, start, body.at - GAP.length)
  if (!mayHoldDigits(type)) return 0
  const form = infoFormOf(type)
  if (form !== undefined) slip?.put(form, octets, body.at, octets.length)
  return blank(octets, body.at)
}

/** Behind the empty lines that may stand before a message. */
export function startOf(octets: Buffer): number {
  let start = 0
  while (octets[start] === 0x0d || octets[start] === 0x0a) start += 1
  return start
}

/** Where the body begins. Without an empty line what is header and what is body cannot be told: then it is all behind the start line. */
export function bodyIn(octets: Buffer, start: number): { readonly at: number; readonly hasHead: boolean } {
  const gap = octets.indexOf(GAP, start)
  if (gap >= 0) return { at: gap + GAP.length, hasHead: true }
  const lineEnd = octets.indexOf(0x0a, start)
  return { at: lineEnd < 0 ? octets.length : lineEnd + 1, hasHead: false }
}

/** @returns how many octets were overwritten. */
export function blank(octets: Buffer, from: number): number {
  octets.fill(0, from)
  return octets.length - from
}

/** @returns whether these octets stand at a place. */
export function startsWith(octets: Buffer, prefix: Buffer, at: number): boolean {
  return octets.length >= at + prefix.length && octets.compare(prefix, 0, prefix.length, at, at + prefix.length) === 0
}

/** The value of Content-Type or its short form among the header lines; only headers become a string here. */
function typeIn(octets: Buffer, start: number, end: number): string {
  const headers = octets.toString('latin1', start, Math.min(end, start + 16_384))
  const found = [...headers.matchAll(/\r\n(?:content-type|c)[\t ]*:[\t ]*(?:\r\n[\t ]+)?([^\s;]*)/gi)]
  // Two of them: which one a reader obeys is anybody's guess, so it is neither.
  if (found.length !== 1) return ''
  const value = found[0]?.[1] ?? ''
  return value.slice(value.lastIndexOf(':') + 1).toLowerCase()
}
