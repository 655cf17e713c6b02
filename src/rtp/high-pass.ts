/**
 * A high-pass of the second order (Butterworth) at the rate of the tone bank, 8000 Hz: mains hum and its harmonics may be as loud as the tones that
 * are looked for. Allocates nothing after construction.
 */

import { BANK_RATE } from './goertzel.ts'

/** Where it lets half of the power through, Hz. */
const CORNER_HZ = 260
const W = Math.tan((Math.PI * CORNER_HZ) / BANK_RATE)
const B0 = 1 / (1 + Math.SQRT2 * W + W * W)
const A1 = 2 * (W * W - 1) * B0
const A2 = (1 - Math.SQRT2 * W + W * W) * B0

export class HighPass {
  /** What the samples before leave behind. */
  readonly #state = new Float64Array(2)

  /** Filters the first `count` samples in place. */
  run(samples: Float64Array, count: number): void {
    let s0 = this.#state[0] as number
    let s1 = this.#state[1] as number
    for (let i = 0; i < count; i++) {
      const sample = samples[i] as number
      const out = s0 + B0 * sample
      s0 = s1 - 2 * B0 * sample - A1 * out
      s1 = B0 * sample - A2 * out
      samples[i] = out
    }
    this.#state[0] = s0
    this.#state[1] = s1
  }

  /** Overwrites what is left of the sound. */
  wipe(): void {
    this.#state.fill(0)
  }
}
