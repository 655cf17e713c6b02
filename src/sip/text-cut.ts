/**
 * Masks card numbers in what people write to each other (MESSAGE, RFC 3428) in the octets as they were received, before the parser sees them: a card
 * number must never become a string in this process. The message keeps its length, so that it still parses.
 *
 * Only what can be read can be masked: plain text in UTF-8, uncoded, of a length that a message has. All else is blanked, and refused. A Subject is
 * text, too, and goes nowhere from here: it is blanked in any case.
 */

import { maskCards } from '../text/index.ts'
import { ACCEPT_TEXT, type Refusal } from './gatekeeper.ts'
import { blank, bodyIn, GAP, startOf } from './info-cut.ts'
import { MAX_HEADER_BYTES } from './parse-message.ts'
import { blankSubject, isText } from './subject.ts'

/** Octets of one text. A request over UDP has at most 1300 in all (RFC 3428 section 8); masking costs anybody's time, before it is known who wrote. */
export const MAX_TEXT_BYTES = 4096

const ABOUT_BODY =
  /\r\n(content-type|c|content-encoding|e|content-transfer-encoding)[\t ]*:([^\r]*(?:\r\n[\t ][^\r]*)*)/gi
/** UTF-8 where none is named (RFC 3261 section 7.4.1). */
const CHARSETS: ReadonlySet<string> = new Set(
  ['utf-8', '"utf-8"', 'us-ascii', '"us-ascii"'].map((name) => `charset=${name}`),
)

/** What was done to a MESSAGE. */
export type TextCut = {
  /** Card numbers that were masked. */
  readonly numbers: number
  /** Octets of its body that were overwritten, all of them. */
  readonly blanked: number
  /** Why it is refused; undefined when its body may go on. */
  readonly refusal: Refusal | undefined
}

const UNREADABLE: Refusal = { status: 415, why: 'media-type', headers: [ACCEPT_TEXT] }
const CODED: Refusal = { status: 415, why: 'encoding', headers: [['Accept-Encoding', 'identity']] }
const TOO_LONG: Refusal = { status: 413, why: 'too-long' }

/**
 * @param octets a datagram or one framed message; changed in place. @param isWhole nothing of it is missing. @param isTaken texts are passed on here.
 * @returns undefined when it is no MESSAGE.
 */
export function cutText(octets: Buffer, isWhole: boolean, isTaken: boolean): TextCut | undefined {
  const start = startOf(octets)
  if (!isText(octets, start)) return undefined
  const { at, hasHead } = bodyIn(octets, start)
  const head = octets.subarray(start, hasHead ? at - GAP.length : at)
  blankSubject(head)
  const body = octets.subarray(at)
  const refusal = isWhole && hasHead && isTaken ? judgeBody(head, body) : UNREADABLE
  const numbers = refusal === undefined ? maskCards(body) : undefined
  if (numbers !== undefined) return { numbers, blanked: 0, refusal: undefined }
  return { numbers: 0, blanked: blank(octets, at), refusal: refusal ?? UNREADABLE }
}

/** @returns why a body cannot be masked; undefined when it may be tried. */
function judgeBody(head: Buffer, body: Buffer): Refusal | undefined {
  if (head.length > MAX_HEADER_BYTES) return UNREADABLE
  if (body.length > MAX_TEXT_BYTES) return TOO_LONG
  const types: string[] = []
  for (const [, name = '', value = ''] of head.toString('latin1').matchAll(ABOUT_BODY)) {
    const said = value.replaceAll(/\s+/g, '').toLowerCase()
    if (/^c(?:ontent-type)?$/i.test(name)) types.push(said)
    else if (/^content-t/i.test(name) ? !/^(?:7bit|8bit|binary)$/.test(said) : said !== 'identity') return CODED
  }
  if (body.length === 0 && types.length === 0) return undefined
  // Two of them: which one a reader obeys is anybody's guess, so it is neither.
  return types.length === 1 && isPlainText(types[0] ?? '') ? undefined : UNREADABLE
}

function isPlainText(type: string): boolean {
  const [name, ...params] = type.split(';')
  return name === 'text/plain' && params.every((param) => !param.startsWith('charset') || CHARSETS.has(param))
}
