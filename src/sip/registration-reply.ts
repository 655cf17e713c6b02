/** What a registrar's answer says: for how long our contact is kept, and where else to ask. Pure. */

import type { FaultCode } from '../base/faults.ts'
import { paramOf, parseDigits } from './lexical.ts'
import { headerOf, listOf, type SipResponse } from './message.ts'
import { parseNameAddr } from './name-addr.ts'
import { parseUri } from './uri.ts'

/** Our contact carries its token in this parameter, by which calls to it are known again, whatever user a carrier puts before it. */
export const LINE_PARAM = 'line'

const MOST_SECONDS = 2 ** 32 - 1
const MOST_PLACES = 4
const MOST_HOPS = 8

/**
 * @param token of our contact. @param asked seconds.
 * @returns the seconds that were granted (RFC 3261 section 10.2.4): those of our contact, else of the whole answer, else what we asked for. A list of
 * contacts without ours is read by its shortest: some registrars write contacts anew.
 */
export function grantedSeconds(response: SipResponse, token: string, asked: number): number {
  const contacts = (listOf(response, 'contact') ?? []).flatMap((each) => parseNameAddr(each) ?? [])
  const whole = parseDigits(headerOf(response, 'expires') ?? '', MOST_SECONDS)
  const secondsOf = (params: Parameters<typeof paramOf>[0]) =>
    parseDigits(paramOf(params, 'expires') ?? '', MOST_SECONDS) ?? whole ?? asked
  const own = contacts.find(({ uri }) => lineOf(uri) === token)
  if (own !== undefined) return secondsOf(own.params)
  return contacts.length === 0 ? (whole ?? asked) : Math.min(...contacts.map(({ params }) => secondsOf(params)))
}

/** @returns the token in a URI, if there is one. */
export function lineOf(uriText: string): string | undefined {
  const uri = parseUri(uriText)
  return uri === undefined ? undefined : paramOf(uri.params, LINE_PARAM)
}

/** @returns the Route of our requests by this registration (Service-Route, RFC 3608), first hop first; over TLS alone when that is how we asked. */
export function serviceRouteIn(response: SipResponse, mustBeSecure: boolean): readonly string[] {
  const route = listOf(response, 'service-route') ?? []
  const uris = route.map((each) => parseNameAddr(each)?.uri ?? '')
  const isGood = route.length <= MOST_HOPS && uris.every(isSipUri) && route.every((each) => each.startsWith('<'))
  return isGood && (!mustBeSecure || isOverTls(uris[0] ?? '')) ? route : []
}

/** @returns where a 3xx says to ask, best first; over TLS alone when that is where we asked. */
export function placesIn(response: SipResponse, mustBeSecure: boolean): string[] {
  const contacts = (listOf(response, 'contact') ?? []).flatMap((each) => parseNameAddr(each) ?? [])
  const preference = (text: string | undefined) => (text === undefined ? 1 : Number(text))
  return contacts
    .toSorted((a, b) => preference(paramOf(b.params, 'q')) - preference(paramOf(a.params, 'q')))
    .map(({ uri }) => uri)
    .filter((uri) => isSipUri(uri) && (!mustBeSecure || isOverTls(uri)))
    .slice(0, MOST_PLACES)
}

/** @returns whether a URI leads over TLS. */
export function isOverTls(uriText: string): boolean {
  const uri = parseUri(uriText)
  return uri?.scheme === 'sips' || (uri !== undefined && paramOf(uri.params, 'transport')?.toLowerCase() === 'tls')
}

function isSipUri(uriText: string): boolean {
  const scheme = parseUri(uriText)?.scheme
  return scheme === 'sip' || scheme === 'sips'
}

/** @returns what a refusal is called. */
export function faultOf(status: number): FaultCode {
  if (status === 401 || status === 403 || status === 407) return 'sip.registration-credentials-refused'
  return 'sip.registration-refused'
}
