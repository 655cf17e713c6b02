/**
 * Where the body of an HTTP reply lies (RFC 9112), found in place over octets as they come. One reply a connection; interim replies
 * (1xx) are stepped over, every status but 200 is a refusal, redirects included. Bodies end by length, by chunks, which are joined in
 * place, or by the end of the connection. HTTP/1.0 is understood; nothing here makes a string of the body.
 */

/** Most octets of a reply that are taken, head and all. */
export const REPLY_MAX = 65_536

/** What the head says the body is: by its media type, without parameters. */
export type BodyType = 'none' | 'xml' | 'json' | 'text' | 'other'

export type HttpBody =
  | { readonly at: 'more' }
  | { readonly at: 'whole'; readonly from: number; readonly to: number; readonly type: BodyType }
  | { readonly at: 'refused' }
  | { readonly at: 'bad' }

const MORE: HttpBody = { at: 'more' }
const BAD: HttpBody = { at: 'bad' }
const REFUSED: HttpBody = { at: 'refused' }
const CR = 0x0d
const LF = 0x0a
const HEAD_MAX = 16_384

/**
 * Looks at what has come so far. A chunked body is joined in place only once it is whole, so that it may be asked again and again.
 * @param ended the far end has closed its side.
 */
export function findBody(bytes: Uint8Array, length: number, ended: boolean): HttpBody {
  let from = 0
  for (;;) {
    const to = endOfHead(bytes, from, length)
    if (to === undefined) return ended || length - from > HEAD_MAX ? BAD : MORE
    const head = readHead(bytes, from, to)
    if (head === undefined) return BAD
    if (head.status >= 200) return head.status === 200 ? bodyOf(head, bytes, to, length, ended) : REFUSED
    // Switching protocols was not asked for.
    if (head.status === 101) return BAD
    from = to
  }
}

function endOfHead(bytes: Uint8Array, from: number, length: number): number | undefined {
  for (let i = from; i + 3 < length; i++) {
    if (bytes[i] === CR && bytes[i + 1] === LF && bytes[i + 2] === CR && bytes[i + 3] === LF) return i + 4
  }
  return undefined
}

type Head = {
  readonly status: number
  readonly size: number | undefined
  readonly chunked: boolean
  readonly type: BodyType
}

/** Reads the few lines that matter as octets: a service that puts the entry into a header makes no string of it here. */
function readHead(bytes: Uint8Array, from: number, to: number): Head | undefined {
  const statusEnd = endOfLine(bytes, from, to)
  const status = statusEnd === undefined ? undefined : readStatus(bytes, from, statusEnd)
  if (status === undefined || statusEnd === undefined) return undefined
  let size: number | undefined
  let chunked = false
  let type: BodyType = 'none'
  for (let at = statusEnd + 2; at < to - 2; ) {
    const line = endOfLine(bytes, at, to) ?? to
    const colon = endOfName(bytes, at, line)
    if (colon === undefined) return undefined
    const [valueFrom, valueTo] = trim(bytes, colon + 1, line)
    if (isWord(bytes, at, colon, 'content-length')) {
      const told = readDecimal(bytes, valueFrom, valueTo)
      // Two lengths that differ are how requests and replies are smuggled (RFC 9112 section 6.3).
      if (told === undefined || (size !== undefined && size !== told)) return undefined
      size = told
    } else if (isWord(bytes, at, colon, 'transfer-encoding')) {
      if (chunked || !isWord(bytes, valueFrom, valueTo, 'chunked')) return undefined
      chunked = true
    } else if (isWord(bytes, at, colon, 'content-type')) {
      if (type !== 'none') return undefined
      type = typeOf(bytes, valueFrom, valueTo)
    } else if (isWord(bytes, at, colon, 'content-encoding')) {
      // Nothing but plain text was asked for.
      if (!isWord(bytes, valueFrom, valueTo, 'identity')) return undefined
    }
    at = line + 2
  }
  return chunked && size !== undefined ? undefined : { status, size, chunked, type }
}

/** `HTTP/1.0` or `HTTP/1.1`, a space, three digits, and a reason that nobody reads. */
function readStatus(bytes: Uint8Array, from: number, to: number): number | undefined {
  const minor = bytes[from + 7]
  if (to - from < 12 || !isWord(bytes, from, from + 7, 'http/1.') || (minor !== 0x30 && minor !== 0x31))
    return undefined
  if (bytes[from + 8] !== 0x20 || (to - from > 12 && bytes[from + 12] !== 0x20)) return undefined
  const status = readDecimal(bytes, from + 9, from + 12)
  return status === undefined || status < 100 || status > 599 ? undefined : status
}

/** @returns where the colon is, behind a name of letters, digits and hyphens and the like (RFC 9110 section 5.6.2). */
function endOfName(bytes: Uint8Array, from: number, to: number): number | undefined {
  for (let i = from; i < to; i++) {
    const c = bytes[i] as number
    if (c === 0x3a) return i > from ? i : undefined
    if (c <= 0x20 || c >= 0x7f) return undefined
  }
  return undefined
}

function trim(bytes: Uint8Array, from: number, to: number): readonly [number, number] {
  let start = from
  let end = to
  while (start < end && (bytes[start] === 0x20 || bytes[start] === 0x09)) start++
  while (end > start && (bytes[end - 1] === 0x20 || bytes[end - 1] === 0x09)) end--
  return [start, end]
}

/** The kind of a media type (RFC 9110 section 8.3.1, RFC 6839): `application/problem+json` is JSON. */
function typeOf(bytes: Uint8Array, from: number, to: number): BodyType {
  const semicolon = bytes.subarray(from, to).indexOf(0x3b)
  const [, end] = trim(bytes, from, semicolon < 0 ? to : from + semicolon)
  const ends = (word: string) => isWord(bytes, end - word.length, end, word)
  const begins = (word: string) => isWord(bytes, from, from + word.length, word)
  if (ends('/xml') || ends('+xml')) return 'xml'
  if (begins('application/') && (ends('/json') || ends('+json'))) return 'json'
  return begins('text/') ? 'text' : 'other'
}

/** Whether these octets are the word, in any case. @param word in small letters. */
function isWord(bytes: Uint8Array, from: number, to: number, word: string): boolean {
  if (to - from !== word.length) return false
  for (let i = 0; i < word.length; i++) {
    const c = bytes[from + i] as number
    if ((c >= 0x41 && c <= 0x5a ? c | 0x20 : c) !== word.charCodeAt(i)) return false
  }
  return true
}

function readDecimal(bytes: Uint8Array, from: number, to: number): number | undefined {
  if (to <= from || to - from > 9) return undefined
  let value = 0
  for (let i = from; i < to; i++) {
    const c = bytes[i] as number
    if (c < 0x30 || c > 0x39) return undefined
    value = value * 10 + c - 0x30
  }
  return value
}

function bodyOf(head: Head, bytes: Uint8Array, from: number, length: number, ended: boolean): HttpBody {
  if (head.chunked) return joinChunks(head.type, bytes, from, length, ended)
  if (head.size === undefined) return ended ? { at: 'whole', from, to: length, type: head.type } : MORE
  if (head.size > REPLY_MAX) return BAD
  if (length - from >= head.size) return { at: 'whole', from, to: from + head.size, type: head.type }
  return ended ? BAD : MORE
}

/** Walks the chunks (RFC 9112 section 7.1); moves them together when the last one is there. */
function joinChunks(type: BodyType, bytes: Uint8Array, from: number, length: number, ended: boolean): HttpBody {
  const unfinished = ended ? BAD : MORE
  const pieces: number[] = []
  let at = from
  for (;;) {
    const line = endOfLine(bytes, at, length)
    if (line === undefined) return length - at > 32 ? BAD : unfinished
    const size = chunkSize(bytes, at, line)
    if (size === undefined) return BAD
    at = line + 2
    if (size === 0) break
    if (at + size + 2 > length) return size > REPLY_MAX ? BAD : unfinished
    if (bytes[at + size] !== CR || bytes[at + size + 1] !== LF) return BAD
    pieces.push(at, size)
    at += size + 2
  }
  // Trailers are stepped over; an empty line ends them.
  for (let line = endOfLine(bytes, at, length); line !== at; line = endOfLine(bytes, at, length)) {
    if (line === undefined) return unfinished
    at = line + 2
  }
  let to = from
  for (let i = 0; i < pieces.length; i += 2) {
    const [start = 0, size = 0] = pieces.slice(i, i + 2)
    bytes.copyWithin(to, start, start + size)
    to += size
  }
  return { at: 'whole', from, to, type }
}

function endOfLine(bytes: Uint8Array, from: number, length: number): number | undefined {
  for (let i = from; i + 1 < length; i++) if (bytes[i] === CR && bytes[i + 1] === LF) return i
  return undefined
}

/** A size in hexadecimal; extensions behind a semicolon are stepped over. */
function chunkSize(bytes: Uint8Array, from: number, to: number): number | undefined {
  let size = 0
  let i = from
  for (; i < to; i++) {
    const digit = hexDigit(bytes[i] as number)
    if (digit < 0) break
    size = size * 16 + digit
    if (i - from > 6) return undefined
  }
  const next = bytes[i]
  return i === from || (i < to && next !== 0x3b && next !== 0x20 && next !== 0x09) ? undefined : size
}

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30
  const lower = c | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1
}
