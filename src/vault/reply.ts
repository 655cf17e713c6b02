/**
 * The validation service's answer, read over octets:
 *
 *   <?xml version="1.0" encoding='UTF-8'?>
 *   <outcome value="accepted" details="That number was good"/>
 *
 * One element, two attributes, the five entities of XML and nothing else: no document type, no comments, no character references but
 * to printable characters. The details are decoded in place, cleaned, and searched for the entry before they become text.
 * Whatever is not exactly this is no answer.
 */

import { maskEcho } from './echo.ts'
import type { Entry } from './entry.ts'

export type Answer = { readonly value: 'accepted' | 'declined'; readonly details: string }

/** Greatest length of the details that are passed on, in UTF-16 units. */
const DETAILS_MAX = 256
/** Longest details that are looked at, octets. */
const DETAILS_OCTETS_MAX = 8192

const SPACE = 0x20
const PIPE = 0x7c

/**
 * Reads the answer at `bytes[from..to)`, which is overwritten on the way.
 * @param entry what was keyed, to be searched for. @param fields how many fields it has.
 * @param form `strict` wants the XML declaration; `lenient` does without.
 * @returns the answer, or `undefined` when it is none.
 */
export function readAnswer(
  bytes: Uint8Array,
  from: number,
  to: number,
  form: 'strict' | 'lenient',
  entry: Entry,
  fields: number,
): Answer | undefined {
  const start = afterDeclaration(bytes, from, to, form)
  if (start === undefined) return undefined
  const element = readElement(bytes, skipSpace(bytes, start, to), to)
  if (element === undefined) return undefined
  const { value, details } = element
  const accepted = isWord(bytes, value, ACCEPTED)
  if (!accepted && !isWord(bytes, value, DECLINED)) return undefined
  const text = details === undefined ? '' : readDetails(bytes, details, entry, fields)
  return text === undefined ? undefined : { value: accepted ? 'accepted' : 'declined', details: text }
}

function afterDeclaration(bytes: Uint8Array, from: number, to: number, form: 'strict' | 'lenient'): number | undefined {
  const at = form === 'lenient' ? skipSpace(bytes, skipMark(bytes, from, to), to) : from
  if (!startsWith(bytes, at, to, XML)) return form === 'lenient' ? at : undefined
  const version = pseudoAttribute(bytes, at + XML.length, to, VERSION, ONE_NAUGHT)
  const encoding = version === undefined ? undefined : pseudoAttribute(bytes, version, to, ENCODING, UTF_8)
  if (encoding === undefined) return undefined
  const end = skipSpace(bytes, encoding, to)
  return startsWith(bytes, end, to, DECLARATION_END) ? end + DECLARATION_END.length : undefined
}

/** White space, a name, an equals sign and one certain value in quotes. @returns where it ends. */
function pseudoAttribute(
  bytes: Uint8Array,
  at: number,
  to: number,
  name: Uint8Array,
  value: Uint8Array,
): number | undefined {
  const start = skipSpace(bytes, at, to)
  if (start === at || !startsWith(bytes, start, to, name)) return undefined
  const quoted = readQuoted(bytes, start + name.length, to)
  if (quoted === undefined || quoted.to - quoted.from !== value.length) return undefined
  for (let i = 0; i < value.length; i++) {
    const c = bytes[quoted.from + i] as number
    if ((c >= 0x41 && c <= 0x5a ? c | 0x20 : c) !== value[i]) return undefined
  }
  return quoted.to + 1
}

type Span = { readonly from: number; readonly to: number }
type Element = { readonly value: Span; readonly details: Span | undefined }

/** `<outcome .../>` or `<outcome ...></outcome>`, then white space to the end. */
function readElement(bytes: Uint8Array, from: number, to: number): Element | undefined {
  if (!startsWith(bytes, from, to, OUTCOME)) return undefined
  let at = from + OUTCOME.length
  let value: Span | undefined
  let details: Span | undefined
  for (;;) {
    const next = skipSpace(bytes, at, to)
    const isValue = startsWith(bytes, next, to, VALUE)
    if (!isValue && !startsWith(bytes, next, to, DETAILS)) {
      at = next
      break
    }
    if (next === at || (isValue ? value : details) !== undefined) return undefined
    const quoted = readQuoted(bytes, next + (isValue ? VALUE : DETAILS).length, to)
    if (quoted === undefined) return undefined
    if (isValue) value = quoted
    else details = quoted
    at = quoted.to + 1
  }
  const end = afterElement(bytes, at, to)
  if (value === undefined || end === undefined || skipSpace(bytes, end, to) !== to) return undefined
  return { value, details }
}

function afterElement(bytes: Uint8Array, at: number, to: number): number | undefined {
  if (startsWith(bytes, at, to, EMPTY_END)) return at + EMPTY_END.length
  if (bytes[at] !== 0x3e || !startsWith(bytes, at + 1, to, CLOSING)) return undefined
  const end = skipSpace(bytes, at + 1 + CLOSING.length, to)
  return end < to && bytes[end] === 0x3e ? end + 1 : undefined
}

/** An equals sign and a value in either quotes; what is between them, without a `<`. */
function readQuoted(bytes: Uint8Array, at: number, to: number): Span | undefined {
  const equals = skipSpace(bytes, at, to)
  if (equals >= to || bytes[equals] !== 0x3d) return undefined
  const open = skipSpace(bytes, equals + 1, to)
  const quote = bytes[open]
  if (open >= to || (quote !== 0x22 && quote !== 0x27)) return undefined
  const close = indexOf(bytes, quote, open + 1, to)
  if (close === undefined || indexOf(bytes, 0x3c, open + 1, close) !== undefined) return undefined
  return { from: open + 1, to: close }
}

/** Details as text: entities decoded, controls and the pipe made spaces, echoes of the entry masked. */
function readDetails(bytes: Uint8Array, span: Span, entry: Entry, fields: number): string | undefined {
  if (span.to - span.from > DETAILS_OCTETS_MAX) return undefined
  const to = decodeEntities(bytes, span.from, span.to)
  if (to === undefined) return undefined
  for (let i = span.from; i < to; i++) {
    const c = bytes[i] as number
    if (c < SPACE || c === 0x7f || c === PIPE) bytes[i] = SPACE
    // U+0080 to U+009F are controls too; in UTF-8 they are C2 80 to C2 9F.
    else if (c === 0xc2 && (bytes[i + 1] as number) <= 0x9f && i + 1 < to) bytes.fill(SPACE, i, i + 2)
  }
  maskEcho(bytes, span.from, to, entry, fields)
  const text = decodeUtf8(bytes.subarray(span.from, to))
  if (text === undefined) return undefined
  return text.trim().slice(0, DETAILS_MAX).toWellFormed()
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Replaces the five entities and character references in place, which only makes them shorter. @returns the new end. */
function decodeEntities(bytes: Uint8Array, from: number, to: number): number | undefined {
  let out = from
  for (let at = from; at < to; ) {
    if (bytes[at] !== 0x26) {
      bytes[out++] = bytes[at++] as number
      continue
    }
    const end = indexOf(bytes, 0x3b, at, Math.min(to, at + 10))
    if (end === undefined) return undefined
    const character = characterOf(bytes, at + 1, end)
    if (character === undefined) return undefined
    // The shortest reference to a character, `&#x80;`, is longer than its UTF-8.
    out += writeUtf8(bytes, out, character)
    at = end + 1
  }
  return out
}

function characterOf(bytes: Uint8Array, from: number, to: number): number | undefined {
  const named = ENTITIES.find(({ name }) => name.length === to - from && startsWith(bytes, from, to, name))
  if (named !== undefined) return named.character
  if (bytes[from] !== 0x23) return undefined
  const hex = bytes[from + 1] === 0x78
  let value = 0
  let at = from + (hex ? 2 : 1)
  if (at >= to) return undefined
  for (; at < to; at++) {
    const c = bytes[at] as number
    const lower = c | 0x20
    const digit = c >= 0x30 && c <= 0x39 ? c - 0x30 : hex && lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
    if (digit < 0) return undefined
    value = value * (hex ? 16 : 10) + digit
  }
  const unusable = value === 0 || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)
  return unusable ? undefined : value
}

function writeUtf8(out: Uint8Array, at: number, c: number): number {
  if (c < 0x80) {
    out[at] = c
    return 1
  }
  const more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3
  out[at] = ((0xf0 << (3 - more)) & 0xff) | (c >> (6 * more))
  for (let i = 1; i <= more; i++) out[at + i] = 0x80 | ((c >> (6 * (more - i))) & 0x3f)
  return more + 1
}

const octets = (text: string) => Buffer.from(text, 'latin1')
const XML = octets('<?xml')
const VERSION = octets('version')
const ONE_NAUGHT = octets('1.0')
const ENCODING = octets('encoding')
const UTF_8 = octets('utf-8')
const DECLARATION_END = octets('?>')
const OUTCOME = octets('<outcome')
const VALUE = octets('value')
const DETAILS = octets('details')
const EMPTY_END = octets('/>')
const CLOSING = octets('</outcome')
const ACCEPTED = octets('accepted')
const DECLINED = octets('declined')
const ENTITIES = [
  { name: octets('amp'), character: 0x26 },
  { name: octets('lt'), character: 0x3c },
  { name: octets('gt'), character: 0x3e },
  { name: octets('quot'), character: 0x22 },
  { name: octets('apos'), character: 0x27 },
]

function isWord(bytes: Uint8Array, span: Span, word: Uint8Array): boolean {
  return span.to - span.from === word.length && startsWith(bytes, span.from, span.to, word)
}

function startsWith(bytes: Uint8Array, at: number, to: number, word: Uint8Array): boolean {
  if (at + word.length > to) return false
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false
  return true
}

function indexOf(bytes: Uint8Array, octet: number, from: number, to: number): number | undefined {
  for (let i = from; i < to; i++) if (bytes[i] === octet) return i
  return undefined
}

function skipSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && (bytes[at] === SPACE || bytes[at] === 0x09 || bytes[at] === 0x0d || bytes[at] === 0x0a)) at++
  return at
}

/** The byte order mark that some services put first. */
function skipMark(bytes: Uint8Array, from: number, to: number): number {
  return to - from >= 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf
    ? from + 3
    : from
}
