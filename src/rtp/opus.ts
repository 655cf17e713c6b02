/**
 * Opus (RFC 6716) in mono: decoders and encoders, each with a state of its own in the library's memory. A state is taken with the first
 * packet and given back, overwritten, by `wipe`; whoever has one wipes it on the way out, and may go on with it then.
 *
 * Everything of ours is coded at 16 kHz, which is as wide as any other sound here, in frames of 20 ms. There are two ways:
 *
 *   a clip   CELT, always 60 octets a frame, and no frame leans on the one before: it can be begun, left and joined to another anywhere
 *   talk     SILK at 24 kbit/s, with redundancy of the frame before where the far end can use it
 */

import { OPUS_BIT_RATE, type OpusWishes } from '../base/units.ts'
import { LOW_DELAY, type OpusRate, opusEngine, VOIP } from './opus-engine.ts'

const FRAME_SAMPLES = 320
/** Octets of a frame of a clip. */
export const OPUS_CLIP_FRAME = 60
/** Octets of the longest frame (RFC 6716 section 3.2.1), with its first octet. */
const FRAME_MAX = 1276

/** Requests of opus_defines.h. */
const BIT_RATE = 4002
const MAX_BANDWIDTH = 4004
const VARIABLE_RATE = 4006
const COMPLEXITY = 4010
const REDUNDANCY = 4012
const EXPECTED_LOSS = 4014
const SIGNAL = 4024
const INDEPENDENT_FRAMES = 4042
const VOICE = 3001
const NARROW = 1101
const MEDIUM = 1102
const WIDE = 1103

/** Lost packets in a hundred that redundancy is made for: more than 5, or there is none; at the next lower complexity it would cost the upper band. */
const LOSS_PERCENT = 10

export class OpusDecoder {
  readonly sampleRate: OpusRate
  #state = 0

  constructor(sampleRate: OpusRate) {
    this.sampleRate = sampleRate
  }

  /** Decodes a packet to the front of `out`. @returns samples written; 0 when it is none. */
  decode(payload: Uint8Array, start: number, end: number, out: Int16Array): number {
    return this.#run(payload, start, end, out, 0)
  }

  /** Makes up what was lost right before a packet, which is decoded after it. @returns samples written, of whole 2.5 ms. */
  bridge(samples: number, payload: Uint8Array, start: number, end: number, out: Int16Array): number {
    const step = this.sampleRate / 400
    const whole = samples - (samples % step)
    return whole <= 0 ? 0 : this.#run(payload, start, end, out, whole)
  }

  #run(payload: Uint8Array, start: number, end: number, out: Int16Array, lost: number): number {
    const engine = opusEngine()
    if (this.#state === 0) this.#state = engine.openDecoder(this.sampleRate)
    return engine.decode(this.#state, payload, start, end, out, lost)
  }

  reset(): void {
    if (this.#state !== 0) opusEngine().resetDecoder(this.#state)
  }

  wipe(): void {
    if (this.#state !== 0) opusEngine().closeDecoder(this.#state)
    this.#state = 0
  }
}

export class OpusEncoder {
  readonly sampleRate = 16_000
  readonly #application: number
  readonly #settings: ReadonlyMap<number, number>
  #state = 0

  private constructor(application: number, settings: ReadonlyMap<number, number>) {
    this.#application = application
    this.#settings = settings
  }

  /** For clips. */
  static ofClips(): OpusEncoder {
    const settings = [
      [BIT_RATE, OPUS_BIT_RATE],
      [VARIABLE_RATE, 0],
      [COMPLEXITY, 1],
      [INDEPENDENT_FRAMES, 1],
    ] as const
    return new OpusEncoder(LOW_DELAY, new Map(settings))
  }

  /** For sound as it comes. */
  static ofTalk({ fec, constantRate, maxPlaybackRate }: OpusWishes): OpusEncoder {
    const settings = [
      [BIT_RATE, OPUS_BIT_RATE],
      [VARIABLE_RATE, constantRate ? 0 : 1],
      [COMPLEXITY, 2],
      [SIGNAL, VOICE],
      [REDUNDANCY, fec ? 1 : 0],
      [EXPECTED_LOSS, fec ? LOSS_PERCENT : 0],
      [MAX_BANDWIDTH, maxPlaybackRate < 12_000 ? NARROW : maxPlaybackRate < 16_000 ? MEDIUM : WIDE],
    ] as const
    return new OpusEncoder(VOIP, new Map(settings))
  }

  /**
   * Codes the whole frames of the first `count` samples to `out[at..]`, one behind the other; the rest is left. Only a clip's frames can
   * be told apart then.
   * @returns octets written.
   */
  encode(pcm: Int16Array, count: number, out: Uint8Array, at: number): number {
    const engine = opusEngine()
    if (this.#state === 0) this.#state = engine.openEncoder(this.sampleRate, this.#application, this.#settings)
    const max = this.#application === LOW_DELAY ? OPUS_CLIP_FRAME : FRAME_MAX
    let written = 0
    for (let from = 0; from + FRAME_SAMPLES <= count; from += FRAME_SAMPLES) {
      written += engine.encode(this.#state, pcm, from, FRAME_SAMPLES, out, at + written, max)
    }
    return written
  }

  reset(): void {
    if (this.#state !== 0) opusEngine().resetEncoder(this.#state)
  }

  wipe(): void {
    if (this.#state !== 0) opusEngine().closeEncoder(this.#state)
    this.#state = 0
  }
}
