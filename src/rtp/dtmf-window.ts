/**
 * What the last three hops of the tone bank say together: a window of 20 ms that tells neighbouring DTMF tones apart,
 * with each tone's frequency offset taken out before its level is measured (ITU-T Q.24: 1.5 % off must not cost level).
 *
 * The strongest low and high tone are picked by their coherent sums; the turn of the phase from hop to hop gives the
 * offset; the sum is then repeated without that turn. Nothing is remembered from one window to the next.
 */

import { BANK_RATE, DTMF_HZ, HOP_SAMPLES, HOPS_KEPT, type ToneBank } from './goertzel.ts'

const TONES = 8
const MASK = HOPS_KEPT - 1
/** Amplitude of a full-scale sine, in dBm0 (ITU-T G.711: 3.14 dBm0). */
const FULL_SCALE_DBM0 = 3.14
/** No tone weaker than this, dBm0: Q.24 asks for -25 to be heard and -55 to be refused. */
const WEAKEST_DBM0 = -45
/** Highest offset of a candidate, part of the frequency. What is accepted in the end is narrower. */
const WIDEST_OFFSET = 0.034
/** Least share of the energy that the two tones explain in a candidate. */
const LEAST_SHARE = 0.4
/** Least distance of a picked tone to the next best of its group, as a ratio of powers: 4.8 dB. */
const LEAST_LEAD = 3

/** One of the two tones of a window; `low` and `high` have the same shape. */
export type WindowTone = {
  /** Index into `DTMF_HZ`. */
  tone: number
  /** Amplitude in units of a sample, offset loss mended. */
  amplitude: number
  /** Phase step from hop to hop beyond the nominal one, radians. */
  turn: number
  /** Offset from the nominal frequency, part of it. */
  offset: number
  /** Power against the next best of the group. */
  lead: number
}

export class DtmfWindow {
  readonly low: WindowTone = { tone: 0, amplitude: 0, turn: 0, offset: 0, lead: 0 }
  readonly high: WindowTone = { tone: 4, amplitude: 0, turn: 0, offset: 0, lead: 0 }
  /** Share of the energy of the three hops that the two tones explain, 0 to about 1. */
  share = 0
  /** True when this window may be part of a digit: look closer. */
  candidate = false
  readonly #bank: ToneBank
  readonly #weakest: number
  readonly #powers = new Float64Array(TONES)
  readonly #turnCos = new Float64Array(TONES)
  readonly #turnSin = new Float64Array(TONES)

  constructor(bank: ToneBank) {
    this.#bank = bank
    this.#weakest = 32767 * 10 ** ((WEAKEST_DBM0 - FULL_SCALE_DBM0) / 20)
    for (let tone = 0; tone < TONES; tone++) {
      const turn = (2 * Math.PI * (DTMF_HZ[tone] as number) * HOP_SAMPLES) / BANK_RATE
      this.#turnCos[tone] = Math.cos(turn)
      this.#turnSin[tone] = Math.sin(turn)
    }
  }

  /** Looks at the last three hops of the bank and fills in the fields. */
  measure(): void {
    const bank = this.#bank
    const hop = bank.hop
    this.candidate = false
    this.share = 0
    if (hop < 2) return
    const a = ((hop - 2) & MASK) * TONES
    const b = ((hop - 1) & MASK) * TONES
    const c = (hop & MASK) * TONES
    this.#sumAll(a, b, c)
    const energy =
      (bank.energy[(hop - 2) & MASK] as number) +
      (bank.energy[(hop - 1) & MASK] as number) +
      (bank.energy[hop & MASK] as number)
    this.#pick(this.low, 0)
    this.#pick(this.high, 4)
    // A cheap look first: even with the worst loss by offset the two tones have to show. Silence and most speech end here.
    const rough = (this.#powers[this.low.tone] as number) + (this.#powers[this.high.tone] as number)
    if (rough * 8 < LEAST_SHARE * energy * bank.weight || energy < this.#weakest * this.#weakest * bank.weight) return
    this.#refine(this.low, a, b, c)
    this.#refine(this.high, a, b, c)
    const low = this.low
    const high = this.high
    this.share = (1.5 * bank.weight * (low.amplitude * low.amplitude + high.amplitude * high.amplitude)) / energy
    this.candidate =
      this.share > LEAST_SHARE &&
      low.lead > LEAST_LEAD &&
      high.lead > LEAST_LEAD &&
      Math.abs(low.offset) < WIDEST_OFFSET &&
      Math.abs(high.offset) < WIDEST_OFFSET &&
      low.amplitude > this.#weakest &&
      high.amplitude > this.#weakest
  }

  /** Cosine of the nominal phase step of a tone from hop to hop. */
  turnCos(tone: number): number {
    return this.#turnCos[tone] as number
  }

  /** Sine of the nominal phase step of a tone from hop to hop. */
  turnSin(tone: number): number {
    return this.#turnSin[tone] as number
  }

  /** Zeroes what was measured. */
  wipe(): void {
    this.#powers.fill(0)
    for (const side of [this.low, this.high]) {
      side.amplitude = 0
      side.turn = 0
      side.offset = 0
      side.lead = 0
    }
    this.low.tone = 0
    this.high.tone = 4
    this.share = 0
    this.candidate = false
  }

  /** Power of each tone's coherent sum over the hops at a, b and c, as if it were at its nominal frequency. */
  #sumAll(a: number, b: number, c: number): void {
    const { re, im } = this.#bank
    for (let tone = 0; tone < TONES; tone++) {
      const cos = this.#turnCos[tone] as number
      const sin = this.#turnSin[tone] as number
      const ar = re[a + tone] as number
      const ai = im[a + tone] as number
      const cr = re[c + tone] as number
      const ci = im[c + tone] as number
      const sumRe = (re[b + tone] as number) + (ar + cr) * cos + (ci - ai) * sin
      const sumIm = (im[b + tone] as number) + (ai + ci) * cos + (ar - cr) * sin
      this.#powers[tone] = sumRe * sumRe + sumIm * sumIm
    }
  }

  #pick(side: WindowTone, from: number): void {
    let best = from
    let next = 0
    for (let tone = from + 1; tone < from + 4; tone++) {
      if ((this.#powers[tone] as number) > (this.#powers[best] as number)) {
        next = this.#powers[best] as number
        best = tone
      } else if ((this.#powers[tone] as number) > next) next = this.#powers[tone] as number
    }
    side.tone = best
    side.lead = (this.#powers[best] as number) / (next + 1)
  }

  #refine(side: WindowTone, a: number, b: number, c: number): void {
    const { re, im } = this.#bank
    const tone = side.tone
    const ar = re[a + tone] as number
    const ai = im[a + tone] as number
    const br = re[b + tone] as number
    const bi = im[b + tone] as number
    const cr = re[c + tone] as number
    const ci = im[c + tone] as number
    const nominalCos = this.#turnCos[tone] as number
    const nominalSin = this.#turnSin[tone] as number
    const stepRe = br * ar + bi * ai + cr * br + ci * bi
    const stepIm = bi * ar - br * ai + ci * br - cr * bi
    side.turn = Math.atan2(stepIm * nominalCos - stepRe * nominalSin, stepRe * nominalCos + stepIm * nominalSin)
    side.offset = (side.turn * BANK_RATE) / (2 * Math.PI * HOP_SAMPLES * (DTMF_HZ[tone] as number))
    const length = Math.sqrt(stepRe * stepRe + stepIm * stepIm) + 1e-9
    const cos = stepRe / length
    const sin = stepIm / length
    const sumRe = br + (ar + cr) * cos + (ci - ai) * sin
    const sumIm = bi + (ai + ci) * cos + (ar - cr) * sin
    const sum = Math.sqrt(sumRe * sumRe + sumIm * sumIm)
    side.amplitude = (2 * sum) / (3 * this.#bank.weight * hannLoss(side.turn))
  }
}

/** What a window of two hops under Hann's curve leaves of a tone that turns by `turn` radians a hop beyond the bin. */
export function hannLoss(turn: number): number {
  const u = turn / Math.PI
  const square = u * u
  return 1 - 0.6449 * square + 0.1811 * square * square
}
