/**
 * Telephone-events under a payload type that nobody agreed on: gateways send 101 whatever the answer said, and keys that are not heard
 * are a caller who cannot pay. A payload type is believed once two packets of it have the form of an event and go on as one does:
 *
 *     four octets, code 0 to 15, reserved bit clear (RFC 4733 section 2.3), dynamic payload type
 *     the second newer than the first, under the same timestamp, its duration no shorter and not zero, within 250 ms
 *
 * Nothing else that is sent in RTP does that; what comes once is not believed, so that in doubt there is no digit. Codes are not kept.
 */
import type { Milliseconds, PayloadType, SequenceNumber, Ssrc, Timestamp } from '../base/units.ts'
import { EVENT_SIZE, eventCode, eventDuration, LAST_KEY_CODE } from './event-payload.ts'
import { payloadType, sequence, ssrc, timestamp } from './packet.ts'
import { sequenceDelta } from './sequence.ts'

const FIRST_DYNAMIC: PayloadType = 96
const RESERVED_BIT = 0x40
/** Updates come every 10 to 60 ms; a few may be lost. */
const TOGETHER_MS: Milliseconds = 250

export class UnagreedEvents {
  #believed: PayloadType = -1
  #source: Ssrc = 0
  #type: PayloadType = -1
  #sequence: SequenceNumber = 0
  #timestamp: Timestamp = 0
  #duration = 0
  #seenMs: Milliseconds = 0

  /** @returns whether `packet[start..end)`, whose payload type was not agreed, is to be read as an event. */
  admits(packet: Uint8Array, start: number, end: number, nowMs: Milliseconds): boolean {
    const type = payloadType(packet)
    if (type < FIRST_DYNAMIC || end - start !== EVENT_SIZE || eventCode(packet, start) > LAST_KEY_CODE) return false
    if (((packet[start + 1] as number) & RESERVED_BIT) !== 0) return false
    const source = ssrc(packet)
    if (source !== this.#source) this.reset()
    if (type === this.#believed) return true
    const goesOn = this.#goesOn(packet, start, type, nowMs)
    this.#source = source
    this.#type = type
    this.#sequence = sequence(packet)
    this.#timestamp = timestamp(packet)
    this.#duration = eventDuration(packet, start)
    this.#seenMs = nowMs
    if (goesOn) this.#believed = type
    return goesOn
  }

  /** Believes nothing any more. */
  reset(): void {
    this.#believed = -1
    this.#source = 0
    this.#type = -1
    this.#sequence = 0
    this.#timestamp = 0
    this.#duration = 0
    this.#seenMs = 0
  }

  #goesOn(packet: Uint8Array, start: number, type: PayloadType, nowMs: Milliseconds): boolean {
    const duration = eventDuration(packet, start)
    return (
      type === this.#type &&
      timestamp(packet) === this.#timestamp &&
      sequenceDelta(this.#sequence, sequence(packet)) > 0 &&
      duration >= this.#duration &&
      duration > 0 &&
      nowMs - this.#seenMs <= TOGETHER_MS
    )
  }
}
