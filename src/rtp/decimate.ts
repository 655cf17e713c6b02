/**
 * Brings 16 or 48 kHz down to 8 kHz for the DTMF receiver: linear-phase low-passes, flat to 2 kHz and 50 dB down from
 * 4.4 kHz, computed only where a sample is kept. Not for ears: what lies between 2 and 4 kHz is partly gone.
 */

/** Most samples one call of `run` takes. */
export const DECIMATOR_BLOCK = 960

/** One low-pass that keeps every `factor`-th sample. */
export class Decimator {
  readonly #taps: Float64Array
  /** What is left of the block before, then the block. */
  readonly #line: Float64Array
  readonly #factor: number
  /** Samples in `#line`. */
  #held: number

  /**
   * @param factor samples in for one out.
   * @param cutoff middle of the slope as a part of the rate coming in.
   * @param slope width of the slope, likewise.
   */
  constructor(factor: number, cutoff: number, slope: number) {
    this.#factor = factor
    this.#taps = lowPass(cutoff, slope)
    this.#line = new Float64Array(this.#taps.length + factor + DECIMATOR_BLOCK)
    this.#held = this.#taps.length - 1
  }

  /** Takes the first `count` samples of `samples`, at most `DECIMATOR_BLOCK`, and writes what is kept over their front. @returns how many. */
  run(samples: Float64Array, count: number): number {
    const line = this.#line
    const taps = this.#taps
    const length = taps.length
    const half = length >> 1
    const factor = this.#factor
    let held = this.#held
    for (let i = 0; i < count; i++) line[held++] = samples[i] as number
    let first = 0
    let written = 0
    while (held - first >= length - 1 + factor) {
      first += factor
      const from = first - 1
      const last = from + length - 1
      let sum = (taps[half] as number) * (line[from + half] as number)
      for (let i = 0; i < half; i++)
        sum += (taps[i] as number) * ((line[from + i] as number) + (line[last - i] as number))
      samples[written++] = sum
    }
    line.copyWithin(0, first, held)
    this.#held = held - first
    return written
  }

  /** Delay of the filter in samples of the rate coming in. */
  get delay(): number {
    return this.#taps.length >> 1
  }

  /** Back to silence. */
  wipe(): void {
    this.#line.fill(0)
    this.#held = this.#taps.length - 1
  }
}

/** Windowed sinc with an odd number of taps and a sum of one (Kaiser's window for 50 dB). */
function lowPass(cutoff: number, slope: number): Float64Array {
  const half = Math.ceil((50 - 7.95) / (2 * 14.36 * slope))
  const taps = new Float64Array(2 * half + 1)
  let sum = 0
  for (let i = -half; i <= half; i++) {
    const sinc = i === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * i) / (Math.PI * i)
    const tap = sinc * (bessel(4.55 * Math.sqrt(1 - (i / (half + 1)) ** 2)) / bessel(4.55))
    taps[i + half] = tap
    sum += tap
  }
  return taps.map((tap) => tap / sum)
}

/** Modified Bessel function of the first kind, order zero. */
function bessel(x: number): number {
  let term = 1
  let sum = 1
  for (let k = 1; k < 25; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}
