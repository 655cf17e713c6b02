/**
 * Octets to message (RFC 3261 section 7), in one pass over the header lines and without a grammar: a header's inside is read
 * when somebody asks for it. Works by length, so NUL and UTF-8 are ordinary octets. Never throws.
 *
 * A datagram that is recognisably a request but breaks a rule comes back as `refused` with the status it deserves and
 * whatever could be read of it, so that the answer can carry its Via; one that is not is `garbage` and gets no answer.
 * Limits are against one hostile packet that holds up the whole process.
 */

import { isToken, parseDigits } from './lexical.ts'
import { emptyHeaders, type Headers, type SipMessage, type SipRequest } from './message.ts'
import { MAX_URI } from './uri.ts'

export type Parsed =
  | { readonly kind: 'message'; readonly message: SipMessage }
  | { readonly kind: 'refused'; readonly status: number; readonly why: string; readonly request: SipRequest }
  | { readonly kind: 'garbage'; readonly why: string }

/** Octets of the start line and all headers. */
export const MAX_HEADER_BYTES = 16_384
/** Header lines. */
export const MAX_HEADER_LINES = 200

const SHORT_FORMS: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
}
const KNOWN = new Map<string, string>()
for (const name of [
  'Via',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Contact',
  'Max-Forwards',
  'Route',
  'Record-Route',
  'Content-Type',
  'Content-Length',
  'Allow',
  'Supported',
  'Require',
  'User-Agent',
  'Server',
  'Authorization',
  'Proxy-Authorization',
  'Expires',
  'Subject',
  'Accept',
  'Session-Expires',
  'Min-SE',
  'RSeq',
  'RAck',
  'Reason',
  'P-Asserted-Identity',
  'Retry-After',
  'Date',
  'Allow-Events',
]) {
  KNOWN.set(name, name.toLowerCase()).set(name.toLowerCase(), name.toLowerCase())
}
for (const [short, long] of Object.entries(SHORT_FORMS)) KNOWN.set(short, long).set(short.toUpperCase(), long)

/**
 * Reads one message.
 * @param bytes a whole datagram, or one message cut out of a stream by the framer.
 * @param framed whether a stream's framer has cut it, so that the length is already right.
 */
export function parseMessage(bytes: Uint8Array, framed = false): Parsed {
  const octets = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let start = 0
  while (octets[start] === 0x0d || octets[start] === 0x0a) start += 1
  if (start === octets.length) return { kind: 'garbage', why: 'empty' }
  const gap = octets.indexOf('\r\n\r\n', start, 'latin1')
  const headerEnd = gap < 0 ? octets.length : gap
  const tooLong = headerEnd - start > MAX_HEADER_BYTES
  const text = octets.toString('latin1', start, tooLong ? start + MAX_HEADER_BYTES : headerEnd)
  const lineEnd = text.indexOf('\r\n')
  const startLine = lineEnd < 0 ? text : text.slice(0, lineEnd)
  const rest = gap < 0 ? octets.subarray(octets.length) : octets.subarray(gap + 4)

  const headers = emptyHeaders(rest)
  const fault = lineEnd < 0 ? 'no headers' : readHeaders(text, lineEnd + 2, headers)
  const length = tooLong || gap < 0 ? rest.length : bodyLength(headers, rest.length, framed)
  const whole =
    length === undefined || length === rest.length ? headers : { ...headers, body: rest.subarray(0, length) }

  if (/^SIP\//i.test(startLine)) {
    const status = /^SIP\/2\.0 ([1-6]\d\d)(?: |$)/i.exec(startLine)?.[1]
    if (status === undefined || fault !== undefined || length === undefined || tooLong || gap < 0)
      return { kind: 'garbage', why: 'bad response' }
    return { kind: 'message', message: { kind: 'response', status: Number(status), ...whole } }
  }
  return judgeRequest(startLine, whole, { fault, tooLong, unended: gap < 0, badLength: length === undefined })
}

type Faults = {
  readonly fault: string | undefined
  readonly tooLong: boolean
  readonly unended: boolean
  readonly badLength: boolean
}

function judgeRequest(startLine: string, headers: Headers, faults: Faults): Parsed {
  const pieces = startLine.split(' ')
  const method = pieces[0] ?? ''
  const version = pieces.at(-1) ?? ''
  if (!isToken(method) || pieces.length < 2) return { kind: 'garbage', why: 'bad start line' }
  const request: SipRequest = { kind: 'request', method, uri: pieces.slice(1, -1).join(' '), ...headers }
  const refused = (status: number, why: string): Parsed => ({ kind: 'refused', status, why, request })
  if (faults.tooLong) return refused(513, 'headers too long')
  const numbered = /^SIP\/(\d+)\.(\d+)$/i.exec(version)
  if (numbered === null) return refused(400, 'bad request line')
  if (numbered[1] !== '2' || numbered[2] !== '0') return refused(505, 'version')
  if (pieces.length !== 3 || pieces[1] === '') return refused(400, 'bad request line')
  if (request.uri.length > MAX_URI) return refused(414, 'uri too long')
  if (faults.unended) return refused(400, 'no end of headers')
  if (faults.fault !== undefined) return refused(400, faults.fault)
  if (faults.badLength) return refused(400, 'bad content length')
  return { kind: 'message', message: request }
}

/** Fills names and values. @returns the first fault, having read on past it. */
function readHeaders(text: string, start: number, into: Headers): string | undefined {
  let fault: string | undefined
  let at = start
  while (at < text.length) {
    let end = text.indexOf('\r\n', at)
    if (end < 0) end = text.length
    let next = end + 2
    let folded: string[] | undefined
    while (next < text.length && (text.charCodeAt(next) === 0x20 || text.charCodeAt(next) === 0x09)) {
      let foldEnd = text.indexOf('\r\n', next)
      if (foldEnd < 0) foldEnd = text.length
      folded ??= []
      folded.push(text.slice(next, foldEnd).trim())
      next = foldEnd + 2
    }
    const colon = text.indexOf(':', at)
    const name = colon < 0 || colon >= end ? '' : text.slice(at, colon)
    const known = KNOWN.get(name) ?? longName(name)
    if (known === undefined) fault ??= 'bad header line'
    else {
      const value = text.slice(colon + 1, end).trim()
      into.names.push(known)
      into.values.push(folded === undefined ? value : [value, ...folded].join(' ').trim())
      if (into.names.length > MAX_HEADER_LINES) return fault ?? 'too many headers'
    }
    at = next
  }
  return fault
}

/** @returns the lower-case long name, or `undefined` when it is none. White space before the colon is allowed. */
function longName(name: string): string | undefined {
  const trimmed = name.trimEnd()
  if (!isToken(trimmed)) return undefined
  return KNOWN.get(trimmed) ?? KNOWN.get(trimmed.toLowerCase()) ?? trimmed.toLowerCase()
}

/** @returns octets of the body; a datagram may be longer than it says but not shorter (RFC 3261 section 18.3). */
function bodyLength(headers: Headers, available: number, framed: boolean): number | undefined {
  let length: number | undefined
  for (let i = 0; i < headers.names.length; i += 1) {
    if (headers.names[i] !== 'content-length') continue
    const value = parseDigits(headers.values[i] ?? '', 2 ** 31)
    if (value === undefined || (length !== undefined && length !== value)) return undefined
    length = value
  }
  if (length === undefined) return framed ? 0 : available
  return length > available ? undefined : length
}
