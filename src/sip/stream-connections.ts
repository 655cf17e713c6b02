/**
 * The connections of one stream transport, whoever opened them (RFC 3261 section 18): kept and bounded as all are (`connections.ts`), cut into
 * messages. What makes the octets of a connection readable, TLS or nothing, is the transport's. A peer that does not read is cut off.
 */

import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { overwriteRegisters } from '../base/leftovers.ts'
import { plainAddress } from '../base/source-address.ts'
import { type ConnectionLimits, Connections, type Kept } from './connections.ts'
import { createFramer, type Framed, type Framer } from './framer.ts'
import type { SipPeer, SipTransport } from './session.ts'
import { type Flow, failLater, type Listener, type Receive } from './transport.ts'

/** ms a connection of a trunk or a registered phone may be idle; phones send a CRLF at least every two minutes. */
const PROVED_IDLE_MS = 3_700_000
/** ms that opening a connection of ours may take, until messages may leave on it. */
const CONNECT_MS = 5_000
/** Octets that wait for a peer that does not read. */
export const MAX_UNSENT_BYTES = 2 ** 20
/** Octets of answers to keep-alives that wait likewise: each costs far more than its two. */
export const MAX_UNREAD_PONGS_BYTES = 4096

const PONG = Buffer.from('\r\n', 'latin1')

type Waiting = { readonly octets: Uint8Array; readonly failed: (() => void) | undefined }

export type Connection = Kept & {
  readonly socket: Socket
  readonly framer: Framer
  /** What leaves as soon as the peer is known to be the right one; undefined once it is. */
  waiting: Waiting[] | undefined
  /** Whom to tell when it ends before the peer has said anything: over TLS 1.3 a peer refuses our certificate after the handshake. */
  unheard: (() => void)[] | undefined
}

export type StreamOptions = {
  readonly transport: SipTransport
  readonly listener: number
  readonly clock: Clock
  readonly count: (name: string) => void
  readonly limits: ConnectionLimits | undefined
}

export class StreamConnections {
  readonly #clock: Clock
  readonly #kept: Connections<Connection>
  #receive: Receive | undefined
  #closed: ((flow: Flow) => void) | undefined

  constructor(options: StreamOptions) {
    this.#clock = options.clock
    this.#kept = new Connections({ ...options, provedIdleMs: PROVED_IDLE_MS })
  }

  /** From now on messages, and connections that end, are told. */
  open(receive: Receive, closed: (flow: Flow) => void): void {
    this.#receive = receive
    this.#closed = closed
  }

  get size(): number {
    return this.#kept.size
  }

  /** @returns the connection a flow came by, or one that leads to its peer, while it can be written to. */
  find(flow: Flow): Connection | undefined {
    const connection = this.#kept.find(flow)
    return connection?.socket.writable === true ? connection : undefined
  }

  /** @returns whether a flow has its connection, or one may be opened for it. */
  stands(flow: Flow): boolean {
    return flow.connection === 0 || this.find(flow) !== undefined
  }

  /** Sends on a connection, or keeps the octets until its peer has proved who it is. */
  send(connection: Connection, octets: Uint8Array, failed: (() => void) | undefined): void {
    const { socket, waiting } = connection
    if (waiting !== undefined) {
      if (waiting.reduce((sum, each) => sum + each.octets.length, octets.length) > MAX_UNSENT_BYTES) failLater(failed)
      else waiting.push({ octets, failed })
      return
    }
    // Once the peer has said something, what fails is lost with the connection, which is told when it has ended.
    if (failed !== undefined) connection.unheard?.push(failed)
    if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy()
    socket.write(octets)
  }

  keep(flow: Flow): void {
    this.#kept.keep(flow)
  }

  stray(flow: Flow): void {
    this.#kept.stray(flow)
  }

  /** Takes over a connection that somebody opened to us, ready to be read. */
  accept(socket: Socket): Connection | undefined {
    const address = plainAddress(socket.remoteAddress ?? '')
    if (address !== '') return this.#adopt(socket, { address, port: socket.remotePort ?? 0 }, false)
    socket.destroy()
    return undefined
  }

  /** Takes over a connection of ours. @param ready what the socket emits when messages may leave on it. */
  dial(socket: Socket, to: SipPeer, ready: 'connect' | 'secureConnect'): Connection {
    const connection = this.#adopt(socket, to, true)
    connection.waiting = []
    connection.unheard = []
    const limit = this.#clock.after(CONNECT_MS, () => socket.destroy(new Error('connect timed out')))
    socket.once(ready, () => {
      limit.cancel()
      const waiting = connection.waiting ?? []
      connection.waiting = undefined
      for (const { octets, failed } of waiting) this.send(connection, octets, failed)
    })
    socket.once('close', () => limit.cancel())
    return connection
  }

  /** Ends every connection. May be called twice. */
  close(): void {
    this.#kept.close()
  }

  #adopt(socket: Socket, to: Omit<SipPeer, 'transport'>, proved: boolean): Connection {
    socket.on('error', () => {})
    const connection: Connection = {
      flow: this.#kept.flowTo(to),
      socket,
      framer: createFramer(),
      deadlineMs: this.#kept.deadlineMs(proved),
      proved,
      isAccepted: !proved,
      destroy: () => socket.destroy(),
      waiting: undefined,
      unheard: undefined,
    }
    socket.on('close', () => this.#lose(connection))
    if (this.#kept.add(connection)) socket.on('data', (chunk: Buffer) => this.#take(connection, chunk))
    return connection
  }

  #lose(connection: Connection): void {
    connection.framer.close()
    const { waiting = [], unheard = [] } = connection
    connection.waiting = undefined
    connection.unheard = undefined
    for (const failed of [...waiting.map((each) => each.failed), ...unheard]) failed?.()
    this.#kept.remove(connection)
    this.#closed?.(connection.flow)
  }

  #take(connection: Connection, chunk: Buffer): void {
    // As over UDP; and the framer may copy again.
    overwriteRegisters(chunk.length)
    const framed = connection.framer.push(chunk)
    overwriteRegisters(chunk.length)
    for (const each of framed) this.#give(connection, each)
  }

  #give(connection: Connection, framed: Framed): void {
    if (framed.type === 'ping') {
      if (connection.socket.writableLength > MAX_UNREAD_PONGS_BYTES) connection.destroy()
      else connection.socket.write(PONG)
      this.#kept.stray(connection.flow)
      if (connection.proved) connection.deadlineMs = this.#kept.deadlineMs(true)
      return
    }
    if (framed.type === 'message') {
      connection.unheard = undefined
      connection.deadlineMs = this.#kept.deadlineMs(connection.proved)
      this.#receive?.(framed.octets, connection.flow, 'framed')
      return
    }
    // What is left is answered with 400 when it can be; then there is nothing more to read here.
    this.#receive?.(framed.head, connection.flow, 'broken')
    connection.socket.end()
    this.#kept.unname(connection)
  }
}

/** Binds a stream listener. @returns the server and its port. @throws what the socket says. */
export async function bindStream(
  listener: Listener,
  accept: (socket: Socket) => void,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer({ noDelay: true, keepAlive: true }, accept)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: listener.address, port: listener.port, backlog: 1024 }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
  server.on('error', () => {})
  const bound = server.address()
  return { server, port: typeof bound === 'object' && bound !== null ? bound.port : 0 }
}

/** @returns whether a connection can be asked for at all: a port of 0 or above 65535 makes it throw. */
export function isReachable(peer: SipPeer): boolean {
  return peer.port > 0 && peer.port < 65_536
}
