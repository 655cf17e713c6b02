/** What the tests of TLS need at both ends: terms that can be changed, clients that shake hands by hand, sockets that say nothing. */

import { connect as connectPlain, type Socket } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { TlsServerTerms, TlsTerms, TlsTrust } from '../../src/sip/tls-terms.ts'

export type ChangeableTerms = TlsTerms & { shown: TlsServerTerms }

/** Terms that a test may put others in place of. */
export function termsOf(
  identities: TlsServerTerms['identities'],
  more: Partial<TlsServerTerms & TlsTrust> & { readonly domain?: string } = {},
): ChangeableTerms {
  const trust = { authorities: more.authorities, identity: more.identity }
  const terms: ChangeableTerms = {
    shown: { identities, clientAuthorities: more.clientAuthorities },
    server: () => terms.shown,
    client: (peer) => ({ domain: more.domain ?? peer.domain, trust }),
  }
  return terms
}

export type Client = {
  readonly socket: Socket
  readonly got: () => string
  readonly isClosed: () => boolean
  /** The code of what went wrong. */
  readonly error: () => string | undefined
}

/** A TLS client that trusts anybody, unless told otherwise. */
export function tlsClient(port: number, options: ConnectionOptions = {}): Client & { readonly socket: TLSSocket } {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
  return { ...watched(socket), socket }
}

/** A client that opens the connection and says nothing. */
export function silentClient(port: number): Client {
  return watched(connectPlain({ host: '127.0.0.1', port }))
}

export function watched(socket: Socket): Client {
  let got = ''
  let isClosed = false
  let code: string | undefined
  socket.on('data', (chunk) => (got += chunk))
  socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? error.message))
  socket.on('close', () => (isClosed = true))
  return { socket, got: () => got, isClosed: () => isClosed, error: () => code }
}
