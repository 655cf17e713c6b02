/**
 * Patterns of digits: what a whole entry must be like, written by an administrator.
 *
 *   digits      5, [0-5], [159], [^0]
 *   sequence    12[0-9]
 *   alternation (10|20)[0-9]
 *   repetition  ? * + {3} {2,4}
 *
 * A pattern becomes a list of places, each with the digits that fit it and the places that may follow (Glushkov's automaton), and an entry
 * walks all of them at once: the time is linear in the entry's length whatever the pattern is, nothing goes back, and the digits are
 * looked at one by one, never as text. Which places were reached tells something of the entry, so that is overwritten before the answer is given.
 */

/** What is wrong with a pattern, and where: an index into its text. */
export type PatternFlaw = {
  readonly at: number
  readonly what: 'nothing-here' | 'not-closed' | 'not-opened' | 'not-a-digit' | 'bad-range' | 'bad-count' | 'too-large'
}

export type DigitPattern = {
  /** By place: the digits that fit, as bits 0 to 9. */
  readonly fits: Uint16Array
  /** By place: the places that may come next. */
  readonly follow: readonly (readonly number[])[]
  readonly first: readonly number[]
  readonly last: readonly number[]
  /** Whether an entry without a digit fits. */
  readonly empty: boolean
}

/** Digits of an entry, one at a time. */
export type Digits = { readonly count: number; keyAt(i: number): number }

const TEXT_MAX = 200
const PLACES_MAX = 500
const DEPTH_MAX = 20
/** Most times that a part may be wanted; no entry is longer. */
const COUNT_MAX = 40
const EVERY_DIGIT = 0x3ff

/** @returns the pattern, or what is wrong with its text. */
export function parseDigitPattern(text: string): DigitPattern | PatternFlaw {
  if (text.length > TEXT_MAX) return { at: TEXT_MAX, what: 'too-large' }
  const reader: Reader = { text, at: 0, depth: 0 }
  const node = readAlternatives(reader)
  if (isFlaw(node)) return node
  if (reader.at < text.length) return { at: reader.at, what: 'not-opened' }
  return placesIn(node) > PLACES_MAX ? { at: text.length, what: 'too-large' } : automatonOf(node)
}

/** @returns whether the whole entry is like the pattern. */
export function matchesPattern(pattern: DigitPattern, digits: Digits): boolean {
  const { fits, follow, first, last, empty } = pattern
  if (digits.count === 0) return empty
  const reached = [new Uint8Array(fits.length), new Uint8Array(fits.length)] as const
  for (let i = 0; i < digits.count; i++) {
    const from = reached[i % 2] as Uint8Array
    const to = reached[(i + 1) % 2] as Uint8Array
    to.fill(0)
    const bit = 1 << digits.keyAt(i)
    if (i === 0) reach(first, fits, bit, to)
    else
      for (let place = 0; place < from.length; place++) if (from[place] === 1) reach(follow[place] ?? [], fits, bit, to)
  }
  const end = reached[digits.count % 2] as Uint8Array
  const fitting = last.some((place) => end[place] === 1)
  for (const places of reached) places.fill(0)
  return fitting
}

function reach(places: readonly number[], fits: Uint16Array, bit: number, to: Uint8Array): void {
  for (const place of places) if (((fits[place] as number) & bit) !== 0) to[place] = 1
}

type Node =
  | { readonly is: 'digit'; readonly fits: number }
  | { readonly is: 'sequence' | 'choice'; readonly of: readonly Node[] }
  | { readonly is: 'repeat'; readonly of: Node; readonly min: number; readonly max: number }

type Reader = { readonly text: string; at: number; depth: number }

function isFlaw(value: object): value is PatternFlaw {
  return 'what' in value
}

function readAlternatives(reader: Reader): Node | PatternFlaw {
  const choices: Node[] = []
  do {
    const choice = readSequence(reader)
    if (isFlaw(choice)) return choice
    choices.push(choice)
  } while (take(reader, '|'))
  return choices.length === 1 ? (choices[0] as Node) : { is: 'choice', of: choices }
}

function readSequence(reader: Reader): Node | PatternFlaw {
  const parts: Node[] = []
  while (reader.at < reader.text.length && !'|)'.includes(reader.text[reader.at] as string)) {
    const atom = readAtom(reader)
    if (isFlaw(atom)) return atom
    const part = readRepetition(reader, atom)
    if (isFlaw(part)) return part
    parts.push(part)
  }
  return parts.length === 0 ? { at: reader.at, what: 'nothing-here' } : { is: 'sequence', of: parts }
}

function readAtom(reader: Reader): Node | PatternFlaw {
  const { at } = reader
  if (take(reader, '[')) return readClass(reader, at)
  if (!take(reader, '(')) {
    const digit = takeDigit(reader)
    return digit === undefined ? { at, what: 'not-a-digit' } : { is: 'digit', fits: 1 << digit }
  }
  if (reader.depth === DEPTH_MAX) return { at, what: 'too-large' }
  reader.depth++
  const group = readAlternatives(reader)
  reader.depth--
  if (isFlaw(group)) return group
  return take(reader, ')') ? group : { at, what: 'not-closed' }
}

function readClass(reader: Reader, opened: number): Node | PatternFlaw {
  const others = take(reader, '^')
  let fits = 0
  while (!take(reader, ']')) {
    const { at } = reader
    if (at === reader.text.length) return { at: opened, what: 'not-closed' }
    const from = takeDigit(reader)
    if (from === undefined) return { at, what: 'not-a-digit' }
    const to = take(reader, '-') ? takeDigit(reader) : from
    if (to === undefined || to < from) return { at, what: 'bad-range' }
    for (let digit = from; digit <= to; digit++) fits |= 1 << digit
  }
  if (others) fits = EVERY_DIGIT & ~fits
  return fits === 0 ? { at: opened, what: 'nothing-here' } : { is: 'digit', fits }
}

function readRepetition(reader: Reader, of: Node): Node | PatternFlaw {
  if (take(reader, '?')) return { is: 'repeat', of, min: 0, max: 1 }
  if (take(reader, '*')) return { is: 'repeat', of, min: 0, max: Number.POSITIVE_INFINITY }
  if (take(reader, '+')) return { is: 'repeat', of, min: 1, max: Number.POSITIVE_INFINITY }
  const { at } = reader
  if (!take(reader, '{')) return of
  const min = takeCount(reader)
  const max = take(reader, ',') ? takeCount(reader) : min
  if (min === undefined || max === undefined || max < min || max === 0) return { at, what: 'bad-count' }
  return take(reader, '}') ? { is: 'repeat', of, min, max } : { at, what: 'not-closed' }
}

function take(reader: Reader, sign: string): boolean {
  if (reader.text[reader.at] !== sign) return false
  reader.at++
  return true
}

function takeDigit(reader: Reader): number | undefined {
  const sign = reader.text[reader.at] ?? ''
  if (!/^[0-9]$/.test(sign)) return undefined
  reader.at++
  return Number(sign)
}

function takeCount(reader: Reader): number | undefined {
  let count = takeDigit(reader)
  for (let digit = count; digit !== undefined && count !== undefined; ) {
    digit = takeDigit(reader)
    if (digit !== undefined) count = count * 10 + digit
  }
  return count !== undefined && count <= COUNT_MAX ? count : undefined
}

/** Places of a part once its counted repetitions are written out. */
function placesIn(node: Node): number {
  switch (node.is) {
    case 'digit':
      return 1
    case 'repeat':
      return placesIn(node.of) * (Number.isFinite(node.max) ? node.max : Math.max(1, node.min))
    default:
      return node.of.reduce((sum, part) => sum + placesIn(part), 0)
  }
}

type Part = { readonly first: readonly number[]; readonly last: readonly number[]; readonly empty: boolean }
type Growing = { readonly fits: number[]; readonly follow: Set<number>[] }

const NOTHING: Part = { first: [], last: [], empty: true }

function automatonOf(node: Node): DigitPattern {
  const growing: Growing = { fits: [], follow: [] }
  const { first, last, empty } = grow(node, growing)
  const follow = growing.follow.map((places) => [...places])
  return { fits: Uint16Array.from(growing.fits), follow, first, last, empty }
}

function grow(node: Node, growing: Growing): Part {
  switch (node.is) {
    case 'digit': {
      const place = growing.fits.push(node.fits) - 1
      growing.follow.push(new Set())
      return { first: [place], last: [place], empty: false }
    }
    case 'sequence':
      return node.of.reduce((before, part) => joined(before, grow(part, growing), growing), NOTHING)
    case 'choice': {
      const parts = node.of.map((part) => grow(part, growing))
      return {
        first: parts.flatMap((part) => part.first),
        last: parts.flatMap((part) => part.last),
        empty: parts.some((part) => part.empty),
      }
    }
    case 'repeat':
      return grownTimes(node, growing)
  }
}

/** The wanted times one after the other, then those that may be left out; without a limit the last goes in a circle. */
function grownTimes({ of, min, max }: Extract<Node, { is: 'repeat' }>, growing: Growing): Part {
  const copies = Number.isFinite(max) ? max : Math.max(1, min)
  let all = NOTHING
  for (let copy = 1; copy <= copies; copy++) {
    const part = grow(of, growing)
    if (copy === copies && !Number.isFinite(max)) link(part.last, part.first, growing)
    all = joined(all, copy > min ? { ...part, empty: true } : part, growing)
  }
  return all
}

function joined(a: Part, b: Part, growing: Growing): Part {
  link(a.last, b.first, growing)
  return {
    first: a.empty ? [...a.first, ...b.first] : a.first,
    last: b.empty ? [...a.last, ...b.last] : b.last,
    empty: a.empty && b.empty,
  }
}

function link(from: readonly number[], to: readonly number[], { follow }: Growing): void {
  for (const place of from) for (const next of to) follow[place]?.add(next)
}
