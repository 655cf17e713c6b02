/**
 * SIP over WebSocket (RFC 7118), ws and wss, for phones in browsers and others that open the connection themselves: one message in a message of
 * WebSocket, text or binary. Reading and writing frames is the work of `ws`.
 *
 *   accepted   once they are through TLS (wss, `tls-handshakes.ts`), and through the upgrade within HANDSHAKE_MS (`half-open.ts`, `ws-upgrade.ts`)
 *   kept       as all connections are (`connections.ts`). A ping goes out when nothing came for a while, and every client has to answer it
 *              (RFC 6455 section 5.5.2): a browser whose network is gone is known to be gone in a minute and a half
 *
 * Nothing is opened from here: whoever connected is reached over its connection, whatever its Via and Contact say (RFC 7118 section 5,
 * RFC 5626 section 5.3), and when that is gone, not at all.
 */

import { isUtf8 } from 'node:buffer'
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  STATUS_CODES,
} from 'node:http'
import type { Server, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../base/clock.ts'
import { overwriteRegisters } from '../base/leftovers.ts'
import { plainAddress } from '../base/source-address.ts'
import type { Milliseconds } from '../base/units.ts'
import { clientOf, createProxies } from './behind-proxy.ts'
import { type ConnectionLimits, Connections, type Kept } from './connections.ts'
import { MAX_BODY_BYTES } from './framer.ts'
import { HalfOpen } from './half-open.ts'
import { MAX_HEADER_BYTES } from './parse-message.ts'
import type { SipPeer } from './session.ts'
import { bindStream, MAX_UNREAD_PONGS_BYTES, MAX_UNSENT_BYTES } from './stream-connections.ts'
import { TlsHandshakes } from './tls-handshakes.ts'
import type { HandshakeFailure, TlsTerms } from './tls-terms.ts'
import { type Flow, failLater, type Listener, type Receive } from './transport.ts'
import { createFrameCutter, type FrameCutter } from './ws-frames.ts'
import { judgeUpgrade, readUpgrade, SUBPROTOCOL } from './ws-upgrade.ts'

/** How long a connection of a registered phone may bring nothing at all, answers to pings included. */
export const WS_IDLE_MS: Milliseconds = 90_000
/** A ping goes out after this long without anything. */
const QUIET_MS: Milliseconds = 30_000
/** Octets of one message; what is longer ends the connection (RFC 6455 section 7.4.1, 1009). */
export const MAX_MESSAGE_BYTES = MAX_HEADER_BYTES + 4 + MAX_BODY_BYTES
const MAX_FRAGMENTS = 256
const EMPTY = Buffer.alloc(0)
/** CRLF CRLF is a ping here as over TCP (RFC 5626 section 4.4.1); sip.js sends it. */
const PING = Buffer.from('\r\n\r\n', 'latin1')
const PONG = Buffer.from('\r\n', 'latin1')

export type WsOptions = {
  readonly listener: Listener
  readonly index: number
  readonly clock: Clock
  /** Certificates of wss; unused for ws. */
  readonly terms: TlsTerms
  readonly count: (name: string) => void
  readonly onFailure: (failure: HandshakeFailure) => void
  readonly limits?: ConnectionLimits | undefined
}

type Connection = Kept & { readonly webSocket: WebSocket }

export class WsTransport {
  readonly #options: WsOptions
  readonly #transport: 'ws' | 'wss'
  readonly #kept: Connections<Connection>
  readonly #halfOpen: HalfOpen
  readonly #handshakes: TlsHandshakes | undefined
  readonly #http: HttpServer
  readonly #webSockets: WebSocketServer
  readonly #isProxy: (address: string) => boolean
  #receive: Receive | undefined
  #closed: ((flow: Flow) => void) | undefined
  #server: Server | undefined
  #port = 0

  constructor(options: WsOptions) {
    this.#options = options
    const { listener, index, clock, count, limits } = options
    const { proxies } = listener
    const transport = listener.transport === 'wss' ? 'wss' : 'ws'
    this.#transport = transport
    this.#kept = new Connections({
      transport,
      listener: index,
      clock,
      count,
      limits,
      provedIdleMs: WS_IDLE_MS,
      onSweep: ({ webSocket, proved, deadlineMs }, nowMs) => {
        if (proved && deadlineMs - nowMs < WS_IDLE_MS - QUIET_MS) webSocket.ping()
      },
    })
    this.#halfOpen = new HalfOpen(clock, count, 'ws', proxies)
    this.#isProxy = createProxies(proxies)
    this.#http = this.#createHttp()
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // What was unpacked would lie where nobody overwrites it, and keys would show in lengths.
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      maxFragments: MAX_FRAGMENTS,
      handleProtocols: () => SUBPROTOCOL,
    })
    this.#handshakes =
      transport === 'ws'
        ? undefined
        : new TlsHandshakes({ ...options, transport, proxies, onSecure: (socket) => this.#begin(socket) })
  }

  /** Binds and accepts from now on. @throws Fault when its certificates cannot be used; else what the socket says. */
  async open(receive: Receive, closed: (flow: Flow) => void): Promise<void> {
    this.#receive = receive
    this.#closed = closed
    this.#handshakes?.open()
    const bound = await bindStream(this.#options.listener, (socket) => {
      if (this.#handshakes === undefined) this.#begin(socket)
      else this.#handshakes.begin(socket)
    })
    this.#server = bound.server
    this.#port = bound.port
  }

  get local(): SipPeer {
    return { transport: this.#transport, address: this.#options.listener.address, port: this.#port }
  }

  get connections(): number {
    return this.#kept.size
  }

  /** Clients that have connected and are no WebSocket yet. */
  get handshakes(): number {
    return this.#halfOpen.size + (this.#handshakes?.size ?? 0)
  }

  send(octets: Uint8Array, flow: Flow, failed?: () => void): void {
    const connection = this.#kept.ofFlow(flow)
    if (connection === undefined || connection.webSocket.readyState !== connection.webSocket.OPEN) failLater(failed)
    else if (connection.webSocket.bufferedAmount > MAX_UNSENT_BYTES) {
      connection.destroy()
      failLater(failed)
    } else {
      // A text frame that is not UTF-8 would end the connection (RFC 6455 section 8.1).
      connection.webSocket.send(octets, { binary: !isUtf8(octets) }, (error) => {
        if (error) failed?.()
      })
    }
  }

  stands(flow: Flow): boolean {
    const connection = this.#kept.ofFlow(flow)
    return connection !== undefined && connection.webSocket.readyState === connection.webSocket.OPEN
  }

  keep(flow: Flow): void {
    this.#kept.keep(flow)
  }

  stray(flow: Flow): void {
    this.#kept.stray(flow)
  }

  /** May be called twice. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#kept.close()
    this.#halfOpen.close()
    this.#handshakes?.close()
    if (server !== undefined) await new Promise((resolve) => server.close(resolve))
  }

  describe(): string {
    return `${this.#transport} ${this.#options.listener.address}:${this.#port}, ${this.#kept.size} connections`
  }

  /** Nothing but upgrades is answered with anything but a refusal. It never listens itself: sockets are handed to it. */
  #createHttp(): HttpServer {
    const http = createHttpServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
      this.#options.count('ws-not-upgraded')
      const isGet = request.method === 'GET'
      const headers = { Connection: 'close', ...(isGet ? { Upgrade: 'websocket' } : { Allow: 'GET' }) }
      response.writeHead(isGet ? 426 : 405, headers).end()
    })
    http.on('upgrade', (request, socket: Socket, head) => this.#upgrade(request, socket, head))
    http.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
      // Whatever it was, SIP without a WebSocket for instance, it is not kept.
      error.rawPacket?.fill(0)
      this.#options.count('ws-bad-upgrade')
      if (socket.writable) socket.end(refusalText(error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400))
      else socket.destroy()
    })
    return http
  }

  #begin(socket: Socket): void {
    socket.on('error', () => {})
    if (this.#server === undefined) socket.destroy()
    else if (this.#halfOpen.begin(socket)) this.#http.emit('connection', socket)
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const refusal = judgeUpgrade(readUpgrade(request, head), {
      origins: this.#options.listener.origins ?? [],
      withoutOrigin: this.#options.listener.withoutOrigin ?? 'accept',
    })
    head.fill(0)
    const address = clientOf(
      request.headers['x-forwarded-for'],
      plainAddress(socket.remoteAddress ?? ''),
      this.#isProxy,
    )
    if (refusal !== undefined) {
      const { count, onFailure } = this.#options
      count(refusal.why)
      const fault = refusal.why === 'ws-foreign-origin' ? 'sip.foreign-origin' : 'sip.upgrade-refused'
      onFailure({ transport: this.#transport, fault, address, direction: 'incoming' })
      socket.end(refusalText(refusal.status))
      return
    }
    const peer = { address, port: socket.remotePort ?? 0 }
    const cutter = createFrameCutter(MAX_MESSAGE_BYTES)
    this.#webSockets.handleUpgrade(request, framed(socket, cutter), EMPTY, (webSocket) => {
      this.#halfOpen.end(socket)
      this.#greet(webSocket, peer, cutter)
    })
  }

  #greet(webSocket: WebSocket, peer: Omit<SipPeer, 'transport'>, cutter: FrameCutter): void {
    const connection: Connection = {
      flow: this.#kept.flowTo(peer),
      webSocket,
      deadlineMs: this.#kept.deadlineMs(false),
      proved: false,
      isAccepted: true,
      destroy: () => webSocket.terminate(),
    }
    webSocket.on('error', () => this.#options.count('ws-protocol-error'))
    webSocket.on('close', () => {
      cutter.close()
      this.#kept.remove(connection)
      this.#closed?.(connection.flow)
    })
    if (!this.#kept.add(connection)) return
    const hear = () => {
      if (connection.proved) connection.deadlineMs = this.#kept.deadlineMs(true)
    }
    const stray = () => this.#kept.stray(connection.flow)
    webSocket.on('ping', hear).on('ping', stray)
    webSocket.on('pong', hear).on('pong', stray)
    webSocket.on('message', (octets: Buffer) => {
      cutter.taken(octets)
      overwriteRegisters(octets.length)
      hear()
      if (octets.equals(PING)) {
        // Who asks and does not listen is cut off, as `ws` does it with pings of its own.
        if (webSocket.bufferedAmount > MAX_UNREAD_PONGS_BYTES) connection.destroy()
        else webSocket.send(PONG, { binary: false })
        stray()
      } else if (octets.length > PING.length) {
        connection.deadlineMs = this.#kept.deadlineMs(connection.proved)
        this.#receive?.(octets, connection.flow, 'datagram')
      } else stray()
    })
  }
}

function refusalText(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
}

/** The socket as `ws` sees it: whole frames come out of it. */
function framed(socket: Socket, cutter: FrameCutter): Duplex {
  const duplex = new Duplex({
    allowHalfOpen: false,
    // Frames stay apart when they wait.
    readableObjectMode: true,
    read: () => socket.resume(),
    write: (octets: Buffer, _encoding, done) => void socket.write(octets, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', (chunk: Buffer) => {
    overwriteRegisters(chunk.length)
    for (const frame of cutter.push(chunk)) if (!duplex.push(frame)) socket.pause()
    overwriteRegisters(chunk.length)
  })
  socket.on('end', () => duplex.push(null))
  socket.on('close', () => duplex.destroy())
  return duplex
}
