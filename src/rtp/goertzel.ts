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
/** Tones that are summed up side by side: one sum waits for the addition before it, eight of them hardly wait. */
const ABREAST = 4

/** Half a Hann window, from its middle on. The same for every bank, as are the waves: thousands of banks take turns, and find them in the processor's cache. */
const HANN = Float64Array.from(
  { length: HALF },
  (_, m) => 0.5 + 0.5 * Math.cos((2 * Math.PI * (m + 0.5)) / WINDOW_SAMPLES),
)
/** Under the window, by group of four tones, then sample from the middle on, then tone. */
const COS = waves(Math.cos)
const SIN = waves(Math.sin)

function waves(wave: (angle: number) => number): Float64Array {
  return Float64Array.from({ length: TONES * HALF }, (_, i) => {
    const m = Math.floor(i / ABREAST) % HALF
    const tone = Math.floor(i / (ABREAST * HALF)) * ABREAST + (i % ABREAST)
    return (HANN[m] as number) * wave((2 * Math.PI * (DTMF_HZ[tone] as number) * (m + 0.5)) / BANK_RATE)
  })
}

export class ToneBank {
  /** Complex amplitudes of the kept hops: `(hop % HOPS_KEPT) * 8 + tone`, phases counted from the middle of the window. */
  readonly re = new Float64Array(HOPS_KEPT * TONES)
  readonly im = new Float64Array(HOPS_KEPT * TONES)
  /** Energy under the window of the kept hops, in the units of a squared sample times the sum of the window. */
  readonly energy = new Float64Array(HOPS_KEPT)
  /** Sum of the window: a tone of amplitude a gives a complex amplitude of a/2 times this, and an energy of a*a/2 times it. */
  readonly weight: number = HANN.reduce((sum, hann) => sum + 2 * hann, 0)
  readonly #samples = new Float64Array(WINDOW_SAMPLES)
  readonly #sums = new Float64Array(HALF)
  readonly #differences = new Float64Array(HALF)
  #fill = HALF
  #hop = -1

  /** Number of the last finished hop, -1 before the first. */
  get hop(): number {
    return this.#hop
  }

  /** Samples until the hop is finished, from 1. */
  get room(): number {
    return WINDOW_SAMPLES - this.#fill
  }

  /** Takes `sound[from..to)`, as much as there is room for at most. @returns true when it finished a hop. */
  take(sound: Float64Array, from: number, to: number): boolean {
    const samples = this.#samples
    for (let i = from, at = this.#fill; i < to; i++, at++) samples[at] = sound[i] as number
    this.#fill += to - from
    if (this.#fill < WINDOW_SAMPLES) return false
    this.#correlate()
    samples.copyWithin(0, HOP_SAMPLES)
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
      energy += (HANN[m] as number) * (right * right + left * left)
    }
    this.#hop++
    const slot = this.#hop & (HOPS_KEPT - 1)
    this.energy[slot] = energy
    this.#sumUp(0, slot * TONES)
    this.#sumUp(ABREAST, slot * TONES + ABREAST)
  }

  /** Four tones from `first` on, whose amplitudes go to `at` and the places after it. */
  #sumUp(first: number, at: number): void {
    const sums = this.#sums
    const differences = this.#differences
    let re0 = 0
    let re1 = 0
    let re2 = 0
    let re3 = 0
    let im0 = 0
    let im1 = 0
    let im2 = 0
    let im3 = 0
    for (let m = 0, i = first * HALF; m < HALF; m++, i += ABREAST) {
      const sum = sums[m] as number
      const difference = differences[m] as number
      re0 += sum * (COS[i] as number)
      re1 += sum * (COS[i + 1] as number)
      re2 += sum * (COS[i + 2] as number)
      re3 += sum * (COS[i + 3] as number)
      im0 -= difference * (SIN[i] as number)
      im1 -= difference * (SIN[i + 1] as number)
      im2 -= difference * (SIN[i + 2] as number)
      im3 -= difference * (SIN[i + 3] as number)
    }
    const { re, im } = this
    re[at] = re0
    re[at + 1] = re1
    re[at + 2] = re2
    re[at + 3] = re3
    im[at] = im0
    im[at + 1] = im1
    im[at + 2] = im2
    im[at + 3] = im3
  }
}
