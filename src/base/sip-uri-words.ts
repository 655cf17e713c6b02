/** What a configured SIP URI says, as far as the checks of a configuration need it. `src/sip/uri.ts` reads those of messages. */

import { isIP } from 'node:net'

/** @returns whether a URI leads over TLS. */
export function leadsOverTls(uri: string): boolean {
  return /^sips:/i.test(uri) || /;transport=tls(?:;|\?|$)/i.test(uri)
}

/** @returns the transport that a URI leads over; undefined where DNS says it (RFC 3263 section 4.1), and for one that nothing is opened over. */
export function transportOfUri(uri: string): 'udp' | 'tcp' | 'tls' | undefined {
  if (leadsOverTls(uri)) return 'tls'
  const named = /;transport=([^;?]*)/i.exec(uri)?.[1]?.toLowerCase()
  if (named !== undefined) return named === 'udp' || named === 'tcp' ? named : undefined
  // Without its user part, which a password may stand in.
  const hasPort = /^(?:\[[^\]]+\]|[^:;?>]+):/.test(uri.replace(/^sip:(?:[^@]*@)?/i, ''))
  const host = hostOfUri(uri)
  return hasPort || isIP(host) !== 0 || host === 'localhost' ? 'udp' : undefined
}

/** @returns whether a transport is TLS, or runs over it, so that it needs certificates and nobody on the way can read it. */
export function isOverTls(transport: string): boolean {
  return transport === 'tls' || transport === 'wss'
}

/** @returns the host of a URI, no brackets, lower case; empty when there is none. */
export function hostOfUri(uri: string): string {
  const [, bracketed, plain] = /^sips?:(?:[^@]*@)?(?:\[([^\]]+)\]|([^:;?>]+))/i.exec(uri) ?? []
  return (bracketed ?? plain ?? '').toLowerCase()
}
