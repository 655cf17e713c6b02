/**
 * The validation service's answer in JSON (RFC 8259), read over octets:
 *
 *   {"value":"accepted","details":"That number was good","reference":"A-4711"}
 *
 * One object of texts; `details` and `reference` may be left out, members come in any order, none comes twice. The strict form takes no
 * other member; the lenient form steps over others, down to a certain depth. Names and the value are compared as they stand, so that no
 * escape hides one. Texts are decoded in place. Whatever is not exactly this is no answer.
 */

import type { ReplyForm, ReplyParts } from './reply.ts'
import { TEXT_OCTETS_MAX } from './reply-text.ts'
import { indexOf, isWord, octets, type Span, skipSpace, startsWith, writeUtf8 } from './scan.ts'

/** How deep a member that nobody knows may go. */
const DEPTH_MAX = 8

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const CLOSING_BRACE = 0x7d
const SPACE = 0x20
const NOTHING: Span = { from: 0, to: 0 }

type Members = { value?: Span; details?: Span; reference?: Span }

/** Finds the parts of the answer at `bytes[from..to)`, which is overwritten on the way. @returns `undefined` when it is none. */
export function readJsonReply(bytes: Uint8Array, from: number, to: number, form: ReplyForm): ReplyParts | undefined {
  const members: Members = {}
  let strange = false
  const end = walkObject(bytes, skipSpace(bytes, from, to), to, (name, at) => {
    const known = NAMES.find(({ octets }) => isWord(bytes, name, octets))
    const text = known === undefined ? undefined : stringAt(bytes, at, to)
    const hidden = indexOf(bytes, BACKSLASH, name.from, name.to) !== undefined
    strange ||= hidden || (known === undefined ? form === 'strict' : text === undefined)
    if (known === undefined) return skipValue(bytes, at, to, 1)
    strange ||= members[known.name] !== undefined
    members[known.name] = text ?? NOTHING
    return text === undefined ? undefined : text.to + 1
  })
  if (end === undefined || strange || skipSpace(bytes, end, to) !== to || members.value === undefined) return undefined
  const details = decoded(bytes, members.details ?? NOTHING)
  const reference = decoded(bytes, members.reference ?? NOTHING)
  return details === undefined || reference === undefined ? undefined : { value: members.value, details, reference }
}

/**
 * Walks an object. @param onMember is given a member's name and where its value begins, and says where that ends.
 * @returns where the object ends, or `undefined` when it is none.
 */
function walkObject(
  bytes: Uint8Array,
  from: number,
  to: number,
  onMember: (name: Span, at: number) => number | undefined,
): number | undefined {
  return walkList(bytes, from, to, OBJECT, (at) => {
    const name = stringAt(bytes, at, to)
    if (name === undefined) return undefined
    const colon = skipSpace(bytes, name.to + 1, to)
    if (colon >= to || bytes[colon] !== COLON) return undefined
    return onMember(name, skipSpace(bytes, colon + 1, to))
  })
}

/** Walks what stands between brackets, with commas between. @returns where it ends. */
function walkList(
  bytes: Uint8Array,
  from: number,
  to: number,
  [open, close]: readonly [number, number],
  onItem: (at: number) => number | undefined,
): number | undefined {
  if (from >= to || bytes[from] !== open) return undefined
  let at = skipSpace(bytes, from + 1, to)
  if (at < to && bytes[at] === close) return at + 1
  for (;;) {
    const end = onItem(at)
    if (end === undefined) return undefined
    at = skipSpace(bytes, end, to)
    if (at >= to) return undefined
    if (bytes[at] === close) return at + 1
    if (bytes[at] !== COMMA) return undefined
    at = skipSpace(bytes, at + 1, to)
  }
}

const OBJECT = [0x7b, CLOSING_BRACE] as const
const ARRAY = [0x5b, 0x5d] as const

/** Steps over a value of any kind. @returns where it ends. */
function skipValue(bytes: Uint8Array, from: number, to: number, depth: number): number | undefined {
  if (from >= to || depth > DEPTH_MAX) return undefined
  const within = (at: number) => skipValue(bytes, at, to, depth + 1)
  if (bytes[from] === OBJECT[0]) return walkObject(bytes, from, to, (_, at) => within(at))
  if (bytes[from] === ARRAY[0]) return walkList(bytes, from, to, ARRAY, within)
  if (bytes[from] === QUOTE) {
    const text = stringAt(bytes, from, to)
    return text === undefined ? undefined : text.to + 1
  }
  const word = WORDS.find((each) => startsWith(bytes, from, to, each))
  return word === undefined ? skipNumber(bytes, from, to) : from + word.length
}

/** A number as section 6 of the standard writes it. */
function skipNumber(bytes: Uint8Array, from: number, to: number): number | undefined {
  let at = from
  const digits = (): boolean => {
    const start = at
    while (at < to && isDigit(bytes[at] as number)) at++
    return at > start
  }
  if (bytes[at] === 0x2d) at++
  const zero = bytes[at] === 0x30
  const whole = at
  if (!digits() || (zero && at > whole + 1)) return undefined
  if (at < to && bytes[at] === 0x2e) {
    at++
    if (!digits()) return undefined
  }
  if (at < to && ((bytes[at] as number) | 0x20) === 0x65) {
    at++
    if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++
    if (!digits()) return undefined
  }
  return at
}

/** @returns what is between the quotes, when a text begins here and every escape in it is one. */
function stringAt(bytes: Uint8Array, from: number, to: number): Span | undefined {
  if (from >= to || bytes[from] !== QUOTE) return undefined
  for (let at = from + 1; at < to; at++) {
    const c = bytes[at] as number
    if (c === QUOTE) return { from: from + 1, to: at }
    if (c < SPACE) return undefined
    if (c !== BACKSLASH) continue
    const size = escapeSize(bytes, at, to)
    if (size === undefined) return undefined
    at += size - 1
  }
  return undefined
}

/** Octets of the escape at a backslash. */
function escapeSize(bytes: Uint8Array, at: number, to: number): number | undefined {
  const next = at + 1 < to ? bytes[at + 1] : undefined
  if (next === 0x75) return hexAt(bytes, at + 2, to) === undefined ? undefined : 6
  return ESCAPES.some(([letter]) => letter === next) ? 2 : undefined
}

/** Replaces escapes in place, which only makes them shorter. */
function decoded(bytes: Uint8Array, { from, to }: Span): Span | undefined {
  if (to - from > TEXT_OCTETS_MAX) return undefined
  let out = from
  for (let at = from; at < to; ) {
    if (bytes[at] !== BACKSLASH) {
      bytes[out++] = bytes[at++] as number
      continue
    }
    const found = escapeAt(bytes, at, to)
    if (found === undefined) return undefined
    out += writeUtf8(bytes, out, found.character)
    at += found.size
  }
  return { from, to: out }
}

function escapeAt(bytes: Uint8Array, at: number, to: number): { character: number; size: number } | undefined {
  if (bytes[at + 1] !== 0x75) {
    const character = ESCAPES.find(([letter]) => letter === bytes[at + 1])?.[1]
    return character === undefined ? undefined : { character, size: 2 }
  }
  const unit = hexAt(bytes, at + 2, to)
  if (unit === undefined || (unit >= 0xdc00 && unit <= 0xdfff)) return undefined
  if (unit < 0xd800 || unit > 0xdfff) return { character: unit, size: 6 }
  const low = bytes[at + 6] === BACKSLASH && bytes[at + 7] === 0x75 ? hexAt(bytes, at + 8, to) : undefined
  if (low === undefined || low < 0xdc00 || low > 0xdfff) return undefined
  return { character: 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), size: 12 }
}

function hexAt(bytes: Uint8Array, from: number, to: number): number | undefined {
  if (from + 4 > to) return undefined
  let value = 0
  for (let i = from; i < from + 4; i++) {
    const c = bytes[i] as number
    const lower = c | 0x20
    const digit = isDigit(c) ? c - 0x30 : lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
    if (digit < 0) return undefined
    value = value * 16 + digit
  }
  return value
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39
}

const NAMES = [
  { name: 'value', octets: octets('value') },
  { name: 'details', octets: octets('details') },
  { name: 'reference', octets: octets('reference') },
] as const
const WORDS = [octets('true'), octets('false'), octets('null')]
/** The letter behind a backslash, and the character. */
const ESCAPES = [
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
] as const
