/**
 * What a source was heard to say last, so that a lost packet can be papered over: the same again, 6 dB down, again 6 dB down, then
 * silence (the simplest form of what ITU-T G.711 Appendix I does; no pitch is sought). Wide sound cannot be turned down in its
 * coded form: it is repeated once as it was. Opus is not repeated: its decoder makes up what is lost.
 */

import type { CodecName } from '../base/units.ts'
import { createDecoder, createEncoder, type Decoder, type Encoder } from '../rtp/codec.ts'
import { SILENCE_OCTET } from './source-clip.ts'
import { SLOT_SIZE } from './udp-batch.ts'

/** Times the sound is repeated before silence. */
const REPEATS = 2

export class LastSound {
  readonly #codec: CodecName
  readonly #decoder: Decoder
  readonly #encoder: Encoder
  readonly #octets = new Uint8Array(SLOT_SIZE)
  readonly #pcm = new Int16Array(SLOT_SIZE)
  #length = 0
  #repeats = 0

  constructor(codec: CodecName) {
    this.#codec = codec
    this.#decoder = createDecoder(codec)
    this.#encoder = createEncoder(codec)
  }

  /** Octets of the last payload, and of what `again` gives; 0 when nothing was heard. */
  get length(): number {
    return this.#length
  }

  /** Notes the payload `packet[start..end)`. */
  keep(packet: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end; i++) this.#octets[i - start] = packet[i] as number
    this.#length = end - start
    this.#repeats = 0
  }

  /** @returns the payload to take for the next lost one, in its first `length` octets; valid until the next call. */
  again(): Uint8Array {
    this.#repeats++
    const isWide = this.#codec === 'G722'
    if (this.#repeats > (isWide ? 1 : REPEATS)) this.#octets.fill(SILENCE_OCTET[this.#codec], 0, this.#length)
    else if (!isWide) this.#turnDown()
    return this.#octets
  }

  /** Forgets and overwrites it. */
  wipe(): void {
    this.#octets.fill(0)
    this.#pcm.fill(0)
    this.#length = 0
    this.#repeats = 0
  }

  #turnDown(): void {
    const samples = this.#decoder.decode(this.#octets, 0, this.#length, this.#pcm)
    for (let i = 0; i < samples; i++) this.#pcm[i] = (this.#pcm[i] as number) >> 1
    this.#encoder.encode(this.#pcm, samples, this.#octets, 0)
  }
}
