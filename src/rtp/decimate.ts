/**
 * Brings 16 or 48 kHz down to 8 kHz for the DTMF receiver: linear-phase low-passes, flat to 2 kHz and 50 dB down from
 * 4.4 kHz, computed only where a sample is kept. Not for ears: what lies between 2 and 4 kHz is partly gone.
 */

/** One low-pass that keeps every `factor`-th sample. */
export class Decimator {
  readonly #taps: Float64Array
  readonly #line: Float64Array
  readonly #factor: number
  #at = 0
  #phase = 0
  /** The sample that `push` made ready. */
  out = 0

  /**
   * @param factor samples in for one out.
   * @param cutoff middle of the slope as a part of the rate coming in.
   * @param slope width of the slope, likewise.
   */
  constructor(factor: number, cutoff: number, slope: number) {
    this.#factor = factor
    this.#taps = lowPass(cutoff, slope)
    this.#line = new Float64Array(this.#taps.length * 2)
  }

  /** Takes one sample. @returns true when `out` holds a new one. */
  push(sample: number): boolean {
    // Every sample is written twice, so that the last n of them always lie in one piece.
    const n = this.#taps.length
    this.#line[this.#at] = sample
    this.#line[this.#at + n] = sample
    this.#at = this.#at + 1 === n ? 0 : this.#at + 1
    if (++this.#phase < this.#factor) return false
    this.#phase = 0
    const line = this.#line
    const taps = this.#taps
    const first = this.#at
    const last = first + n - 1
    const half = n >> 1
    let sum = (taps[half] as number) * (line[first + half] as number)
    for (let i = 0; i < half; i++)
      sum += (taps[i] as number) * ((line[first + i] as number) + (line[last - i] as number))
    this.out = sum
    return true
  }

  /** Delay of the filter in samples of the rate coming in. */
  get delay(): number {
    return this.#taps.length >> 1
  }

  /** Back to silence. */
  wipe(): void {
    this.#line.fill(0)
    this.#at = 0
    this.#phase = 0
    this.out = 0
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
