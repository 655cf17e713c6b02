/**
 * Cuts a TCP stream into SIP messages by Content-Length (RFC 3261 section 18.3) and answers keep-alives (RFC 5626 section 4.4.1:
 * CRLF CRLF is a ping, CRLF the pong). Once framing is lost there is no way to find the next message, so the stream ends.
 *
 * The octets of a message are handed over in a buffer that nobody else holds, so that digits in it can be blanked; what was
 * copied is zero-filled behind it.
 */

import { startOf } from './info-cut.ts'
import { parseDigits } from './lexical.ts'
import { MAX_HEADER_BYTES } from './parse-message.ts'
import { blankSubject, isText } from './subject.ts'

/** Octets of one body on a stream. */
export const MAX_BODY_BYTES = 65_536

type Broken = 'no-start' | 'no-length' | 'bad-length' | 'too-large'

export type Framed =
  | { readonly type: 'message'; readonly octets: Buffer }
  | { readonly type: 'ping' }
  /** The stream cannot be framed any more. `head` is what there is of the message that broke it. */
  | { readonly type: 'broken'; readonly why: Broken; readonly head: Buffer }

export type Framer = {
  /** Takes what arrived. @returns what it completed, in order. Nothing is returned after `broken`. */
  push(chunk: Buffer): Framed[]
  /** Octets that wait for the rest of their message. */
  readonly waiting: number
  /** Overwrites what waits: the stream has ended. */
  close(): void
}

const EMPTY = Buffer.alloc(0)
const [CR, LF] = [0x0d, 0x0a]

/** One stream's framer. */
export function createFramer(): Framer {
  let rest: Buffer = EMPTY
  let broken = false
  /** Where to go on looking for the empty line: never scan the same octets twice. */
  let scanned = 0
  let wanted = 0

  const breakOff = (why: Broken, into: Framed[]): Framed[] => {
    broken = true
    if (!hasStart(rest)) rest.fill(0)
    into.push({ type: 'broken', why, head: rest })
    rest = EMPTY
    return into
  }

  return {
    get waiting() {
      return rest.length
    },
    close() {
      broken = true
      rest.fill(0)
      rest = EMPTY
    },
    push(chunk) {
      const found: Framed[] = []
      if (broken) return found
      rest = joined(rest, chunk)
      if (rest.length < wanted) return found
      for (;;) {
        const blanks = leadingBlanks(rest)
        if (blanks >= 4) found.push({ type: 'ping' })
        // A lone CRLF may be half a ping, and a lone CR half of that: they are kept until the rest or a message comes.
        const isAll = blanks === rest.length || (blanks + 1 === rest.length && rest[blanks] === CR)
        const skip = blanks >= 4 || !isAll ? blanks : 0
        if (skip > 0) {
          rest = rest.subarray(skip)
          scanned = 0
        }
        if (isAll) return found
        const gap = rest.indexOf('\r\n\r\n', Math.max(0, scanned - 3), 'latin1')
        if (gap < 0) {
          scanned = rest.length
          wanted = 0
          // Of the empty line that ends headers of the greatest length three octets may be here.
          return rest.length > MAX_HEADER_BYTES + 3 ? breakOff('too-large', found) : found
        }
        if (gap > MAX_HEADER_BYTES) return breakOff('too-large', found)
        // What follows a body that was longer than its length may be the rest of a key: it is not to become text.
        if (!hasStart(rest)) return breakOff('no-start', found)
        // Its headers become a string here.
        if (isText(rest, startOf(rest))) blankSubject(rest.subarray(0, gap))
        const length = contentLength(rest, gap)
        if (typeof length === 'string') return breakOff(length, found)
        if (length > MAX_BODY_BYTES) return breakOff('too-large', found)
        wanted = gap + 4 + length
        if (rest.length < wanted) {
          scanned = gap
          return found
        }
        found.push({ type: 'message', octets: rest.subarray(0, wanted) })
        rest = rest.subarray(wanted)
        scanned = 0
        wanted = 0
      }
    },
  }
}

/** @returns both in one piece of memory, having zero-filled what was copied. */
export function joined(before: Buffer, chunk: Buffer): Buffer {
  if (before.length === 0) return chunk
  const both = Buffer.concat([before, chunk])
  before.fill(0)
  chunk.fill(0)
  return both
}

/** @returns whether the first line is that of a SIP message, as far as one word can say. */
function hasStart(octets: Buffer): boolean {
  const at = octets.indexOf('SIP/', 0, 'latin1')
  return at >= 0 && at < octets.indexOf('\r\n', 0, 'latin1')
}

/** @returns how many octets of whole CRLFs it begins with. */
function leadingBlanks(octets: Buffer): number {
  let count = 0
  while (count + 1 < octets.length && octets[count] === CR && octets[count + 1] === LF) count += 2
  return count
}

/** Content-Length must stand there on a stream (RFC 3261 section 20.14); twice is as bad as never. */
function contentLength(octets: Buffer, gap: number): number | 'no-length' | 'bad-length' {
  const headers = octets.toString('latin1', 0, gap)
  const lines = headers.match(/\r\n(?:content-length|l)[\t ]*:[^\r]*/gi)
  if (lines === null) return 'no-length'
  let length: number | undefined
  for (const line of lines) {
    const value = parseDigits(line.slice(line.indexOf(':') + 1).trim(), 2 ** 31)
    if (value === undefined || (length !== undefined && length !== value)) return 'bad-length'
    length = value
  }
  return length ?? 'no-length'
}
