/**
 * Listens for keys at the far end of one port, the agent's: telephone-events and tones in the sound, each press once. Made when
 * control asks for it, never for a caller's port, and wiped when it stops.
 */

import type { CodecName, Milliseconds } from '../base/units.ts'
import { createDecoder, type Decoder } from '../rtp/codec.ts'
import { DtmfReceiver } from '../rtp/dtmf-receiver.ts'
import { KeyArbiter } from '../rtp/key-arbiter.ts'
import { payloadEnd, payloadStart } from '../rtp/packet.ts'
import { EventReader } from '../rtp/telephone-event.ts'
import { AUDIO, EVENT, type PacketKind } from './link.ts'
import { SLOT_SIZE } from './udp-batch.ts'

/** Keys one packet can tell of at most. */
const KEYS = 16

export class KeypadEar {
  readonly codec: CodecName
  readonly #events = new EventReader()
  readonly #arbiter = new KeyArbiter()
  readonly #decoder: Decoder
  readonly #receiver: DtmfReceiver
  readonly #pcm: Int16Array = new Int16Array(SLOT_SIZE * 2)
  readonly #keys = new Int8Array(KEYS)

  constructor(codec: CodecName) {
    this.codec = codec
    this.#decoder = createDecoder(codec)
    this.#receiver = new DtmfReceiver(this.#decoder.sampleRate)
  }

  /** Hears one packet. @returns how many keys became known: ask `keyAt`. */
  accept(packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): number {
    const start = payloadStart(packet)
    const end = payloadEnd(packet)
    if (kind === EVENT) return this.#event(packet, start, end, nowMs)
    return kind === AUDIO ? this.#sound(packet, start, end, nowMs) : 0
  }

  /** RFC 4733 code of the i-th key of the last `accept`. */
  keyAt(i: number): number {
    return this.#keys[i] as number
  }

  /** Overwrites what it heard. May be called twice. */
  close(): void {
    this.#events.reset()
    this.#arbiter.reset()
    this.#receiver.wipe()
    this.#decoder.wipe()
    this.#pcm.fill(0)
    this.#keys.fill(0)
  }

  #event(packet: Uint8Array, start: number, end: number, nowMs: Milliseconds): number {
    let known = 0
    let code = this.#events.accept(packet, start, end, nowMs)
    for (; code >= 0 && known < KEYS; code = this.#events.more()) {
      const key = this.#arbiter.fromEvent(code, nowMs)
      if (key >= 0) this.#keys[known++] = key
    }
    return known
  }

  #sound(packet: Uint8Array, start: number, end: number, nowMs: Milliseconds): number {
    const samples = this.#decoder.decode(packet, start, end, this.#pcm)
    const digits = this.#receiver.accept(this.#pcm, 0, samples)
    let known = 0
    for (let i = 0; i < digits; i++) {
      const key = this.#arbiter.fromTone(this.#receiver.digitAt(i), nowMs, nowMs)
      if (key >= 0 && known < KEYS) this.#keys[known++] = key
    }
    return known
  }
}
