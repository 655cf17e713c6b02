/**
 * A SIP message as it was received: start line, headers in their order, body. Headers are strings until somebody asks for
 * one by its getter; what a getter found is kept beside the message. A getter gives `undefined` for absent and for
 * malformed alike; the gatekeeper has refused requests in which that matters before anybody else looks.
 */

import { paramOf, parseDigits, splitList } from './lexical.ts'
import { type NameAddr, parseNameAddr, parseNameAddrList } from './name-addr.ts'
import { parseUri, type Uri } from './uri.ts'
import { parseVia, type Via } from './via.ts'

export type Headers = {
  /** Lower case, long form; `names[i]` belongs to `values[i]`. */
  readonly names: string[]
  /** Unfolded and trimmed, one character per octet. */
  readonly values: string[]
  readonly body: Uint8Array
  /** What the getters below have found so far. */
  readonly memo: Memo
}

export type SipRequest = Headers & {
  readonly kind: 'request'
  /** As received: methods are case-sensitive. */
  readonly method: string
  readonly uri: string
}

export type SipResponse = Headers & {
  readonly kind: 'response'
  readonly status: number
}

export type SipMessage = SipRequest | SipResponse

export type CSeq = { readonly number: number; readonly method: string }

export type Memo = {
  from?: NameAddr | undefined
  to?: NameAddr | undefined
  via?: Via | undefined
  cseq?: CSeq | undefined
  contact?: NameAddr | undefined
  requestUri?: Uri | undefined
}

/** RFC 3261 section 8.1.1.5: less than 2^31. */
const MAX_CSEQ = 2 ** 31 - 1
const EMPTY = new Uint8Array(0)

/** @returns the first value of a header, by its lower-case long name. */
export function headerOf(message: Headers, name: string): string | undefined {
  const at = message.names.indexOf(name)
  return at < 0 ? undefined : message.values[at]
}

/** @returns how often a header line stands in the message. */
export function countOf(message: Headers, name: string): number {
  let count = 0
  for (const each of message.names) if (each === name) count += 1
  return count
}

/** @returns every value of a list header over all its lines; `undefined` when one line is malformed. Absent gives []. */
export function listOf(message: Headers, name: string): string[] | undefined {
  let list: string[] = []
  for (let i = 0; i < message.names.length; i += 1) {
    if (message.names[i] !== name) continue
    const elements = splitList(message.values[i] ?? '')
    if (elements === undefined) return undefined
    list = list.length === 0 ? elements : list.concat(elements)
  }
  return list
}

/** @returns whether a header of tokens (Require, Supported, Allow) lists this one; case does not matter. */
export function lists(message: Headers, name: string, token: string): boolean {
  const wanted = token.toLowerCase()
  return listOf(message, name)?.some((each) => each.toLowerCase() === wanted) ?? false
}

export function fromOf(message: Headers): NameAddr | undefined {
  message.memo.from ??= parsed(message, 'from', parseNameAddr)
  return message.memo.from
}

export function toOf(message: Headers): NameAddr | undefined {
  message.memo.to ??= parsed(message, 'to', parseNameAddr)
  return message.memo.to
}

/** The topmost Via. */
export function viaOf(message: Headers): Via | undefined {
  message.memo.via ??= parsed(message, 'via', (value) => {
    const first = value.includes(',') ? splitList(value)?.[0] : value
    return first === undefined ? undefined : parseVia(first)
  })
  return message.memo.via
}

export function cseqOf(message: Headers): CSeq | undefined {
  message.memo.cseq ??= parsed(message, 'cseq', parseCSeq)
  return message.memo.cseq
}

/** The first Contact; `*` is none. */
export function contactOf(message: Headers): NameAddr | undefined {
  message.memo.contact ??= parsed(message, 'contact', (value) => parseNameAddrList(value)?.[0])
  return message.memo.contact
}

/** @returns the URIs of every Contact, those of the highest `q` first (RFC 3261 section 8.1.3.4); none when a line is malformed. */
export function contactsOf(message: Headers): string[] {
  const all: { readonly uri: string; readonly q: number }[] = []
  for (let i = 0; i < message.names.length; i += 1) {
    if (message.names[i] !== 'contact') continue
    const list = parseNameAddrList(message.values[i] ?? '')
    if (list === undefined) return []
    for (const { uri, params } of list) {
      const q = Number(paramOf(params, 'q') ?? 1)
      all.push({ uri, q: q >= 0 && q <= 1 ? q : 0 })
    }
  }
  return all.toSorted((a, b) => b.q - a.q).map(({ uri }) => uri)
}

export function requestUriOf(request: SipRequest): Uri | undefined {
  request.memo.requestUri ??= parseUri(request.uri)
  return request.memo.requestUri
}

/** Empty when absent; the gatekeeper lets no such request pass. */
export function callIdOf(message: Headers): string {
  return headerOf(message, 'call-id') ?? ''
}

/** @returns the URIs of Route or Record-Route with their brackets and parameters, in order; `undefined` when malformed. */
export function routesOf(message: Headers, name: 'route' | 'record-route'): string[] | undefined {
  const list = listOf(message, name)
  return list?.every((each) => parseNameAddr(each) !== undefined) ? list : undefined
}

/** @returns the media type of the body in lower case without parameters, empty when there is no body. */
export function contentTypeOf(message: Headers): string {
  if (message.body.length === 0) return ''
  return (headerOf(message, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** @returns the SDP in the body as text, also out of a multipart body; `undefined` when there is none. */
export function sdpOf(message: Headers): string | undefined {
  const type = contentTypeOf(message)
  if (type === 'application/sdp')
    return Buffer.from(message.body.buffer, message.body.byteOffset, message.body.length).toString('utf8')
  return type.startsWith('multipart/') ? sdpPart(message) : undefined
}

/** An empty set of headers with a body, to fill. */
export function emptyHeaders(body: Uint8Array = EMPTY): Headers {
  return { names: [], values: [], body, memo: {} }
}

function parseCSeq(value: string): CSeq | undefined {
  const match = /^(\d{1,10})[\t ]+([^\s]+)$/.exec(value)
  const number = parseDigits(match?.[1] ?? '', MAX_CSEQ)
  const method = match?.[2]
  return number === undefined || method === undefined ? undefined : { number, method }
}

function parsed<T>(message: Headers, name: string, parse: (value: string) => T | undefined): T | undefined {
  const value = headerOf(message, name)
  return value === undefined ? undefined : parse(value)
}

/** The first application/sdp part of a multipart body (RFC 2046 section 5.1); nested multiparts are not entered. */
function sdpPart(message: Headers): string | undefined {
  const boundary = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(
    (headerOf(message, 'content-type') ?? '').slice(0, 512),
  )
  const mark = boundary?.[1] ?? boundary?.[2]
  if (mark === undefined) return undefined
  const text = Buffer.from(message.body.buffer, message.body.byteOffset, message.body.length).toString('utf8')
  const parts = text.split(`--${mark}`, 17).slice(1)
  for (const part of parts) {
    const gap = part.indexOf('\r\n\r\n')
    if (gap < 0 || part.startsWith('--')) continue
    if (!/\r\ncontent-type[\t ]*:[\t ]*application\/sdp/i.test(part.slice(0, gap))) continue
    return part.slice(gap + 4).replace(/\r\n$/, '\r\n')
  }
  return undefined
}
