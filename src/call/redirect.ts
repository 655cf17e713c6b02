/**
 * Where a trunk that redirects a call may send it (RFC 3261 section 8.1.3.4): nowhere unless its configuration says so, and then only to hosts that
 * are named there, for numbers that may be called through it, so many times, and never twice to the same place. Pure.
 */

import type { Config } from '../base/config-schema.ts'
import { leadsOverTls } from '../base/sip-uri-words.ts'
import type { SipOrigin } from '../sip/session.ts'
import { parseUri, userOf } from '../sip/uri.ts'
import { plainNumber } from './route.ts'
import { mayCall } from './toll-guard.ts'
import type { Way } from './ways.ts'

/** More of them are not looked at. */
const MOST_CONTACTS = 8

/**
 * @param way that was refused. @param contacts of a 3xx, best first; none of another refusal.
 * @returns the next way to try; undefined when there is none.
 */
export function redirected(
  config: Pick<Config, 'trunks' | 'phones'>,
  origin: SipOrigin,
  way: Way,
  status: number,
  contacts: readonly string[],
): Way | undefined {
  const trunk = config.trunks.find(({ name }) => name === way.trunk)
  const policy = trunk?.redirects
  if (trunk === undefined || policy === undefined) return undefined
  const { hops, others, visited } = way.redirect ?? { hops: 0, others: [], visited: [way.target.uri] }
  const isRedirection = status >= 300 && status < 400
  // Whoever is busy, or wants nobody, says so for all of them.
  if (!isRedirection && (status === 486 || status >= 600)) return undefined
  const next = isRedirection && hops < policy.maxHops ? contacts.slice(0, MOST_CONTACTS) : []
  const allowed = (uri: string) => {
    const read = parseUri(uri)
    return (
      read !== undefined &&
      (read.scheme === 'sip' || read.scheme === 'sips') &&
      read.headers === undefined &&
      policy.allowHosts.some((host) => host.toLowerCase() === read.host) &&
      mayCall(config, trunk, origin, plainNumber(userOf(read))) &&
      (leadsOverTls(uri) || !leadsOverTls(way.target.uri)) &&
      !visited.includes(uri)
    )
  }
  const [uri, ...rest] = [...next, ...others].filter(allowed)
  if (uri === undefined) return undefined
  // Our password at the trunk is no business of anybody it sends us to.
  return {
    ...way,
    target: { uri },
    redirect: { hops: isRedirection ? hops + 1 : hops, others: rest, visited: [...visited, uri] },
  }
}
