/**
 * Via (RFC 3261 section 20.42) with `received` and `rport` (RFC 3581): who sent a request, and where its response goes.
 * `maddr` is read by nobody here: a response goes to the address that the request came from, never to one it names.
 */

import { type Params, paramOf, parseParams, splitList } from './lexical.ts'
import type { SipTransport } from './session.ts'
import { parseHostPort, writeHost } from './uri.ts'

export type Via = {
  /** `2.0`, or what the sender of another version says: its 505 needs a way back (RFC 4475 section 3.1.2.16). */
  readonly version: string
  /** Upper case: UDP, TCP, TLS, WS, WSS, or whatever it says. */
  readonly transport: string
  /** Lower case, no brackets. */
  readonly host: string
  readonly port: number | undefined
  /** Empty when there is none. */
  readonly branch: string
  readonly params: Params
}

/** Every branch of RFC 3261 begins with this; one without it comes from an RFC 2543 peer. */
export const MAGIC_COOKIE = 'z9hG4bK'

/** @returns the parts of one Via value, or `undefined`. White space is allowed around every sign. */
export function parseVia(value: string): Via | undefined {
  const text = singleSpaced(value)
  const match =
    /^\s*([^\s/]+)\s*\/\s*([^\s/]+)\s*\/\s*([^\s/;]+)\s+(\[[^\]]*\]\s*(?::\s*\d+)?|[^\s;:]+\s*(?::\s*\d+)?)\s*(?=;|$)/.exec(
      text,
    )
  if (match === null) return undefined
  const [whole, protocol, version, transport, sentBy] = match
  if (protocol?.toUpperCase() !== 'SIP' || version === undefined || !/^\d{1,3}\.\d{1,3}$/.test(version))
    return undefined
  if (transport === undefined || sentBy === undefined) return undefined
  const hostPort = parseHostPort(sentBy.replace(/\s+/g, ''))
  const params = parseParams(text, whole.length)
  if (hostPort === undefined || params === undefined) return undefined
  return {
    version,
    transport: transport.toUpperCase(),
    host: hostPort.host,
    port: hostPort.port,
    branch: paramOf(params, 'branch') ?? '',
    params,
  }
}

/**
 * @returns what can be read of a Via whose parameters cannot: enough for a 400 to find its way back (RFC 4475 section 3.1.2.1), or
 * `undefined`.
 */
export function parseBrokenVia(value: string): Via | undefined {
  return parseVia(value.split(/[;,]/, 1)[0] ?? '')
}

/**
 * Marks the topmost Via value with the address it really came from (RFC 3261 section 18.2.1, RFC 3581 section 4).
 * @param value the first Via header, which may hold a list. @returns the new header value.
 */
export function markReceived(value: string, via: Via, address: string, port: number): string {
  const wantsPort = paramOf(via.params, 'rport') !== undefined
  if (!wantsPort && via.host === address) return value
  const elements = splitList(singleSpaced(value))
  const first = elements?.[0]
  if (elements === undefined || first === undefined) return value
  let marked = first.replace(/\s*;\s*received\s*=\s*[^;\s]*/gi, '')
  if (wantsPort) marked = marked.replace(/;\s*rport\b\s*(?:=\s*\d*)?/i, `;rport=${port}`)
  return [`${marked};received=${address}`, ...elements.slice(1)].join(', ')
}

/** @returns the port a UDP response goes to: the source port when `rport` was asked for, else the one of the Via. */
export function responsePort(via: Via, sourcePort: number): number {
  return paramOf(via.params, 'rport') === undefined ? (via.port ?? 5060) : sourcePort
}

/**
 * @returns our own Via value. Over TLS it says that what is sent to us may come over the same connection (RFC 5923 section 5): we listen on every one.
 */
export function writeVia(transport: SipTransport, host: string, port: number, branch: string): string {
  return `SIP/2.0/${transport.toUpperCase()} ${writeHost(host)}:${port};branch=${branch};rport${transport === 'tls' ? ';alias' : ''}`
}

/** Runs of white space, lone line ends among them, become one space, so that no pattern above can be made to try them in every combination. */
function singleSpaced(text: string): string {
  return /\s{2}|[^\S ]/.test(text) ? text.replace(/\s+/g, ' ') : text
}
