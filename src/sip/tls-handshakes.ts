/**
 * The handshakes of clients who connect over TLS, whatever they speak in it (RFC 3261 section 26.2, RFC 7118 section 4): with the certificates as they are
 * now, bounded (`half-open.ts`). Only who is through is handed on.
 */

import type { Socket } from 'node:net'
import { createServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { plainAddress } from '../base/source-address.ts'
import { HalfOpen } from './half-open.ts'
import { type ServerContexts, serverContexts } from './tls-contexts.ts'
import { incomingFault } from './tls-failure.ts'
import type { HandshakeFailure, TlsServerTerms, TlsTerms } from './tls-terms.ts'

export type TlsHandshakesOptions = {
  readonly transport: 'tls' | 'wss'
  readonly index: number
  readonly clock: Clock
  readonly terms: TlsTerms
  readonly count: (name: string) => void
  readonly onFailure: (failure: HandshakeFailure) => void
  readonly onSecure: (socket: TLSSocket) => void
  readonly proxies?: readonly string[] | undefined
}

export class TlsHandshakes {
  readonly #options: TlsHandshakesOptions
  readonly #halfOpen: HalfOpen
  #tls: TlsServer | undefined
  #shown: { readonly terms: TlsServerTerms; readonly contexts: ServerContexts } | undefined

  constructor(options: TlsHandshakesOptions) {
    this.#options = options
    this.#halfOpen = new HalfOpen(options.clock, options.count, 'tls', options.proxies)
  }

  /** Takes the certificates. @throws Fault when they cannot be used. */
  open(): void {
    const { index, terms } = this.#options
    const first = terms.server(index)
    this.#shown = { terms: first, contexts: serverContexts(first) }
    const asksClients = first.clientAuthorities !== undefined
    const tls = createServer({
      ...this.#shown.contexts.first,
      requestCert: asksClients,
      rejectUnauthorized: asksClients,
      SNICallback: (name, choose) => choose(null, this.#shown?.contexts.forName(name)),
    })
    tls.on('secureConnection', (socket) => this.#greet(socket))
    tls.on('tlsClientError', (error, socket) => this.#refused(error, socket))
    tls.on('error', () => {})
    this.#tls = tls
  }

  /** Clients whose handshake is under way. */
  get size(): number {
    return this.#halfOpen.size
  }

  /** Begins the handshake of a client, with the certificates as they are now. */
  begin(socket: Socket): void {
    socket.on('error', () => {})
    if (!this.#halfOpen.begin(socket)) return
    this.#renew()
    this.#tls?.emit('connection', socket)
  }

  /** May be called twice. */
  close(): void {
    this.#halfOpen.close()
  }

  #greet(socket: TLSSocket): void {
    this.#halfOpen.end(socket)
    // A client could have it done over and over again.
    socket.disableRenegotiation()
    this.#options.onSecure(socket)
  }

  #refused(error: Error, socket: TLSSocket): void {
    const { transport, count, onFailure } = this.#options
    const fault = incomingFault(socket.authorizationError ?? error)
    const address = plainAddress(socket.remoteAddress ?? '')
    socket.destroy()
    if (fault === undefined) return
    count('tls-handshake-failed')
    onFailure({ transport, fault, address, direction: 'incoming' })
  }

  /** Takes changed certificates. Ones that cannot be used leave the old ones in place: who gives the terms has said so. */
  #renew(): void {
    const { terms, index } = this.#options
    try {
      const now = terms.server(index)
      if (now === this.#shown?.terms) return
      this.#shown = { terms: now, contexts: serverContexts(now) }
      this.#tls?.setSecureContext(this.#shown.contexts.first)
    } catch {
      this.#options.count('tls-certificate-refused')
    }
  }
}
