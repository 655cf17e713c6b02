/**
 * SIP over TCP (RFC 3261 section 18): connections are kept and used again, in either direction; what is sent to a peer without
 * one opens one.
 *
 * Against idle and half-open clients: a connection that has not brought a whole message within `UNPROVED_IDLE_MS` is closed, at
 * most `MAX_CONNECTIONS` stand (the longest idle unproved one makes room), and a peer that does not read is cut off.
 */

import { createServer, connect as openSocket, type Server, type Socket } from 'node:net'
import type { Clock, Timer } from '../base/clock.ts'
import { overwriteRegisters } from '../base/leftovers.ts'
import { createFramer, type Framed, type Framer } from './framer.ts'
import type { SipPeer } from './session.ts'
import { type Flow, failLater, type Listener, plainAddress, type Receive } from './transport.ts'

/** ms a connection may be idle, or hold half a message, whose peer has proved nothing. */
export const UNPROVED_IDLE_MS = 30_000
/** ms a connection of a trunk or a registered phone may be idle; phones send a CRLF at least every two minutes. */
export const PROVED_IDLE_MS = 3_700_000
export const MAX_CONNECTIONS = 4096
const CONNECT_MS = 5_000
const SWEEP_MS = 5_000
/** Octets that wait for a peer that does not read. */
const MAX_UNSENT_BYTES = 2 ** 20

const PONG = Buffer.from('\r\n', 'latin1')

type Connection = {
  readonly id: number
  readonly key: string
  readonly socket: Socket
  readonly framer: Framer
  readonly flow: Flow
  /** Until when it may stay without bringing another whole message. */
  deadlineMs: number
  proved: boolean
}

export class TcpTransport {
  readonly #listener: Listener
  readonly #index: number
  readonly #clock: Clock
  readonly #byId = new Map<number, Connection>()
  readonly #byPeer = new Map<string, Connection>()
  #server: Server | undefined
  #receive: Receive | undefined
  #closed: ((flow: Flow) => void) | undefined
  #sweep: Timer | undefined
  #port = 0
  #lastId = 0

  constructor(listener: Listener, index: number, clock: Clock) {
    this.#listener = listener
    this.#index = index
    this.#clock = clock
  }

  /** Binds and accepts from now on. @throws what the socket says. */
  async open(receive: Receive, closed: (flow: Flow) => void): Promise<void> {
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#adopt(socket, false))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: this.#listener.address, port: this.#listener.port, backlog: 1024 }, () => {
        server.removeListener('error', reject)
        resolve()
      })
    })
    server.on('error', () => {})
    const bound = server.address()
    this.#port = typeof bound === 'object' && bound !== null ? bound.port : 0
    this.#server = server
    this.#receive = receive
    this.#closed = closed
  }

  get local(): SipPeer {
    return { transport: 'tcp', address: this.#listener.address, port: this.#port }
  }

  get connections(): number {
    return this.#byId.size
  }

  send(octets: Uint8Array, flow: Flow, failed?: () => void): void {
    if (this.#server === undefined) {
      failLater(failed)
      return
    }
    const connection = this.#byId.get(flow.connection) ?? this.#byPeer.get(keyOf(flow)) ?? this.#connect(flow)
    if (connection === undefined) {
      failLater(failed)
      return
    }
    if (connection.socket.writableLength > MAX_UNSENT_BYTES) connection.socket.destroy()
    connection.socket.write(octets, (error) => {
      if (error && failed !== undefined) failed()
    })
  }

  keep(flow: Flow): void {
    const connection = this.#byId.get(flow.connection)
    if (connection === undefined) return
    connection.proved = true
    connection.deadlineMs = this.#clock.now() + PROVED_IDLE_MS
  }

  /** May be called twice. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#sweep?.cancel()
    this.#sweep = undefined
    for (const { socket } of this.#byId.values()) socket.destroy()
    if (server !== undefined) await new Promise((resolve) => server.close(resolve))
  }

  describe(): string {
    return `tcp ${this.#listener.address}:${this.#port}, ${this.#byId.size} connections`
  }

  #connect(flow: Flow): Connection | undefined {
    // A port of 0 or above 65535 makes net.connect throw.
    if (!(flow.port > 0 && flow.port < 65_536)) return undefined
    const socket = openSocket({ host: flow.address, port: flow.port, noDelay: true, keepAlive: true })
    const connection = this.#adopt(socket, true, flow)
    const limit = this.#clock.after(CONNECT_MS, () => socket.destroy(new Error('connect timed out')))
    socket.once('connect', () => limit.cancel()).once('close', () => limit.cancel())
    return connection
  }

  #adopt(socket: Socket, proved: boolean, to?: SipPeer): Connection | undefined {
    const address = to?.address ?? plainAddress(socket.remoteAddress ?? '')
    const port = to?.port ?? socket.remotePort ?? 0
    socket.on('error', () => {})
    if (address === '') {
      socket.destroy()
      return undefined
    }
    this.#makeRoom()
    this.#lastId += 1
    const id = this.#lastId
    const flow: Flow = { transport: 'tcp', address, port, listener: this.#index, connection: id }
    const connection: Connection = {
      id,
      key: keyOf(flow),
      socket,
      framer: createFramer(),
      flow,
      deadlineMs: this.#clock.now() + (proved ? PROVED_IDLE_MS : UNPROVED_IDLE_MS),
      proved,
    }
    this.#byId.set(id, connection)
    this.#byPeer.set(connection.key, connection)
    socket.on('data', (chunk: Buffer) => this.#take(connection, chunk))
    socket.on('close', () => {
      connection.framer.close()
      this.#byId.delete(id)
      if (this.#byPeer.get(connection.key) === connection) this.#byPeer.delete(connection.key)
      this.#closed?.(flow)
    })
    this.#sweep ??= this.#clock.after(SWEEP_MS, () => this.#sweepIdle())
    return connection
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
      connection.socket.write(PONG)
      if (connection.proved) connection.deadlineMs = this.#clock.now() + PROVED_IDLE_MS
      return
    }
    if (framed.type === 'message') {
      connection.deadlineMs = this.#clock.now() + (connection.proved ? PROVED_IDLE_MS : UNPROVED_IDLE_MS)
      this.#receive?.(framed.octets, connection.flow, 'framed')
      return
    }
    // What is left is answered with 400 when it can be; then there is nothing more to read here.
    this.#receive?.(framed.head, connection.flow, 'broken')
    connection.socket.end()
    this.#byPeer.delete(connection.key)
  }

  #makeRoom(): void {
    if (this.#byId.size < MAX_CONNECTIONS) return
    let oldest: Connection | undefined
    for (const each of this.#byId.values()) {
      if (oldest === undefined || each.deadlineMs < oldest.deadlineMs) oldest = each
    }
    oldest?.socket.destroy()
  }

  #sweepIdle(): void {
    const now = this.#clock.now()
    for (const connection of this.#byId.values()) if (connection.deadlineMs <= now) connection.socket.destroy()
    this.#sweep = this.#byId.size === 0 ? undefined : this.#clock.after(SWEEP_MS, () => this.#sweepIdle())
  }
}

function keyOf(peer: SipPeer): string {
  return `${peer.address} ${peer.port}`
}
