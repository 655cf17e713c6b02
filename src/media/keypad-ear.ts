/**
 * Listens for keys at the far end of one port, the agent's: telephone-events, tones in the sound, and what control heard by SIP INFO,
 * each press once. Made when control asks for it, never for a caller's port, and wiped when it stops. A wiped one waits for the next call: to make
 * its buffers and have them collected takes longer than all else that media does for a call.
 */

import { type CodecName, codecNamed, type Milliseconds } from '../base/units.ts'
import { plainCodes } from '../rtp/code-store.ts'
import { createDecoder, type Decoder } from '../rtp/codec.ts'
import { DtmfReceiver } from '../rtp/dtmf-receiver.ts'
import { ARBITER_PRESSES, KeyArbiter } from '../rtp/key-arbiter.ts'
import { payloadEnd, payloadStart } from '../rtp/packet.ts'
import { EventReader } from '../rtp/telephone-event.ts'
import { AUDIO, EVENT, type PacketKind } from './link.ts'
import { SLOT_SIZE } from './udp-batch.ts'

/**
 * How long after an event tones count for nothing. Longer than any lag between the two; no longer, so that a phone or PBX that changes
 * over to tones in the middle of a call is not deaf for the rest of it. What comes back out of a loudspeaker later than that is a
 * feature code keyed twice, which does no harm.
 */
const TONES_SILENT_MS: Milliseconds = 2000
/** Keys one packet can tell of at most. */
const KEYS = 16
/** Wiped ears that are kept at most. */
const SHELVED = 128
const shelf: KeypadEar[] = []
/** Where sound is decoded to, of one packet at a time. */
const pcm = new Int16Array(SLOT_SIZE * 2)

/** @param eventClockRate of the far end's telephone-events, Hz. @returns an ear that has heard nothing. */
export function earFor(codec: CodecName, eventClockRate: number = codecNamed(codec).clockRate): KeypadEar {
  const at = shelf.findIndex((ear) => ear.codec === codec && ear.eventClockRate === eventClockRate)
  const [ear = new KeypadEar(codec, eventClockRate)] = at < 0 ? [] : shelf.splice(at, 1)
  ear.open()
  return ear
}

export class KeypadEar {
  readonly codec: CodecName
  readonly eventClockRate: number
  readonly #events: EventReader
  readonly #arbiter = new KeyArbiter(plainCodes(ARBITER_PRESSES), TONES_SILENT_MS)
  readonly #decoder: Decoder
  readonly #receiver: DtmfReceiver
  readonly #keys = new Int8Array(KEYS)
  #isOpen = false

  /** For `earFor` alone. */
  constructor(codec: CodecName, eventClockRate: number) {
    this.codec = codec
    this.eventClockRate = eventClockRate
    this.#events = new EventReader(eventClockRate)
    this.#decoder = createDecoder(codec)
    this.#receiver = new DtmfReceiver(this.#decoder.sampleRate)
  }

  /** For `earFor` alone. */
  open(): void {
    this.#isOpen = true
  }

  /** Hears one packet. @returns how many keys became known: ask `keyAt`. */
  accept(packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): number {
    const start = payloadStart(packet)
    const end = payloadEnd(packet)
    if (kind === EVENT) return this.#event(packet, start, end, nowMs)
    return kind === AUDIO ? this.#sound(packet, start, end, nowMs) : 0
  }

  /** Takes a key that came by signalling. @returns whether it is a new one. */
  told(code: number, nowMs: Milliseconds): boolean {
    return this.#arbiter.fromInfo(code, nowMs) >= 0
  }

  /** RFC 4733 code of the i-th key of the last `accept`. */
  keyAt(i: number): number {
    return this.#keys[i] as number
  }

  /** Overwrites what it heard. It is nobody's from now on. May be called twice. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#events.reset()
    this.#arbiter.reset()
    this.#receiver.wipe()
    this.#decoder.wipe()
    this.#keys.fill(0)
    pcm.fill(0)
    if (shelf.length < SHELVED) shelf.push(this)
  }

  #event(packet: Uint8Array, start: number, end: number, nowMs: Milliseconds): number {
    let known = 0
    let code = this.#events.accept(packet, start, end, nowMs)
    this.#arbiter.eventGoesOn(nowMs)
    for (; code >= 0 && known < KEYS; code = this.#events.more()) {
      const key = this.#arbiter.fromEvent(code, nowMs)
      if (key >= 0) this.#keys[known++] = key
    }
    return known
  }

  #sound(packet: Uint8Array, start: number, end: number, nowMs: Milliseconds): number {
    const samples = this.#decoder.decode(packet, start, end, pcm)
    const digits = this.#receiver.accept(pcm, 0, samples)
    let known = 0
    for (let i = 0; i < digits; i++) {
      const key = this.#arbiter.fromTone(this.#receiver.digitAt(i), nowMs, nowMs)
      if (key >= 0 && known < KEYS) this.#keys[known++] = key
    }
    return known
  }
}
