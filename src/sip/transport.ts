/** What the layers above know of a transport: flows to send on, and a wire that carries octets. Types and small rules only. */

import { isIPv6 } from 'node:net'
import { isOverTls } from '../base/sip-uri-words.ts'
import type { SipPeer, SipTransport } from './session.ts'

/** A way to a peer: which socket of ours, and which address of theirs. A message's flow is the way back. */
export type Flow = SipPeer & {
  /** Which of our listeners it belongs to: its address stands in our Via and Contact. */
  readonly listener: number
  /** The connection it came in on; 0 for none. */
  readonly connection: number
}

export type Wire = {
  /** Binds. `closed` is told of every connection that ends. @throws what the socket says. */
  open(receive: Receive, closed: (flow: Flow) => void): Promise<void>
  /** Sends and forgets. `failed` is called, later, when the octets surely did not leave. */
  send(octets: Uint8Array, flow: Flow, failed?: () => void): void
  /** The listeners as bound, in the order of the options. */
  readonly listening: readonly SipPeer[]
  /** @returns false for a connection that its peer has opened and that has ended: a new one to the port it came from would find nobody. */
  stands(flow: Flow): boolean
  /** Asks the host of a peer that does not answer whether anybody is there. `refused` is called, later, when it says that nobody is. */
  doubt(flow: Flow, refused: () => void): void
  /** The peer has proved itself: its connection may be idle for longer. */
  keep(flow: Flow): void
  /** What came by a flow was of no use to anybody, and needs no answer: a connection that brings too much of it is ended. */
  stray(flow: Flow): void
  /** Closes everything. May be called twice. */
  close(): Promise<void>
}

/** How a message was cut: a whole datagram, out of a stream by its length, or what is left of a stream whose framing is lost. */
export type Cut = 'datagram' | 'framed' | 'broken'

/** Takes one message. The octets may be changed. */
export type Receive = (octets: Buffer, flow: Flow, cut: Cut) => void

/** Where Sotto listens. */
export type Listener = {
  readonly transport: SipTransport
  /** IPv4 or IPv6 address without brackets; `0.0.0.0` and `::` for all. */
  readonly address: string
  /** 0 for any free one. */
  readonly port: number
  /** Address that peers reach it at, when that is not `address`. */
  readonly announcedAddress?: string
  /** Port that they reach it at, when that is not `port`. */
  readonly announcedPort?: number
  /** WebSocket only: of which pages browsers may connect, and who names none; when absent of no page, and such a client may (`ws-upgrade.ts`). */
  readonly origins?: readonly string[]
  readonly withoutOrigin?: 'accept' | 'refuse'
  /** WebSocket only: networks of proxies that are believed whom they connect for. None when absent. */
  readonly proxies?: readonly string[]
}

/** @returns whether a transport is a stream: what is sent arrives, in order, or the connection ends. */
export function isStream(transport: SipTransport): boolean {
  return transport !== 'udp'
}

/** @returns whether nobody on the way can read what is sent. */
export function isSecure(transport: SipTransport): boolean {
  return isOverTls(transport)
}

/** @returns whether a transport is WebSocket: its peers open every connection, and are reached over that one alone (RFC 7118 section 5). */
export function isWebSocket(transport: SipTransport): boolean {
  return transport === 'ws' || transport === 'wss'
}

/** @returns what stands in a URI for a transport: `ws` for both kinds, the scheme says which (RFC 7118 section 5.2). */
export function uriTransport(transport: SipTransport): string {
  return isWebSocket(transport) ? 'ws' : transport
}

/** @returns the port of a peer that names none (RFC 3261 section 19.1.2, RFC 7118 section 5.2). */
export function defaultPort(transport: SipTransport): number {
  if (isWebSocket(transport)) return isSecure(transport) ? 443 : 80
  return isSecure(transport) ? 5061 : 5060
}

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}

/** @returns the listener that can reach a peer: same transport, same family (`::` reaches both); -1 when none can. */
export function listenerFor(listening: readonly SipPeer[], peer: SipPeer): number {
  const v6 = isIPv6(peer.address)
  const fits = (each: SipPeer, exact: boolean) =>
    each.transport === peer.transport && (isIPv6(each.address) === v6 || (!exact && each.address === '::'))
  const loopback = isLoopback(peer.address)
  const own = listening.findIndex(
    (each) => fits(each, true) && (isWildcard(each.address) || isLoopback(each.address) === loopback),
  )
  if (own >= 0) return own
  const exact = listening.findIndex((each) => fits(each, true))
  return exact >= 0 ? exact : listening.findIndex((each) => fits(each, false))
}

/** Reports, later, that octets did not leave. */
export function failLater(failed: (() => void) | undefined): void {
  if (failed !== undefined) queueMicrotask(failed)
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

/** @returns whether two are the same address, port and transport. */
export function isSamePeer(a: SipPeer, b: SipPeer): boolean {
  return a.transport === b.transport && a.address === b.address && a.port === b.port
}
