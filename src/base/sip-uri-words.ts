/** What a configured SIP URI says, as far as the checks of a configuration need it. `src/sip/uri.ts` reads those of messages. */

/** @returns whether a URI leads over TLS. */
export function leadsOverTls(uri: string): boolean {
  return /^sips:/i.test(uri) || /;transport=tls(?:;|\?|$)/i.test(uri)
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
