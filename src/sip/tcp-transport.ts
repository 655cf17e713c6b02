/**
 * SIP over TCP (RFC 3261 section 18): connections are kept and used again, in either direction; what is sent to a peer without
 * one opens one.
 */

import { connect, type Server } from 'node:net'
import type { Clock } from '../base/clock.ts'
import type { ConnectionLimits } from './connections.ts'
import type { SipPeer } from './session.ts'
import { bindStream, type Connection, isReachable, StreamConnections } from './stream-connections.ts'
import { type Flow, failLater, type Listener, type Receive } from './transport.ts'

export type TcpOptions = {
  readonly listener: Listener
  readonly index: number
  readonly clock: Clock
  readonly count: (name: string) => void
  readonly limits?: ConnectionLimits | undefined
}

export class TcpTransport {
  readonly #listener: Listener
  readonly #connections: StreamConnections
  #server: Server | undefined
  #port = 0

  constructor({ listener, index, clock, count, limits }: TcpOptions) {
    this.#listener = listener
    this.#connections = new StreamConnections({ transport: 'tcp', listener: index, clock, count, limits })
  }

  /** Binds and accepts from now on. @throws what the socket says. */
  async open(receive: Receive, closed: (flow: Flow) => void): Promise<void> {
    const bound = await bindStream(this.#listener, (socket) => this.#connections.accept(socket))
    this.#server = bound.server
    this.#port = bound.port
    this.#connections.open(receive, closed)
  }

  get local(): SipPeer {
    return { transport: 'tcp', address: this.#listener.address, port: this.#port }
  }

  get connections(): number {
    return this.#connections.size
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
    if (server !== undefined) await new Promise((resolve) => server.close(resolve))
  }

  describe(): string {
    return `tcp ${this.#listener.address}:${this.#port}, ${this.#connections.size} connections`
  }

  #connect(flow: Flow): Connection | undefined {
    if (!isReachable(flow)) return undefined
    const { address, port } = flow
    const socket = connect({ host: address, port, noDelay: true, keepAlive: true })
    return this.#connections.dial(socket, { transport: 'tcp', address, port }, 'connect')
  }
}
