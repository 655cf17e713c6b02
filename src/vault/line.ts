/**
 * The caller's socket while a vault has it: packets in to the keypad, packets out from the voice. It comes with a ticket and leaves
 * with one. No packet is kept; the memory that the operating system's packets were read into is overwritten before it leaves.
 */

import type { Clock } from '../base/clock.ts'
import { flushReceived } from '../base/received-flush.ts'
import type { UdpHandle } from '../base/udp-handle.ts'
import type { Milliseconds } from '../base/units.ts'
import type { Ticket } from '../media/contract.ts'
import type { CallerSocket, CallerSockets } from './caller-sockets.ts'
import type { VaultCounts } from './contract.ts'
import type { Key } from './key.ts'
import { Keypad } from './keypad.ts'
import { LineProtection } from './line-protection.ts'
import { Voice } from './voice.ts'

export type LineOptions = {
  readonly handle: UdpHandle
  readonly ticket: Ticket
  readonly clock: Clock
  onOpen(): void
  onKey(key: Key): void
  onPlayed(): void
  /** The socket failed; it is closed. */
  onBroken(): void
}

/** What a session needs of a line; a replay of a capture brings one without a socket. */
export type CallerLine = Pick<
  Line,
  'open' | 'play' | 'hush' | 'tick' | 'key' | 'move' | 'isQuiet' | 'wipe' | 'release' | 'flush' | 'close' | 'counts'
>

export class Line {
  readonly #options: LineOptions
  readonly #sockets: CallerSockets
  /** SRTP, where it was agreed on. */
  readonly #protection: LineProtection | undefined
  readonly #keypad: Keypad
  readonly #voice: Voice
  #remote: Ticket['stream']['remote']
  #socket: CallerSocket | undefined
  #closed = false
  #received = 0

  /** @param sockets whose beat is that of `tick`. */
  constructor(options: LineOptions, sockets: CallerSockets) {
    const { ticket, clock } = options
    this.#options = options
    this.#sockets = sockets
    this.#remote = ticket.stream.remote
    const nowMs = clock.now()
    this.#protection = protectionOf(ticket)
    this.#keypad = new Keypad(ticket, nowMs, options.onKey, this.#protection)
    this.#voice = new Voice({
      ticket,
      nowMs,
      room: this.#protection?.growth ?? 0,
      send: (packet, size) => this.#send(packet, size),
      onPlayed: options.onPlayed,
    })
  }

  /** Begins to read from the handle; `onOpen` follows, at once or soon. */
  open(): void {
    const { handle, ticket, clock, onBroken } = this.#options
    this.#sockets.take(handle, ticket.family, {
      onOpen: (socket) => this.#onBound(socket),
      onPacket: (packet, address, port) => {
        this.#received++
        this.#keypad.accept(packet, address, port, clock.now())
      },
      onBroken,
    })
  }

  play(clips: Iterable<Uint8Array>): void {
    this.#voice.play(clips)
  }

  hush(): void {
    this.#voice.hush()
  }

  /** Sends what is due. */
  tick(nowMs: Milliseconds): void {
    if (this.#socket !== undefined) this.#voice.tick(nowMs)
  }

  /** Takes a key that came by SIP INFO; before the socket is here and after it is gone there is nobody to take it. */
  key(code: number): void {
    if (this.#socket !== undefined) this.#keypad.told(code, this.#options.clock.now())
  }

  /** The far end described another address for its stream. */
  move(place: Pick<Ticket['stream'], 'remote' | 'signalledFrom'>): void {
    this.#remote = place.remote
    this.#keypad.move(place)
  }

  /** Datagrams read from the socket and packets sent through it since it came; presses until the wipe, by the transport that told each first. */
  get counts(): VaultCounts {
    const sent = this.#voice.packetsSent - this.#options.ticket.packetsSent
    return { received: this.#received, sent, presses: this.#keypad.presses }
  }

  isQuiet(nowMs: Milliseconds, forMs: Milliseconds): boolean {
    return this.#keypad.isQuiet(nowMs, forMs)
  }

  /** Overwrites everything that tells of a press; the line stays up. */
  wipe(): void {
    this.#keypad.wipe()
  }

  /**
   * Stops reading and sending, and gives the handle and the ticket. The line is closed by `close` once the handle was sent.
   * @returns undefined when there is no socket any more.
   */
  release(): { readonly handle: UdpHandle; readonly ticket: Ticket } | undefined {
    const socket = this.#socket
    if (socket === undefined || this.#closed) return undefined
    const handle = socket.handle()
    const ticket = this.#voice.ticket(this.#options.clock.now(), this.#keypad.latched, this.#keypad.remoteSsrc)
    this.#keypad.wipe()
    return { handle, ticket: { ...ticket, srtp: this.#protection?.state } }
  }

  /** Overwrites the memory that received datagrams passed through; to be called last. */
  flush(): void {
    flushReceived(this.#options.ticket.family, this.#options.clock, () => undefined)
  }

  /** Closes the socket. May be called twice. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#keypad.close()
    this.#protection?.wipe()
    this.#socket?.close()
    this.#socket = undefined
  }

  #onBound(socket: CallerSocket): void {
    if (this.#closed) {
      socket.close()
      return
    }
    this.#socket = socket
    this.#options.onOpen()
  }

  #send(packet: Buffer, size: number): void {
    const left = this.#protection === undefined ? size : this.#protection.protect(packet, size)
    if (left >= 0) this.#socket?.send(packet, left, this.#keypad.latched ?? this.#remote)
  }
}

/** @throws TypeError for keys without their state: to begin anew under them would tell what was said. */
function protectionOf({ stream, srtp }: Ticket): LineProtection | undefined {
  if (stream.srtp === undefined) return undefined
  if (srtp === undefined) throw new TypeError('keys without their state')
  return new LineProtection(stream.srtp, srtp)
}
