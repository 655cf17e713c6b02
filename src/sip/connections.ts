/**
 * The connections of one listener, whatever they carry (RFC 3261 section 18, RFC 7118): found again by id or by peer, and bounded.
 *
 * Against idle and half-open clients: a connection that has not brought a whole message within `UNPROVED_IDLE_MS` is closed; so many stand in
 * all, and the longest idle unproved one makes room; so many from one source, where an unproved one of that source makes room or, when all
 * of them are phones that have proved themselves, the new one has to go. One that brings too much that is of no use is ended, whoever it is.
 */

import type { Clock, Timer } from '../base/clock.ts'
import { sourceOf } from '../base/source-address.ts'
import type { Milliseconds } from '../base/units.ts'
import { type Bucket, takeOne } from './flood.ts'
import type { SipPeer, SipTransport } from './session.ts'
import type { Flow } from './transport.ts'

/** How long a connection may be idle, or hold half a message, whose peer has proved nothing. */
export const UNPROVED_IDLE_MS: Milliseconds = 30_000
const SWEEP_MS: Milliseconds = 5000
/**
 * What one connection may bring that is of no use and needs no answer, a second, and at once: responses and ACKs to nothing, garbage, empty messages,
 * pings. Such a flood is held up by nothing else. A phone that comes back late has a few dozen of them.
 */
const STRAYS_PER_SECOND = 50
export const STRAYS_BURST = 500

export type ConnectionLimits = {
  /** Connections of one listener. */
  readonly perListener: number
  /** Of those, connections that one source has opened to us. */
  readonly perSource: number
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = { perListener: 4096, perSource: 1000 }

/** What is known here of a connection. */
export type Kept = {
  readonly flow: Flow
  /** Until when it may stay without bringing another whole message. */
  deadlineMs: Milliseconds
  /** It is ours, a trunk's or a registered phone's. */
  proved: boolean
  /** The peer opened it. */
  readonly isAccepted: boolean
  /** Cuts it off; `remove` follows. */
  readonly destroy: () => void
  /** Whom it counts against. Kept, since to read it from thousands of IPv6 addresses takes milliseconds. */
  source?: string
  /** What it may still bring that is of no use. */
  strays?: Bucket
}

export type ConnectionsOptions<K extends Kept> = {
  readonly transport: SipTransport
  readonly listener: number
  readonly clock: Clock
  readonly count: (name: string) => void
  readonly limits?: ConnectionLimits | undefined
  /** How long a connection of a trunk or a registered phone may be idle. */
  readonly provedIdleMs: Milliseconds
  /** Called now and then with each connection that stands. */
  readonly onSweep?: (connection: K, nowMs: Milliseconds) => void
}

export class Connections<K extends Kept> {
  readonly #options: ConnectionsOptions<K>
  readonly #limits: ConnectionLimits
  readonly #byId = new Map<number, K>()
  readonly #byPeer = new Map<string, K>()
  /** How many each source has opened. */
  readonly #perSource = new Map<string, number>()
  #sweep: Timer | undefined
  #lastId = 0

  constructor(options: ConnectionsOptions<K>) {
    this.#options = options
    this.#limits = options.limits ?? DEFAULT_CONNECTION_LIMITS
  }

  get size(): number {
    return this.#byId.size
  }

  /** @returns the flow of a new connection. */
  flowTo(to: Omit<SipPeer, 'transport'>): Flow {
    const { transport, listener } = this.#options
    this.#lastId += 1
    return { ...to, transport, listener, connection: this.#lastId }
  }

  /** @returns until when a connection may stay that brings nothing from now on. */
  deadlineMs(proved: boolean): Milliseconds {
    return this.#options.clock.now() + (proved ? this.#options.provedIdleMs : UNPROVED_IDLE_MS)
  }

  /** Takes in a connection, if it has to be in place of another. @returns false when it cannot stay: it is cut off. */
  add(connection: K): boolean {
    const { flow, isAccepted } = connection
    if (this.#byId.size >= this.#limits.perListener) this.#drop('connections-full', () => true)
    const source = sourceOf(flow.address)
    connection.source = source
    const ofSource = this.#perSource.get(source) ?? 0
    if (isAccepted && ofSource >= this.#limits.perSource) {
      const isOther = (each: K) => each.isAccepted && !each.proved && each.source === source
      if (!this.#drop('connections-of-source', isOther)) {
        connection.destroy()
        return false
      }
    }
    this.#byId.set(flow.connection, connection)
    this.#byPeer.set(keyOf(flow), connection)
    if (isAccepted) this.#perSource.set(source, (this.#perSource.get(source) ?? 0) + 1)
    this.#sweep ??= this.#options.clock.after(SWEEP_MS, () => this.#sweepIdle())
    return true
  }

  /** Lets go of a connection that has ended. @returns false when it was not there any more. */
  remove(connection: K): boolean {
    const { flow, isAccepted, source = '' } = connection
    if (this.#byId.get(flow.connection) !== connection) return false
    this.#byId.delete(flow.connection)
    this.unname(connection)
    if (!isAccepted) return true
    const left = (this.#perSource.get(source) ?? 1) - 1
    if (left > 0) this.#perSource.set(source, left)
    else this.#perSource.delete(source)
    return true
  }

  /** It is not found by its peer any more: nothing further can be read from it. */
  unname(connection: K): void {
    const key = keyOf(connection.flow)
    if (this.#byPeer.get(key) === connection) this.#byPeer.delete(key)
  }

  /** @returns the connection a flow came by, while it stands. */
  ofFlow(flow: Flow): K | undefined {
    return this.#byId.get(flow.connection)
  }

  /** @returns the connection a flow came by, or one that leads to its peer. */
  find(flow: Flow): K | undefined {
    return this.ofFlow(flow) ?? this.#byPeer.get(keyOf(flow))
  }

  /** The peer of a flow has proved itself. */
  keep(flow: Flow): void {
    const connection = this.ofFlow(flow)
    if (connection === undefined) return
    connection.proved = true
    connection.deadlineMs = this.deadlineMs(true)
  }

  /** Something came by a flow that is of no use; of connections that we opened it is borne. */
  stray(flow: Flow): void {
    const connection = this.ofFlow(flow)
    if (connection?.isAccepted !== true) return
    const nowMs = this.#options.clock.now()
    connection.strays ??= { level: STRAYS_BURST, atMs: nowMs }
    if (takeOne(connection.strays, STRAYS_PER_SECOND, STRAYS_BURST, nowMs)) return
    this.#options.count('connections-of-strays')
    // Not when its socket has closed, which is later: more may come until then.
    this.remove(connection)
    connection.destroy()
  }

  /** Ends every connection. May be called twice. */
  close(): void {
    this.#sweep?.cancel()
    this.#sweep = undefined
    for (const { destroy } of [...this.#byId.values()]) destroy()
  }

  /** Cuts off the one of some that has been idle for longest. @returns false when there is none. */
  #drop(name: string, isOne: (connection: K) => boolean): boolean {
    let oldest: K | undefined
    for (const each of this.#byId.values()) {
      if (isOne(each) && (oldest === undefined || each.deadlineMs < oldest.deadlineMs)) oldest = each
    }
    this.#options.count(name)
    if (oldest === undefined) return false
    // Not when its socket has closed, which is later: more may come until then.
    this.remove(oldest)
    oldest.destroy()
    return true
  }

  #sweepIdle(): void {
    const { clock, onSweep } = this.#options
    const nowMs = clock.now()
    for (const connection of [...this.#byId.values()]) {
      if (connection.deadlineMs <= nowMs) connection.destroy()
      else onSweep?.(connection, nowMs)
    }
    this.#sweep = this.#byId.size === 0 ? undefined : clock.after(SWEEP_MS, () => this.#sweepIdle())
  }
}

/** A connection to one address serves the domain it was opened for, and no other that happens to be there (RFC 5922 section 7.3). */
function keyOf(peer: SipPeer): string {
  return `${peer.address} ${peer.port} ${peer.domain ?? ''}`
}
