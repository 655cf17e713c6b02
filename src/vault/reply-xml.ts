/**
 * The validation service's answer in XML, read over octets:
 *
 *   <?xml version="1.0" encoding='UTF-8'?>
 *   <outcome value="accepted" details="That number was good"/>
 *
 * One element, two attributes, the five entities of XML and nothing else: no document type, no comments, no character references but
 * to printable characters. The lenient form does without the declaration, and knows a third attribute, `reference`. Texts are decoded in
 * place. Whatever is not exactly this is no answer.
 */

import type { ReplyForm, ReplyParts } from './reply.ts'
import { TEXT_OCTETS_MAX } from './reply-text.ts'
import { indexOf, octets, type Span, skipSpace, startsWith, writeUtf8 } from './scan.ts'

/** Finds the parts of the answer at `bytes[from..to)`, which is overwritten on the way. @returns `undefined` when it is none. */
export function readXmlReply(bytes: Uint8Array, from: number, to: number, form: ReplyForm): ReplyParts | undefined {
  const start = afterDeclaration(bytes, from, to, form)
  if (start === undefined) return undefined
  const element = readElement(bytes, skipSpace(bytes, start, to), to, form)
  if (element?.value === undefined) return undefined
  const details = element.details === undefined ? NOTHING : decoded(bytes, element.details)
  const reference = element.reference === undefined ? NOTHING : decoded(bytes, element.reference)
  return details === undefined || reference === undefined ? undefined : { value: element.value, details, reference }
}

const NOTHING: Span = { from: 0, to: 0 }

function decoded(bytes: Uint8Array, { from, to }: Span): Span | undefined {
  if (to - from > TEXT_OCTETS_MAX) return undefined
  const end = decodeEntities(bytes, from, to)
  return end === undefined ? undefined : { from, to: end }
}

function afterDeclaration(bytes: Uint8Array, from: number, to: number, form: ReplyForm): number | undefined {
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

type Attributes = { value?: Span; details?: Span; reference?: Span }

/** `<outcome .../>` or `<outcome ...></outcome>`, then white space to the end. */
function readElement(bytes: Uint8Array, from: number, to: number, form: ReplyForm): Attributes | undefined {
  if (!startsWith(bytes, from, to, OUTCOME)) return undefined
  const attributes: Attributes = {}
  let at = from + OUTCOME.length
  for (;;) {
    const next = skipSpace(bytes, at, to)
    const known = NAMES.find(({ octets }) => startsWith(bytes, next, to, octets))
    if (known === undefined) {
      at = next
      break
    }
    const { name, octets } = known
    // The description knows no reference.
    if (next === at || attributes[name] !== undefined || (name === 'reference' && form === 'strict')) return undefined
    const quoted = readQuoted(bytes, next + octets.length, to)
    if (quoted === undefined) return undefined
    attributes[name] = quoted
    at = quoted.to + 1
  }
  const end = afterElement(bytes, at, to)
  return end === undefined || skipSpace(bytes, end, to) !== to ? undefined : attributes
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

const XML = octets('<?xml')
const VERSION = octets('version')
const ONE_NAUGHT = octets('1.0')
const ENCODING = octets('encoding')
const UTF_8 = octets('utf-8')
const DECLARATION_END = octets('?>')
const OUTCOME = octets('<outcome')
const VALUE = octets('value')
const DETAILS = octets('details')
const REFERENCE = octets('reference')
const NAMES = [
  { name: 'value', octets: VALUE },
  { name: 'details', octets: DETAILS },
  { name: 'reference', octets: REFERENCE },
] as const
const EMPTY_END = octets('/>')
const CLOSING = octets('</outcome')
const ENTITIES = [
  { name: octets('amp'), character: 0x26 },
  { name: octets('lt'), character: 0x3c },
  { name: octets('gt'), character: 0x3e },
  { name: octets('quot'), character: 0x22 },
  { name: octets('apos'), character: 0x27 },
]

/** The byte order mark that some services put first. */
function skipMark(bytes: Uint8Array, from: number, to: number): number {
  return to - from >= 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf
    ? from + 3
    : from
}
