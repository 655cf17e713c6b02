/**
 * SIP over UDP (RFC 3261 section 18). dgram-as-promised binds and closes; sends are fire and forget, because waiting for each
 * of them buys nothing: the transaction's timers find out. Buffers are 4 MB, since any stall of some ten milliseconds would
 * overflow the default of Linux at load.
 */

import { isIPv6 } from 'node:net'
import { DgramAsPromised, type SocketAsPromised } from 'dgram-as-promised'
import type { Clock } from '../base/clock.ts'
import { overwriteRegisters } from '../base/leftovers.ts'
import { plainAddress } from '../base/source-address.ts'
import { createFlood } from './flood.ts'
import type { SipPeer } from './session.ts'
import { answerStun, isStun } from './stun.ts'
import { type Flow, failLater, type Listener, type Receive } from './transport.ts'
import { createUdpProbe, type UdpProbe } from './udp-probe.ts'

/** Answers to STUN: many phones may be behind one address, and each asks twice a minute (RFC 5626 section 4.4.2). */
const STUN_LIMITS = { perAddress: 100, burst: 200, total: 2000 }
const SOCKET_BUFFER_BYTES = 4 * 2 ** 20

/** Addresses are numeric by now; dgram would ask the resolver about them all the same. */
function noLookup(
  host: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, host, isIPv6(host) ? 6 : 4)
}

export type UdpOptions = {
  readonly listener: Listener
  readonly index: number
  readonly clock: Clock
  readonly count: (name: string) => void
}

export class UdpTransport {
  readonly #listener: Listener
  readonly #index: number
  readonly #clock: Clock
  readonly #count: (name: string) => void
  readonly #probe: UdpProbe
  readonly #mayAnswer = createFlood(STUN_LIMITS)
  #socket: SocketAsPromised | undefined
  #port = 0

  constructor({ listener, index, clock, count }: UdpOptions) {
    this.#listener = listener
    this.#index = index
    this.#clock = clock
    this.#count = count
    this.#probe = createUdpProbe(clock, listener.address)
  }

  /** Binds and receives from now on. @throws what the socket says. */
  async open(receive: Receive): Promise<void> {
    const { address, port } = this.#listener
    const socket = DgramAsPromised.createSocket({
      type: isIPv6(address) ? 'udp6' : 'udp4',
      lookup: noLookup,
      recvBufferSize: SOCKET_BUFFER_BYTES,
      sendBufferSize: SOCKET_BUFFER_BYTES,
    })
    try {
      await socket.bind({ address, port })
    } catch (thrown) {
      await socket.close()
      throw thrown
    }
    this.#socket = socket
    this.#port = socket.address().port
    const listener = this.#index
    socket.socket.on('error', () => {})
    socket.socket.on('message', (octets, remote) => {
      // It may hold a digit, and what comes next may make the engine write its registers away.
      overwriteRegisters(octets.length)
      if (isStun(octets)) return this.#answerStun(octets, remote.address, remote.port)
      receive(
        octets,
        { transport: 'udp', address: plainAddress(remote.address), port: remote.port, listener, connection: 0 },
        'datagram',
      )
    })
  }

  #answerStun(octets: Buffer, address: string, port: number): void {
    const answer = answerStun(octets, address, port)
    if (answer === undefined) this.#count('dropped-stun')
    else if (!this.#mayAnswer(address, this.#clock.now())) this.#count('flood')
    else this.#socket?.socket.send(answer, port, address, () => {})
  }

  get local(): SipPeer {
    return { transport: 'udp', address: this.#listener.address, port: this.#port }
  }

  send(octets: Uint8Array, flow: Flow, failed?: () => void): void {
    const socket = this.#socket
    if (socket === undefined) {
      failLater(failed)
      return
    }
    const mapped = this.#listener.address === '::' && !isIPv6(flow.address)
    try {
      socket.socket.send(octets, flow.port, mapped ? `::ffff:${flow.address}` : flow.address, (error) => {
        if (error && failed !== undefined) failed()
      })
    } catch {
      // A port of 0 or an address that the kernel does not take: as lost as a lost datagram, but known.
      failLater(failed)
    }
  }

  stands(): boolean {
    return true
  }

  doubt({ address, port }: Flow, refused: () => void): void {
    if (this.#socket !== undefined) this.#probe.ask(address, port, refused)
  }

  /** May be called twice. */
  async close(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    this.#probe.close()
    await socket?.close()
  }

  describe(): string {
    return `udp ${this.#listener.address}:${this.#port}`
  }
}
