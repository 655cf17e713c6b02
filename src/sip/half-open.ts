/**
 * Clients that have connected and are not through their handshake yet, the one of TLS or the one of WebSocket: bounded in number, in time, and in
 * how many a second begin. Each costs a signature, or the reading of a head.
 */

import type { Socket } from 'node:net'
import type { Clock, Timer } from '../base/clock.ts'
import { plainAddress } from '../base/source-address.ts'
import { createProxies } from './behind-proxy.ts'
import { createFlood } from './flood.ts'

/** ms that a client's handshake may take. */
export const HANDSHAKE_MS = 10_000
/** Under way at once; the oldest makes room. */
const MAX_HANDSHAKES = 1024
const HANDSHAKE_LIMITS = { perAddress: 50, burst: 500, total: 1000 }

export class HalfOpen {
  readonly #clock: Clock
  readonly #count: (name: string) => void
  readonly #of: string
  /** Oldest first. */
  readonly #clients = new Map<string, { readonly socket: Socket; readonly limit: Timer }>()
  readonly #mayBegin = createFlood(HANDSHAKE_LIMITS)
  readonly #isProxy: (address: string) => boolean

  /** @param of which handshake, as the names of the counters have it. @param proxies networks whose clients are not one client. */
  constructor(clock: Clock, count: (name: string) => void, of: 'tls' | 'ws', proxies: readonly string[] = []) {
    this.#clock = clock
    this.#isProxy = createProxies(proxies)
    this.#count = count
    this.#of = of
  }

  get size(): number {
    return this.#clients.size
  }

  /** Takes a client in. @returns false when too many have come: it is closed. */
  begin(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress ?? '')
    if (address === '' || !(this.#isProxy(address) || this.#mayBegin(address, this.#clock.now()))) {
      this.#count(`${this.#of}-too-many-handshakes`)
      socket.destroy()
      return false
    }
    if (this.#clients.size >= MAX_HANDSHAKES) {
      for (const { socket: oldest } of this.#clients.values()) {
        oldest.destroy()
        break
      }
    }
    const key = endOf(socket)
    const limit = this.#clock.after(HANDSHAKE_MS, () => {
      this.#count(`${this.#of}-slow-handshake`)
      socket.destroy()
    })
    this.#clients.set(key, { socket, limit })
    socket.on('close', () => this.#forget(key))
    return true
  }

  /** It is through. @param socket the one that began, or the one that TLS made of it. */
  end(socket: Socket): void {
    this.#forget(endOf(socket))
  }

  /** May be called twice. */
  close(): void {
    for (const { socket, limit } of this.#clients.values()) {
      limit.cancel()
      socket.destroy()
    }
    this.#clients.clear()
  }

  #forget(key: string): void {
    this.#clients.get(key)?.limit.cancel()
    this.#clients.delete(key)
  }
}

function endOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}
