/**
 * A bank of eight correlators at the nominal DTMF frequencies (ITU-T Q.23), over short windows that overlap by half:
 * every 5 ms one 10 ms Hann window gives eight complex amplitudes and the energy under the window.
 *
 * What a Goertzel filter computes, written as a correlation: the window is symmetric, so that sums and differences of the
 * samples left and right of its middle halve the work. The last hops are kept; who wants a finer frequency resolution
 * adds them up coherently (`dtmf-window.ts`). Rate: 8000 Hz only. Nothing is decided here.
 */

/** The eight frequencies of ITU-T Q.23, low group then high group, Hz. */
export const DTMF_HZ: readonly number[] = [697, 770, 852, 941, 1209, 1336, 1477, 1633]
/** Rate the bank works at, Hz. */
export const BANK_RATE = 8000
/** Samples between two windows: 5 ms at 8000 Hz. */
export const HOP_SAMPLES = 40
/** Samples of a window: 10 ms at 8000 Hz. */
export const WINDOW_SAMPLES = 80
/** Windows that are remembered, a power of two: 160 ms. */
export const HOPS_KEPT = 32

const TONES = 8
const HALF = WINDOW_SAMPLES / 2

export class ToneBank {
  /** Complex amplitudes of the kept hops: `(hop % HOPS_KEPT) * 8 + tone`, phases counted from the middle of the window. */
  readonly re = new Float64Array(HOPS_KEPT * TONES)
  readonly im = new Float64Array(HOPS_KEPT * TONES)
  /** Energy under the window of the kept hops, in the units of a squared sample times the sum of the window. */
  readonly energy = new Float64Array(HOPS_KEPT)
  /** Sum of the window: a tone of amplitude a gives a complex amplitude of a/2 times this, and an energy of a*a/2 times it. */
  readonly weight: number
  readonly #cos = new Float64Array(TONES * HALF)
  readonly #sin = new Float64Array(TONES * HALF)
  readonly #hann = new Float64Array(HALF)
  readonly #samples = new Float64Array(WINDOW_SAMPLES)
  readonly #sums = new Float64Array(HALF)
  readonly #differences = new Float64Array(HALF)
  #fill = HALF
  #hop = -1

  constructor() {
    let weight = 0
    for (let m = 0; m < HALF; m++) {
      const hann = 0.5 + 0.5 * Math.cos((2 * Math.PI * (m + 0.5)) / WINDOW_SAMPLES)
      this.#hann[m] = hann
      weight += 2 * hann
      for (let tone = 0; tone < TONES; tone++) {
        const angle = (2 * Math.PI * (DTMF_HZ[tone] as number) * (m + 0.5)) / BANK_RATE
        this.#cos[tone * HALF + m] = hann * Math.cos(angle)
        this.#sin[tone * HALF + m] = hann * Math.sin(angle)
      }
    }
    this.weight = weight
  }

  /** Number of the last finished hop, -1 before the first. */
  get hop(): number {
    return this.#hop
  }

  /** Takes one sample. @returns true when it finished a hop. */
  push(sample: number): boolean {
    this.#samples[this.#fill++] = sample
    if (this.#fill < WINDOW_SAMPLES) return false
    this.#correlate()
    this.#samples.copyWithin(0, HOP_SAMPLES)
    this.#fill = WINDOW_SAMPLES - HOP_SAMPLES
    return true
  }

  /** Back to silence, hop numbers included; every buffer that held sound is zero afterwards. */
  wipe(): void {
    this.re.fill(0)
    this.im.fill(0)
    this.energy.fill(0)
    this.#samples.fill(0)
    this.#sums.fill(0)
    this.#differences.fill(0)
    this.#fill = HALF
    this.#hop = -1
  }

  #correlate(): void {
    const samples = this.#samples
    const sums = this.#sums
    const differences = this.#differences
    let energy = 0
    for (let m = 0; m < HALF; m++) {
      const right = samples[HALF + m] as number
      const left = samples[HALF - 1 - m] as number
      sums[m] = right + left
      differences[m] = right - left
      energy += (this.#hann[m] as number) * (right * right + left * left)
    }
    this.#hop++
    const slot = this.#hop & (HOPS_KEPT - 1)
    this.energy[slot] = energy
    for (let tone = 0; tone < TONES; tone++) {
      const base = tone * HALF
      let re = 0
      let im = 0
      for (let m = 0; m < HALF; m++) {
        re += (sums[m] as number) * (this.#cos[base + m] as number)
        im -= (differences[m] as number) * (this.#sin[base + m] as number)
      }
      this.re[slot * TONES + tone] = re
      this.im[slot * TONES + tone] = im
    }
  }
}
