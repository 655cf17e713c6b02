/**
 * Makes the packets of key presses as a phone sends them (RFC 4733 section 2.5.1): a start, updates every packet time, three
 * ends. Sends nothing itself and keeps no time.
 */
import type { Milliseconds, PayloadType, SequenceNumber, Ssrc, Timestamp } from '../base/units.ts'
import { EVENT_SIZE, MAX_DURATION, writeTelephoneEvent } from './event-payload.ts'
import { HEADER_SIZE, writeHeader } from './packet.ts'
import { addSequence, addTimestamp } from './sequence.ts'

/** Length of a packet with one event, without CSRCs or extension. */
export const EVENT_PACKET_SIZE: number = HEADER_SIZE + EVENT_SIZE
/** The end is told three times (section 2.5.1.4). */
const END_PACKETS = 3
const DEFAULT_VOLUME = 10

export type EventStream = {
  readonly ssrc: Ssrc
  readonly payloadType: PayloadType
  /** Sequence number of the next packet. */
  readonly sequence: SequenceNumber
  readonly clockRate?: number
  readonly ptimeMs?: Milliseconds
  /** Level in -dBm0. */
  readonly volume?: number
}

/** Makes the packets of key presses: a start, updates every packet time, three ends with sequence numbers of their own. */
export class EventSender {
  readonly #stream: EventStream
  readonly #step: number
  #sequence: SequenceNumber
  #code = 0
  #timestamp: Timestamp = 0
  #sent = 0
  #left = 0
  #endsLeft = 0
  #first = false
  #full = false

  constructor(stream: EventStream) {
    this.#stream = stream
    this.#sequence = stream.sequence
    this.#step = ((stream.ptimeMs ?? 20) * (stream.clockRate ?? 8000)) / 1000
  }

  /** Sequence number of the next packet, for the audio that goes on after the key. */
  get sequence(): SequenceNumber {
    return this.#sequence
  }

  /** Audio packets in between take numbers too. */
  set sequence(v: SequenceNumber) {
    this.#sequence = v
  }

  /** Begins a press. @param timestamp of its start. @param durationMs rounded up to whole packet times. */
  press(code: number, timestamp: Timestamp, durationMs: Milliseconds): void {
    const perMs = (this.#stream.clockRate ?? 8000) / 1000
    this.#code = code
    this.#timestamp = timestamp
    this.#sent = 0
    this.#left = Math.max(1, Math.ceil((durationMs * perMs) / this.#step)) * this.#step
    this.#endsLeft = END_PACKETS
    this.#first = true
    this.#full = false
  }

  /**
   * Writes the next packet of the press to the front of `out`; the caller sends one a packet time, the ends may follow each
   * other at once.
   * @returns its length, or 0 when the press has been told.
   */
  next(out: Uint8Array): number {
    if (this.#endsLeft === 0) return 0
    if (this.#left > 0) {
      this.#sent += this.#step
      this.#left -= this.#step
    }
    const ends = this.#left === 0
    if (this.#sent > MAX_DURATION) this.#fill(ends)
    if (ends) this.#endsLeft--
    const s = this.#stream
    const at = writeHeader(out, s.payloadType, this.#first, this.#sequence, this.#timestamp, s.ssrc)
    this.#first = false
    this.#sequence = addSequence(this.#sequence, 1)
    return (
      at +
      writeTelephoneEvent(out, at, this.#code, ends, s.volume ?? DEFAULT_VOLUME, Math.min(MAX_DURATION, this.#sent))
    )
  }

  /**
   * A segment is told full once, at 0xFFFF, and the next one begins there; neither end nor marker say so (section 2.5.1.3).
   */
  #fill(ends: boolean): void {
    this.#full = !this.#full && !ends
    if (this.#full) return
    this.#timestamp = addTimestamp(this.#timestamp, MAX_DURATION)
    this.#sent -= MAX_DURATION
  }

  /** Overwrites the key that was sent last. */
  wipe(): void {
    this.#code = 0
    this.#timestamp = 0
    this.#sent = 0
    this.#left = 0
    this.#endsLeft = 0
  }
}
