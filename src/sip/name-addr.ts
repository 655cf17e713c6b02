/**
 * `"Name" <uri>;params` as in From, To, Contact, Route (RFC 3261 section 20.10). The URI inside is kept as text: many of them
 * are only echoed, and `parseUri` reads the ones that matter.
 */

import {
  endOfQuoted,
  fromWire,
  type Params,
  paramOf,
  parseParams,
  quote,
  splitList,
  toWire,
  unquote,
  withoutControls,
} from './lexical.ts'
import type { SipParty } from './session.ts'
import { cleanUri, partyOf } from './uri.ts'

export type NameAddr = {
  /** Without quotes, one character per octet; empty when there is none. */
  readonly displayName: string
  readonly uri: string
  /** Header parameters, those behind `>`. */
  readonly params: Params
}

/** @returns one name-addr or addr-spec, or `undefined` when it is malformed or the whole text is not one. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const value = text.trim()
  let displayName = ''
  let open: number
  if (value.startsWith('"')) {
    const close = endOfQuoted(value, 0)
    if (close < 0) return undefined
    displayName = unquote(value.slice(0, close + 1))
    open = value.indexOf('<', close)
    if (open < 0 || value.slice(close + 1, open).trim() !== '') return undefined
  } else {
    open = value.indexOf('<')
    if (open < 0) return parseAddrSpec(value)
    displayName = value.slice(0, open).trim()
    // Unquoted names hold more signs in the field than the grammar allows; only those that mislead a reader are refused.
    if (/[",;>]/.test(displayName)) return undefined
  }
  const end = value.indexOf('>', open)
  if (end < 0) return undefined
  const uri = value.slice(open + 1, end)
  if (!looksLikeUri(uri)) return undefined
  const params = parseParams(value, end + 1)
  return params === undefined ? undefined : { displayName, uri, params }
}

/** @returns all addresses of a list header (Contact, Route, Record-Route), or `undefined` when any is malformed. */
export function parseNameAddrList(text: string): NameAddr[] | undefined {
  const elements = splitList(text)
  if (elements === undefined) return undefined
  const list: NameAddr[] = []
  for (const element of elements) {
    const address = parseNameAddr(element)
    if (address === undefined) return undefined
    list.push(address)
  }
  return list
}

/** @returns the tag, empty when there is none (RFC 2543 peers). */
export function tagOf(address: NameAddr): string {
  return paramOf(address.params, 'tag') ?? ''
}

/** Characters of a name that people get to see, and the next leg. A longer one is none, and octets that are no UTF-8 would treble it. */
const MAX_DISPLAY_NAME = 256

/** What the rest of Sotto sees of an address. */
export function toParty(address: NameAddr): SipParty {
  const displayName = fromWire(address.displayName).slice(0, MAX_DISPLAY_NAME).toWellFormed()
  return { ...partyOf(address.uri), uri: fromWire(address.uri), displayName }
}

/** @returns a party as header text, safe against line ends and brackets in its parts. */
export function writeParty(party: SipParty, tag?: string): string {
  const uri = cleanUri(party.uri)
  const name = party.displayName === '' ? '' : `${quote(withoutControls(toWire(party.displayName)))} `
  return tag === undefined ? `${name}<${uri}>` : `${name}<${uri}>;tag=${tag}`
}

/** Without brackets, parameters belong to the header and neither `?` nor `,` may stand in the URI (RFC 3261 section 20). */
function parseAddrSpec(value: string): NameAddr | undefined {
  const semicolon = value.indexOf(';')
  const uri = (semicolon < 0 ? value : value.slice(0, semicolon)).trim()
  if (!looksLikeUri(uri) || /[?,]/.test(uri)) return undefined
  const params = semicolon < 0 ? [] : parseParams(value, semicolon)
  return params === undefined ? undefined : { displayName: '', uri, params }
}

/** Controls, which would have to be taken out before it is written, may leave nothing of it. */
function looksLikeUri(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/.test(text) && withoutControls(text) === text
}
