/** A caller's line without a socket: packets come out of a capture, and what is said to the caller goes nowhere, with the timing it would have. */

import type { UdpHandle } from '../base/udp-handle.ts'
import type { Milliseconds } from '../base/units.ts'
import type { Ticket } from '../media/contract.ts'
import type { VaultCounts } from '../vault/contract.ts'
import { Keypad } from '../vault/keypad.ts'
import type { CallerLine, LineOptions } from '../vault/line.ts'
import { Voice } from '../vault/voice.ts'

/** Stands where a session expects a handle; nothing can be done with it. */
export const NO_HANDLE: UdpHandle = { recvStop: () => 0, close: () => undefined }

export class OfflineLine implements CallerLine {
  readonly #options: LineOptions
  readonly #keypad: Keypad
  readonly #voice: Voice
  #received = 0
  #open = false
  #closed = false

  constructor(options: LineOptions) {
    const { ticket, clock, onPlayed } = options
    this.#options = options
    this.#keypad = new Keypad(ticket, clock.now(), (key) => options.onKey(key))
    this.#voice = new Voice({ ticket, nowMs: clock.now(), send: () => undefined, onPlayed })
  }

  open(): void {
    this.#open = true
    this.#options.onOpen()
  }

  /** A packet of the capture arrives. A copy is taken - a slice of a buffer would be none - since what a keypad has seen it overwrites. */
  accept(packet: Uint8Array, address: string, port: number): void {
    if (!this.#open || this.#closed) return
    this.#received++
    this.#keypad.accept(Uint8Array.from(packet), address, port, this.#options.clock.now())
  }

  get counts(): VaultCounts {
    const sent = this.#voice.packetsSent - this.#options.ticket.packetsSent
    return { received: this.#received, sent, presses: this.#keypad.presses }
  }

  /** A key that the capture has by SIP INFO. */
  key(code: number): void {
    if (this.#open && !this.#closed) this.#keypad.told(code, this.#options.clock.now())
  }

  move(place: Parameters<CallerLine['move']>[0]): void {
    this.#keypad.move(place)
  }

  play(clips: readonly Uint8Array[]): void {
    this.#voice.play(clips)
  }

  hush(): void {
    this.#voice.hush()
  }

  tick(nowMs: Milliseconds): void {
    if (this.#open) this.#voice.tick(nowMs)
  }

  isQuiet(nowMs: Milliseconds, forMs: Milliseconds): boolean {
    return this.#keypad.isQuiet(nowMs, forMs)
  }

  wipe(): void {
    this.#keypad.wipe()
  }

  release(): { readonly handle: UdpHandle; readonly ticket: Ticket } | undefined {
    if (this.#closed) return undefined
    const ticket = this.#voice.ticket(this.#options.clock.now(), this.#keypad.latched, this.#keypad.remoteSsrc)
    this.#keypad.wipe()
    return { handle: NO_HANDLE, ticket }
  }

  flush(): void {
    // No datagram was received.
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#keypad.close()
  }
}
