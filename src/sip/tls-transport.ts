/**
 * SIP over TLS (RFC 3261 section 26.2, RFC 5922): the connections of `stream-connections.ts`, encrypted.
 *
 *   accepted   at most HANDSHAKE_MS from the connection to the end of the handshake, MAX_HANDSHAKES at once, so many a second from one address;
 *              only then it counts as a connection and is read
 *   opened     to whom a domain leads; nothing leaves before the peer's certificate is trusted and speaks for that domain
 *
 * A peer that connected to us and is gone is not called back unless somebody said which name its certificate has: a phone opens its connection
 * itself (RFC 5626).
 */

import { isIP, type Server, type Socket } from 'node:net'
import {
  connect,
  createServer,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
  type Server as TlsServer,
} from 'node:tls'
import type { Clock, Timer } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import { createFlood } from './flood.ts'
import type { SipPeer } from './session.ts'
import { speaksFor } from './sip-identity.ts'
import { bindStream, type Connection, isReachable, StreamConnections } from './stream-connections.ts'
import { clientContext, type ServerContexts, serverContexts } from './tls-contexts.ts'
import { incomingFault, outgoingFault, WRONG_NAME } from './tls-failure.ts'
import type { TlsClientTerms, TlsFailure, TlsServerTerms, TlsTerms, TlsTrust } from './tls-terms.ts'
import { type Flow, failLater, type Listener, plainAddress, type Receive } from './transport.ts'

/** ms that a client's handshake may take. */
export const HANDSHAKE_MS = 10_000
/** Handshakes under way at once; the oldest makes room. */
const MAX_HANDSHAKES = 1024
/** Handshakes a second: each costs a signature. */
const HANDSHAKE_LIMITS = { perAddress: 50, burst: 500, total: 1000 }

export type TlsOptions = {
  readonly listener: Listener
  readonly index: number
  readonly clock: Clock
  readonly terms: TlsTerms
  readonly count: (name: string) => void
  readonly onFailure: (failure: TlsFailure) => void
}

export class TlsTransport {
  readonly #options: TlsOptions
  readonly #connections: StreamConnections
  /** Clients whose handshake is under way, oldest first. */
  readonly #handshakes = new Map<string, { readonly socket: Socket; readonly limit: Timer }>()
  readonly #mayShake = createFlood(HANDSHAKE_LIMITS)
  #server: Server | undefined
  #tls: TlsServer | undefined
  #port = 0
  #shown: { readonly terms: TlsServerTerms; readonly contexts: ServerContexts } | undefined
  readonly #clientContexts = new WeakMap<TlsTrust, SecureContext>()

  constructor(options: TlsOptions) {
    this.#options = options
    this.#connections = new StreamConnections({ transport: 'tls', listener: options.index, clock: options.clock })
  }

  /** Binds and accepts from now on. @throws Fault when its certificates cannot be used; else what the socket says. */
  async open(receive: Receive, closed: (flow: Flow) => void): Promise<void> {
    const { listener, index, terms } = this.#options
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
    const bound = await bindStream(listener, (socket) => this.#shake(socket))
    this.#server = bound.server
    this.#port = bound.port
    this.#connections.open(receive, closed)
  }

  get local(): SipPeer {
    return { transport: 'tls', address: this.#options.listener.address, port: this.#port }
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Clients whose handshake is under way. */
  get handshakes(): number {
    return this.#handshakes.size
  }

  send(octets: Uint8Array, flow: Flow, failed?: () => void): void {
    const connection = this.#server === undefined ? undefined : (this.#connections.find(flow) ?? this.#connect(flow))
    if (connection === undefined) failLater(failed)
    else this.#connections.send(connection, octets, failed)
  }

  keep(flow: Flow): void {
    this.#connections.keep(flow)
  }

  /** May be called twice. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#connections.close()
    for (const { socket, limit } of this.#handshakes.values()) {
      limit.cancel()
      socket.destroy()
    }
    this.#handshakes.clear()
    if (server !== undefined) await new Promise((resolve) => server.close(resolve))
  }

  describe(): string {
    return `tls ${this.#options.listener.address}:${this.#port}, ${this.#connections.size} connections`
  }

  /** Begins the handshake of a client, with the certificates as they are now. */
  #shake(socket: Socket): void {
    const { clock, count } = this.#options
    const address = plainAddress(socket.remoteAddress ?? '')
    socket.on('error', () => {})
    if (address === '' || !this.#mayShake(address, clock.now())) {
      count('tls-too-many-handshakes')
      socket.destroy()
      return
    }
    this.#renew()
    if (this.#handshakes.size >= MAX_HANDSHAKES) {
      for (const { socket: oldest } of this.#handshakes.values()) {
        oldest.destroy()
        break
      }
    }
    const key = endOf(socket)
    const limit = clock.after(HANDSHAKE_MS, () => {
      count('tls-slow-handshake')
      socket.destroy()
    })
    this.#handshakes.set(key, { socket, limit })
    socket.on('close', () => this.#shaken(key))
    this.#tls?.emit('connection', socket)
  }

  #shaken(key: string): void {
    this.#handshakes.get(key)?.limit.cancel()
    this.#handshakes.delete(key)
  }

  #greet(socket: TLSSocket): void {
    this.#shaken(endOf(socket))
    // A client could have it done over and over again.
    socket.disableRenegotiation()
    if (this.#server === undefined) socket.destroy()
    else this.#connections.accept(socket)
  }

  #refused(error: Error, socket: TLSSocket): void {
    const { count, onFailure } = this.#options
    const fault = incomingFault(socket.authorizationError ?? error)
    const address = plainAddress(socket.remoteAddress ?? '')
    socket.destroy()
    if (fault === undefined) return
    count('tls-handshake-failed')
    onFailure({ fault, address, direction: 'incoming' })
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

  #connect(flow: Flow): Connection | undefined {
    const { address, port, domain } = flow
    const { terms, count, onFailure } = this.#options
    if (!isReachable(flow)) return undefined
    const fail = (fault: TlsFailure['fault']): undefined => {
      count('tls-handshake-failed')
      onFailure({ fault, address, direction: 'outgoing' })
    }
    let wanted: TlsClientTerms
    let secureContext: SecureContext
    try {
      wanted = terms.client(flow)
      secureContext = this.#contextFor(wanted.trust)
    } catch (thrown) {
      return fail(asFault(thrown).code)
    }
    const name = wanted.domain
    // Who cannot be told apart from anybody else is not spoken to; a phone that is gone comes back by itself.
    if (name === undefined) return domain === undefined ? undefined : fail('sip.peer-name-unknown')
    const socket = connect({
      host: address,
      port,
      secureContext,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      checkServerIdentity: (_host, certificate) => nameError(certificate, name),
    })
    socket.setNoDelay(true).setKeepAlive(true)
    socket.once('error', (error) => {
      const why = outgoingFault(error)
      if (why !== undefined) fail(why)
    })
    return this.#connections.dial(
      socket,
      { transport: 'tls', address, port, ...(domain === undefined ? {} : { domain }) },
      'secureConnect',
    )
  }

  #contextFor(trust: TlsTrust): SecureContext {
    const known = this.#clientContexts.get(trust)
    if (known !== undefined) return known
    const context = clientContext(trust)
    this.#clientContexts.set(trust, context)
    return context
  }
}

function endOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}

function nameError(certificate: PeerCertificate, domain: string): Error | undefined {
  if (speaksFor(certificate.subjectaltname, domain)) return undefined
  return Object.assign(new Error('the certificate is for another name'), { code: WRONG_NAME })
}
