/**
 * SRTP on the caller's line while a vault has it (RFC 3711): goes on where the media process stopped, with the same keys, rollover counters and
 * replay windows, and says in the ticket where it stopped itself.
 */

import { wipeKeys } from '../base/srtp-suites.ts'
import type { SrtpState, Ticket } from '../media/contract.ts'
import { SrtpContext } from '../rtp/srtp.ts'

type Keys = NonNullable<Ticket['stream']['srtp']>

export class LineProtection {
  readonly #keys: Keys
  readonly #sending: SrtpContext
  readonly #receiving: SrtpContext
  #wiped = false

  constructor(keys: Keys, { sent, received, earlier, opened }: SrtpState) {
    const { suite, sendMaster, receiveMaster, receiveLifetime: most } = keys
    this.#keys = keys
    this.#sending = new SrtpContext(suite, sendMaster, sent)
    const life = most === undefined ? undefined : { most, been: opened }
    this.#receiving = new SrtpContext(suite, receiveMaster, received, earlier, life)
  }

  /** Octets that protection adds. */
  get growth(): number {
    return this.#sending.growth
  }

  /** Protects `packet[0..size)`. @returns the new size; below zero when the packet must not be sent. */
  protect(packet: Uint8Array, size: number): number {
    return this.#sending.protect(packet, size)
  }

  /** Opens a received packet in place. @returns the size of the plain one; below zero when it is not to be taken. */
  open(packet: Uint8Array): number {
    return this.#receiving.open(packet, packet.length)
  }

  /** For whoever goes on with the stream. */
  get state(): SrtpState {
    const { sources: received, earlier, opened } = this.#receiving
    return { sent: this.#sending.sources, received, earlier, opened }
  }

  /** Overwrites the keys, those of the ticket among them. May be called twice. */
  wipe(): void {
    if (this.#wiped) return
    this.#wiped = true
    this.#sending.wipe()
    this.#receiving.wipe()
    wipeKeys(this.#keys)
  }
}
