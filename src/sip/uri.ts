/**
 * URIs of SIP (RFC 3261 section 19.1, RFC 3966 for `tel:`). User and parameters stay escaped as they came, because escaping anew
 * breaks number portability (`;npdi;rn=`); only `userOf` unescapes. Other schemes are recognised, not understood.
 */

import { isIPv4, isIPv6 } from 'node:net'
import { fromWire, type Params, paramOf, parseDigits, parseParams, toWire, withoutControls } from './lexical.ts'
import type { SipParty } from './session.ts'

export type Uri = {
  /** Lower case. */
  readonly scheme: string
  /** As received, escapes and all; empty when there is none. For `tel:` the number; for other schemes the rest. */
  readonly user: string
  /** Lower case, IPv6 without brackets; empty when the scheme is not `sip` or `sips`. */
  readonly host: string
  readonly port: number | undefined
  readonly params: Params
  /** What follows `?`, raw; undefined when there is none. */
  readonly headers: string | undefined
}

/** Longer URIs are refused with 414. */
export const MAX_URI = 4096

const NO_PARAMS: Params = []

/** @returns the parts of a URI, or `undefined` when it is none. Unknown schemes are a value: the caller answers 416. */
export function parseUri(text: string): Uri | undefined {
  const colon = text.indexOf(':')
  if (colon <= 0 || text.length > MAX_URI) return undefined
  const scheme = text.slice(0, colon).toLowerCase()
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) return undefined
  if (/[\s<>"]/.test(text)) return undefined
  const rest = text.slice(colon + 1)
  if (scheme === 'sip' || scheme === 'sips') return parseSip(scheme, rest)
  if (rest === '') return undefined
  if (scheme !== 'tel') return { scheme, user: rest, host: '', port: undefined, params: NO_PARAMS, headers: undefined }
  const semicolon = rest.indexOf(';')
  const params = semicolon < 0 ? NO_PARAMS : parseParams(rest, semicolon)
  if (params === undefined) return undefined
  return {
    scheme,
    user: semicolon < 0 ? rest : rest.slice(0, semicolon),
    host: '',
    port: undefined,
    params,
    headers: undefined,
  }
}

/** @returns host and port of `host[:port]`, IPv6 in brackets, or `undefined`. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
  let host = text
  let after = ''
  if (text.startsWith('[')) {
    const close = text.indexOf(']')
    // Three colons in a row are a slip of RFC 3261's own grammar and must be borne (RFC 5118 section 4.10).
    if (close < 0 || !/^[0-9a-fA-F:.]+$/.test(text.slice(1, close))) return undefined
    host = text.slice(1, close)
    after = text.slice(close + 1)
  } else {
    const colon = text.indexOf(':')
    if (colon >= 0) {
      host = text.slice(0, colon)
      after = text.slice(colon)
    }
    if (!/^[A-Za-z0-9._-]+$/.test(host) || host.length > 255) return undefined
  }
  if (after === '') return { host: host.toLowerCase(), port: undefined }
  if (!after.startsWith(':')) return undefined
  const port = parseDigits(after.slice(1).trim(), 65_535)
  return port === undefined ? undefined : { host: host.toLowerCase(), port }
}

/** @returns a host as it stands in a URI: IPv6 in brackets. */
export function writeHost(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

/** @returns whether the host is an address and needs no DNS. */
export function isNumericHost(host: string): boolean {
  return isIPv4(host) || isIPv6(host)
}

/** @returns the user part for people and routing: unescaped, and without a password. */
export function userOf(uri: Uri): string {
  const colon = uri.user.indexOf(':')
  const user = uri.scheme !== 'tel' && colon >= 0 ? uri.user.slice(0, colon) : uri.user
  return fromWire(
    user.includes('%')
      ? user.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      : user,
  )
}

/** @returns a user part safe to put into a URI: escapes what RFC 3261 does not allow there. */
export function escapeUser(user: string): string {
  return toWire(user).replace(
    /[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/g,
    (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

/** @returns whether the URI asks for loose routing (RFC 3261 section 19.1.1, `lr`). */
export function isLooseRoute(uri: Uri): boolean {
  return paramOf(uri.params, 'lr') !== undefined
}

/** @returns a URI from the owner as it may stand in a message: nothing in it can end its line or its brackets. */
export function cleanUri(text: string): string {
  return withoutControls(toWire(text)).replace(/[<>"\s]/g, '')
}

/** A URI alone as a party, without display name. */
export function partyOf(uriText: string): SipParty {
  const uri = parseUri(uriText)
  return { displayName: '', uri: uriText, user: uri === undefined || uri.scheme.length > 4 ? '' : userOf(uri) }
}

function parseSip(scheme: string, rest: string): Uri | undefined {
  const at = rest.indexOf('@')
  const user = at < 0 ? '' : rest.slice(0, at)
  if (at === 0) return undefined
  const hostAndMore = rest.slice(at + 1)
  const question = hostAndMore.indexOf('?')
  const beforeHeaders = question < 0 ? hostAndMore : hostAndMore.slice(0, question)
  const semicolon = beforeHeaders.indexOf(';')
  const hostPort = parseHostPort(semicolon < 0 ? beforeHeaders : beforeHeaders.slice(0, semicolon))
  if (hostPort === undefined) return undefined
  const params = semicolon < 0 ? NO_PARAMS : parseUriParams(beforeHeaders, semicolon)
  if (params === undefined) return undefined
  return {
    scheme,
    user,
    host: hostPort.host,
    port: hostPort.port,
    params,
    headers: question < 0 ? undefined : hostAndMore.slice(question + 1),
  }
}

/** URI parameters allow more signs than header parameters (`[]/:&+$`), and no quotes. */
function parseUriParams(text: string, start: number): Params | undefined {
  const pieces = text.slice(start + 1).split(';', 65)
  if (pieces.length > 64) return undefined
  const params: [string, string | undefined][] = []
  for (const piece of pieces) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    params.push(
      equals < 0 ? [piece.toLowerCase(), undefined] : [piece.slice(0, equals).toLowerCase(), piece.slice(equals + 1)],
    )
  }
  return params
}
