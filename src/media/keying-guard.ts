/**
 * Stands at a port whose socket died with a vault: nobody has told the caller to stop keying, and none of it may be relayed.
 *
 *   telephone-event  muted for as long as the guard stands
 *   sound            muted at first, while a tone pair is in it, and until none has been keyed for 1.5 s
 *
 * The caller hears the agent meanwhile. There is no delay line: of the first tone after a pause some 20 ms may pass before it is told, too
 * little for a digit (ITU-T Q.24 asks for 40 ms).
 */

import type { CodecName, Milliseconds } from '../base/units.ts'
import { createDecoder, type Decoder } from '../rtp/codec.ts'
import { DtmfReceiver } from '../rtp/dtmf-receiver.ts'
import { payloadEnd, payloadStart } from '../rtp/packet.ts'
import { AUDIO, EVENT, type PacketKind } from './link.ts'
import { SLOT_SIZE } from './udp-batch.ts'

/** Without a key for this long, somebody who was keying has stopped. */
const PAUSE_MS: Milliseconds = 1500
/** After that long a caller who hears the agent keys no card number any more. */
const STANDS_MS: Milliseconds = 20_000

export class KeyingGuard {
  readonly #sinceMs: Milliseconds
  readonly #decoder: Decoder
  readonly #receiver: DtmfReceiver
  readonly #pcm: Int16Array = new Int16Array(SLOT_SIZE * 2)
  #lastKeyMs: Milliseconds

  constructor(codec: CodecName, nowMs: Milliseconds) {
    this.#sinceMs = nowMs
    this.#lastKeyMs = nowMs
    this.#decoder = createDecoder(codec)
    this.#receiver = new DtmfReceiver(this.#decoder.sampleRate)
  }

  /** @returns whether a packet may be heard by others. */
  admits(packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): boolean {
    if (kind === EVENT) {
      this.#lastKeyMs = nowMs
      return false
    }
    if (kind !== AUDIO) return true
    const samples = this.#decoder.decode(packet, payloadStart(packet), payloadEnd(packet), this.#pcm)
    if (this.#receiver.accept(this.#pcm, 0, samples) > 0) this.#lastKeyMs = nowMs
    this.#pcm.fill(0, 0, samples)
    return !this.#receiver.toneDown && this.#isPause(nowMs)
  }

  /** Whether there is nothing left to guard against. */
  isOver(nowMs: Milliseconds): boolean {
    return nowMs - this.#sinceMs > STANDS_MS && this.#isPause(nowMs)
  }

  /** Overwrites what it heard. May be called twice. */
  close(): void {
    this.#receiver.wipe()
    this.#decoder.wipe()
    this.#pcm.fill(0)
  }

  #isPause(nowMs: Milliseconds): boolean {
    return nowMs - this.#lastKeyMs >= PAUSE_MS
  }
}
