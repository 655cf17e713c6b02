/**
 * What a request must look like before anybody is asked for: one Host, under a name of ours, from a page of ours. Pure.
 *
 * A cookie goes along with whatever a browser sends here, so a request with one has to show that a page of this server made it (RFC 6265bis section 8.8.1): by
 * SameSite=Strict, by what the browser says of the page (Sec-Fetch-Site, Origin), and, where something changes, by a header that no form and no other site's
 * script can send without our leave, which nobody gets for a request with a cookie.
 */

import { isIP } from 'node:net'

export const REQUEST_HEADER = 'sotto-request'
/** By `1` a page says that nobody is at it: what it asks for is by itself no use of the log-in. Who says so takes from nobody but himself. */
export const UNATTENDED_HEADER = 'sotto-unattended'
const LOOPBACK_NAMES = new Set(['localhost'])

/** @param rawHeaders names and values in turn. @returns how many Host headers there are. */
export function hostCount(rawHeaders: readonly string[]): number {
  return rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length
}

/**
 * Against names that somebody else has pointed here (DNS rebinding): numeric addresses cannot be pointed anywhere, others must be known.
 * @param host value of the header. @param hosts names of this server, in small letters.
 */
export function isOurHost(host: string | undefined, hosts: ReadonlySet<string>): boolean {
  const name = nameIn(host ?? '')
  return name !== undefined && (isIP(name) !== 0 || LOOPBACK_NAMES.has(name) || hosts.has(name))
}

function nameIn(host: string): string | undefined {
  const [, v6, name] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/.exec(host) ?? []
  return (v6 ?? name)?.toLowerCase().replace(/\.$/, '')
}

export type Provenance = {
  readonly method: string
  /** Where the request came to, such as `https://desk.example.com`. */
  readonly ownOrigin: string
  readonly origin: string | undefined
  readonly fetchSite: string | undefined
  readonly requestHeader: string | undefined
}

/** @returns whether a page of ours, or no page at all, made the request. */
export function isOwnPage({ method, ownOrigin, origin, fetchSite, requestHeader }: Provenance): boolean {
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') return false
  if (origin !== undefined && origin.toLowerCase() !== ownOrigin.toLowerCase()) return false
  return isReading(method) || requestHeader === '1'
}

export function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** Over HTTPS the prefix has the browser refuse a cookie that another host of the domain has set (RFC 6265bis section 4.1.3). */
const SECURE_NAME = '__Host-sotto'
const PLAIN_NAME = 'sotto'
const COOKIE = /^[a-z]{64}$/
/** What a log-in at the identity provider has begun with goes sealed into another one. */
const TICKET = /^[\w-]{1,3500}$/
const TICKET_SECONDS = 600

/** @returns what our cookie holds; undefined when there is none, or two. */
export function cookieIn(header: string | undefined, isSecure: boolean): string | undefined {
  return valueIn(header, isSecure ? SECURE_NAME : PLAIN_NAME, COOKIE)
}

/** @returns the ticket of a log-in that has begun. */
export function ticketIn(header: string | undefined, isSecure: boolean): string | undefined {
  return valueIn(header, `${isSecure ? SECURE_NAME : PLAIN_NAME}-sign-on`, TICKET)
}

function valueIn(header: string | undefined, name: string, pattern: RegExp): string | undefined {
  const found = (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
  const value = found[0]?.slice(name.length + 1)
  return found.length === 1 && value !== undefined && pattern.test(value) ? value : undefined
}

/** @returns the header that sets the cookie; for the session of the browser, since the server knows when it ends. */
export function cookieOf(value: string, isSecure: boolean): string {
  return `${isSecure ? SECURE_NAME : PLAIN_NAME}=${value}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
}

/** @returns the header that takes it away. */
export function cookieGone(isSecure: boolean): string {
  return `${cookieOf('', isSecure)}; Max-Age=0`
}

/**
 * @param sameSite `Lax` while the browser is at the provider, whose page sends it back to us: a `Strict` cookie would not come along then (RFC 6265bis section 5.2).
 * @returns the header that sets a ticket; it is good for some minutes.
 */
export function ticketCookieOf(ticket: string, isSecure: boolean, sameSite: 'Lax' | 'Strict'): string {
  const name = `${isSecure ? SECURE_NAME : PLAIN_NAME}-sign-on`
  const age = ticket === '' ? 0 : TICKET_SECONDS
  return `${name}=${ticket}; Path=/; HttpOnly; SameSite=${sameSite}; Max-Age=${age}${isSecure ? '; Secure' : ''}`
}
