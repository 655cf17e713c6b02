/**
 * Between 8000 and 16000 Hz by one half-band filter of 47 taps (Kaiser window): flat to 3400 Hz, 60 dB down from 4600 Hz.
 * Split in phases, one is a pure delay and the other has 24 taps in 12 equal pairs. Other ratios are not here.
 *
 * Delay: 23 samples at 16 kHz (1.44 ms) upward, 22 (1.38 ms) downward.
 */
import { clip } from './sample.ts'

const TAPS = 24
const PAIRS = TAPS / 2
/** Where the delay phase sits, in samples at 8 kHz. */
const CENTRE = 11
/** Kaiser's shape for about 60 dB. */
const KAISER_BETA = 5.65

/** Modified Bessel function of order 0, by its series. */
function bessel0(x: number): number {
  let term = 1
  let sum = 1
  for (let k = 1; k < 30; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}

/** Half of the symmetric 24-tap phase, outermost first, scaled so that direct current passes unchanged. */
function design(): Float64Array {
  const half = new Float64Array(PAIRS)
  let sum = 0
  for (let j = 0; j < PAIRS; j++) {
    const distance = 2 * CENTRE + 1 - 2 * j // odd, 23 down to 1
    const edge = distance / (2 * CENTRE + 2)
    const window = bessel0(KAISER_BETA * Math.sqrt(1 - edge * edge)) / bessel0(KAISER_BETA)
    half[j] = (Math.sin((Math.PI * distance) / 2) / ((Math.PI * distance) / 2)) * window
    sum += 2 * (half[j] as number)
  }
  for (let j = 0; j < PAIRS; j++) half[j] = (half[j] as number) / sum
  return half
}

const HALF = design()

/** The last 24 samples of one phase, kept twice in a row so that they can be read without a wrap. */
class History {
  readonly samples = new Float64Array(TAPS * 2)
  /** Index of the oldest sample. */
  from = 0

  push(sample: number): void {
    this.samples[this.from] = sample
    this.samples[this.from + TAPS] = sample
    this.from = this.from + 1 === TAPS ? 0 : this.from + 1
  }

  /** The sample `ago` pushes before the newest. */
  back(ago: number): number {
    return this.samples[this.from + TAPS - 1 - ago] as number
  }

  filtered(): number {
    const samples = this.samples
    const first = this.from
    const last = first + TAPS - 1
    let sum = 0
    for (let j = 0; j < PAIRS; j++) {
      sum += (HALF[j] as number) * ((samples[first + j] as number) + (samples[last - j] as number))
    }
    return sum
  }

  wipe(): void {
    this.samples.fill(0)
    this.from = 0
  }
}

/** 8000 Hz to 16000 Hz. */
export class Upsample2 {
  readonly #history = new History()

  /** Reads `count` samples and writes twice as many to the front of `out`. @returns samples written. */
  run(input: Int16Array, count: number, out: Int16Array): number {
    const history = this.#history
    for (let n = 0; n < count; n++) {
      history.push(input[n] as number)
      out[2 * n] = Math.round(clip(history.filtered()))
      out[2 * n + 1] = history.back(CENTRE)
    }
    return 2 * count
  }

  /** Overwrites the samples it remembers. */
  wipe(): void {
    this.#history.wipe()
  }
}

/** 16000 Hz to 8000 Hz. */
export class Downsample2 {
  readonly #odd = new History()
  readonly #even = new History()

  /**
   * Reads `count` samples (even; an odd last one is left) and writes half as many to the front of `out`, which may be
   * `input` itself.
   * @returns samples written.
   */
  run(input: Int16Array, count: number, out: Int16Array): number {
    const samples = count >> 1
    for (let n = 0; n < samples; n++) {
      this.#even.push(input[2 * n] as number)
      this.#odd.push(input[2 * n + 1] as number)
      out[n] = Math.round(clip((this.#odd.filtered() + this.#even.back(CENTRE)) / 2))
    }
    return samples
  }

  /** Overwrites the samples it remembers. */
  wipe(): void {
    this.#odd.wipe()
    this.#even.wipe()
  }
}
