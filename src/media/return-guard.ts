/**
 * Stands at a port whose socket has just come back from a vault: nothing of a key that was pressed before may be relayed.
 *
 *   telephone-event  events that began before the return, by their own duration, are muted for good; so is what continues them
 *   sound            the first 40 ms are muted whatever they hold, for a tone cannot be told sooner; then what has a tone
 *                    pair in it, until 300 ms have passed and the pair is gone
 *
 * In doubt it mutes. It hears the sound from the moment of the return, whether anyone listens yet or not.
 */

import { type CodecName, codecNamed, type Milliseconds, type Timestamp } from '../base/units.ts'
import { createDecoder, type Decoder, soundMs } from '../rtp/codec.ts'
import { DtmfReceiver } from '../rtp/dtmf-receiver.ts'
import { payloadEnd, payloadStart, timestamp } from '../rtp/packet.ts'
import { timestampDelta } from '../rtp/sequence.ts'
import { EVENT_SIZE, eventDuration, MAX_DURATION } from '../rtp/telephone-event.ts'
import { AUDIO, EVENT, type PacketKind } from './link.ts'
import { SLOT_SIZE } from './udp-batch.ts'

/** Sound muted without asking. */
const BLIND_MS: Milliseconds = 40
/** Sound that is listened to for a tone left over. */
const LISTEN_MS: Milliseconds = 300
/** An event that seems to begin this soon after the return may have waited in the kernel's buffer meanwhile. */
const MARGIN_MS: Milliseconds = 50
/** After that long no packet of an old press is on its way any more. */
const OVER_MS: Milliseconds = 10_000

export class ReturnGuard {
  readonly #sinceMs: Milliseconds
  readonly #eventUnitsPerMs: number
  readonly #codec: CodecName
  readonly #decoder: Decoder
  readonly #receiver: DtmfReceiver
  readonly #pcm: Int16Array = new Int16Array(SLOT_SIZE * 2)
  #heardMs = 0
  #soundFree = false
  #oldEvent: Timestamp = 0
  #oldEventKnown = false

  /** @param eventClockRate of the far end's telephone-events, Hz. */
  constructor(codec: CodecName, nowMs: Milliseconds, eventClockRate: number = codecNamed(codec).clockRate) {
    this.#eventUnitsPerMs = eventClockRate / 1000
    this.#sinceMs = nowMs
    this.#codec = codec
    this.#decoder = createDecoder(codec)
    this.#receiver = new DtmfReceiver(this.#decoder.sampleRate)
  }

  /** @returns whether a packet may be heard by others. */
  admits(packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): boolean {
    if (kind === EVENT) return this.#admitsEvent(packet, nowMs)
    return kind !== AUDIO || this.#admitsSound(packet)
  }

  /** Whether there is nothing left to guard against. */
  isOver(nowMs: Milliseconds): boolean {
    return this.#soundFree && nowMs - this.#sinceMs > OVER_MS
  }

  /** Overwrites what it heard. May be called twice. */
  close(): void {
    this.#receiver.wipe()
    this.#decoder.wipe()
    this.#pcm.fill(0)
    this.#oldEvent = 0
    this.#oldEventKnown = false
  }

  #admitsEvent(packet: Uint8Array, nowMs: Milliseconds): boolean {
    const start = payloadStart(packet)
    if (payloadEnd(packet) - start < EVENT_SIZE) return false
    const ts = timestamp(packet)
    const beganMs = nowMs - eventDuration(packet, start) / this.#eventUnitsPerMs
    // A press longer than a segment goes on under the timestamp where the segment ended (RFC 4733 section 2.5.1.3).
    const behind = this.#oldEventKnown ? timestampDelta(this.#oldEvent, ts) : -1
    const continues = behind === 0 || behind === MAX_DURATION || behind === MAX_DURATION + 1
    const old = continues || beganMs < this.#sinceMs + MARGIN_MS
    if (!old) return true
    if (!this.#oldEventKnown || behind > 0) this.#oldEvent = ts
    this.#oldEventKnown = true
    return false
  }

  #admitsSound(packet: Uint8Array): boolean {
    if (this.#soundFree) return true
    const start = payloadStart(packet)
    const end = payloadEnd(packet)
    const samples = this.#decoder.decode(packet, start, end, this.#pcm)
    this.#receiver.accept(this.#pcm, 0, samples)
    this.#pcm.fill(0, 0, samples)
    this.#heardMs += soundMs(this.#codec, packet, start, end)
    if (this.#heardMs <= BLIND_MS || this.#receiver.toneDown) return false
    this.#soundFree = this.#heardMs >= LISTEN_MS
    if (this.#soundFree) this.#receiver.wipe()
    return true
  }
}
