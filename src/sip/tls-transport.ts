/**
 * SIP over TLS (RFC 3261 section 26.2, RFC 5922): the connections of `stream-connections.ts`, encrypted.
 *
 *   accepted   once their handshake is through (`tls-handshakes.ts`); only then they count as connections and are read
 *   opened     to whom a domain leads; nothing leaves before the peer's certificate is trusted and speaks for that domain
 *
 * A peer that connected to us and is gone is not called back unless somebody said which name its certificate has: a phone opens its connection
 * itself (RFC 5626).
 */

import { isIP, type Server } from 'node:net'
import { connect, type PeerCertificate, type SecureContext } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import type { ConnectionLimits } from './connections.ts'
import type { SipPeer } from './session.ts'
import { speaksFor } from './sip-identity.ts'
import { bindStream, type Connection, isReachable, StreamConnections } from './stream-connections.ts'
import { clientContext } from './tls-contexts.ts'
import { outgoingFault, WRONG_NAME } from './tls-failure.ts'
import { TlsHandshakes } from './tls-handshakes.ts'
import type { HandshakeFailure, TlsClientTerms, TlsTerms, TlsTrust } from './tls-terms.ts'
import { type Flow, failLater, type Listener, type Receive } from './transport.ts'

export type TlsOptions = {
  readonly listener: Listener
  readonly index: number
  readonly clock: Clock
  readonly terms: TlsTerms
  readonly count: (name: string) => void
  readonly onFailure: (failure: HandshakeFailure) => void
  readonly limits?: ConnectionLimits | undefined
}

export class TlsTransport {
  readonly #options: TlsOptions
  readonly #connections: StreamConnections
  readonly #handshakes: TlsHandshakes
  #server: Server | undefined
  #port = 0
  readonly #clientContexts = new WeakMap<TlsTrust, SecureContext>()

  constructor(options: TlsOptions) {
    this.#options = options
    const { index, clock, count, onFailure, terms, limits } = options
    this.#connections = new StreamConnections({ transport: 'tls', listener: index, clock, count, limits })
    this.#handshakes = new TlsHandshakes({
      transport: 'tls',
      index,
      clock,
      terms,
      count,
      onFailure,
      onSecure: (socket) => {
        if (this.#server === undefined) socket.destroy()
        else this.#connections.accept(socket)
      },
    })
  }

  /** Binds and accepts from now on. @throws Fault when its certificates cannot be used; else what the socket says. */
  async open(receive: Receive, closed: (flow: Flow) => void): Promise<void> {
    this.#handshakes.open()
    const bound = await bindStream(this.#options.listener, (socket) => this.#handshakes.begin(socket))
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

  stands(flow: Flow): boolean {
    return this.#connections.stands(flow)
  }

  keep(flow: Flow): void {
    this.#connections.keep(flow)
  }

  stray(flow: Flow): void {
    this.#connections.stray(flow)
  }

  /** May be called twice. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#connections.close()
    this.#handshakes.close()
    if (server !== undefined) await new Promise((resolve) => server.close(resolve))
  }

  describe(): string {
    return `tls ${this.#options.listener.address}:${this.#port}, ${this.#connections.size} connections`
  }

  #connect(flow: Flow): Connection | undefined {
    const { address, port, domain } = flow
    const { terms, count, onFailure } = this.#options
    if (!isReachable(flow)) return undefined
    const fail = (fault: HandshakeFailure['fault']): undefined => {
      count('tls-handshake-failed')
      onFailure({ transport: 'tls', fault, address, direction: 'outgoing' })
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

function nameError(certificate: PeerCertificate, domain: string): Error | undefined {
  if (speaksFor(certificate.subjectaltname, domain)) return undefined
  return Object.assign(new Error('the certificate is for another name'), { code: WRONG_NAME })
}
