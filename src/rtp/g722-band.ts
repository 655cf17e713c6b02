/**
 * One band of ITU-T G.722: the adaptive predictor and quantiser scale that coder and decoder share (section 3.6 of the
 * Recommendation, blocks 1L to 4L and 1H to 4H), in 16-bit arithmetic so that both ends stay equal to the last bit. The
 * filter pair that splits the bands is in `g722.ts`.
 */
import { clip } from './sample.ts'

/** Decision levels of the 6-bit quantiser, units of the scale / 4096 (table QUANTL of the Recommendation, column Q6). */
const Q6 = new Int32Array([
  0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
  1458, 1612, 1765, 1980, 2195, 2557, 2919,
])
/** Output levels for 4 bits, the ones the predictor follows (QQ4). */
const QQ4 = new Int32Array([
  0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
])
/** Output levels for 6 bits, the ones that are heard at 64 kbit/s (QQ6). */
const QQ6 = new Int32Array([
  -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
  -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728, 24808,
  21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008,
  3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
])
/** Output levels of the higher band (QQ2). */
const QQ2 = new Int32Array([-7408, -1616, 7408, 1616])
/** What a 4-bit code adds to the logarithm of the scale (WL over RL42). */
const WL4 = new Int32Array([-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60])
/** The same for the 2-bit code (WH over RH2). */
const WH2 = new Int32Array([798, -214, 798, -214])
/** Antilogarithm, 1/32 octave a step (ILB). */
const ILB = new Int32Array([
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
  3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
])
const LOWER_MAX_LOG = 18432
const HIGHER_MAX_LOG = 22528
const LOWER_FIRST_SCALE = 32
const HIGHER_FIRST_SCALE = 8
/** Decision level of the higher band, units of the scale / 4096. */
const Q2 = 564
const MAX_POLE_2 = 12288
const LEAK_POLE_1 = 32640
const LEAK_POLE_2 = 32512
const LEAK_ZERO = 32640

function within(bound: number, v: number): number {
  return Math.max(-bound, Math.min(bound, v))
}

/** State of one band; coder and decoder hold two each. `reset` leaves nothing of the sound in it. */
export class Band {
  readonly #higher: boolean
  /** Prediction of the next sample (`s`) and its zero-section part (`sz`). */
  #prediction = 0
  #zeroPart = 0
  #logScale = 0
  #scale = 0
  #pole1 = 0
  #pole2 = 0
  /** The reconstructed sample before, and the two partial ones before, whose signs count. */
  #r1 = 0
  #p1 = 0
  #p2 = 0
  /** Six zeros, and the six last quantised differences, doubled as FILTEZ wants them. */
  readonly #b = new Int32Array(6)
  readonly #doubled = new Int32Array(6)

  constructor(higher: boolean) {
    this.#higher = higher
    this.reset()
  }

  /** Back to the start state of the Recommendation; overwrites everything heard. */
  reset(): void {
    this.#prediction = 0
    this.#zeroPart = 0
    this.#logScale = 0
    this.#scale = this.#higher ? HIGHER_FIRST_SCALE : LOWER_FIRST_SCALE
    this.#pole1 = 0
    this.#pole2 = 0
    this.#r1 = 0
    this.#p1 = 0
    this.#p2 = 0
    this.#b.fill(0)
    this.#doubled.fill(0)
  }

  /** Codes one sample of the lower band. @returns 6 bits. */
  encodeLower(sample: number): number {
    const difference = clip(sample - this.#prediction)
    const magnitude = difference < 0 ? ~difference : difference
    const scale = this.#scale
    let level = 1
    while (level < 30 && magnitude >= Math.imul(Q6[level] as number, scale) >> 12) level++
    // Codes run downward from 61 (positive) and 31 (negative); the two smallest negative ones stand apart (table ILN).
    const code = difference >= 0 ? 62 - level : level < 3 ? 64 - level : 34 - level
    this.#adaptLower(code)
    return code
  }

  /** Codes one sample of the higher band. @returns 2 bits. */
  encodeHigher(sample: number): number {
    const difference = clip(sample - this.#prediction)
    const magnitude = difference < 0 ? ~difference : difference
    const far = magnitude >= Math.imul(Q2, this.#scale) >> 12
    const code = (difference < 0 ? 0 : 2) | (far ? 0 : 1)
    this.decodeHigher(code)
    return code
  }

  /** Decodes 6 bits of the lower band. @returns a sample of 15 bits. */
  decodeLower(code: number): number {
    const heard = this.#prediction + (Math.imul(this.#scale, QQ6[code] as number) >> 15)
    this.#adaptLower(code)
    return Math.max(-16384, Math.min(16383, heard))
  }

  /** Decodes 2 bits of the higher band. @returns a sample of 15 bits. */
  decodeHigher(code: number): number {
    const difference = Math.imul(this.#scale, QQ2[code] as number) >> 15
    const heard = this.#prediction + difference
    this.#adaptScale(WH2[code] as number, HIGHER_MAX_LOG, 10)
    this.#adaptPredictor(difference)
    return Math.max(-16384, Math.min(16383, heard))
  }

  #adaptLower(code: number): void {
    const four = code >> 2
    const difference = Math.imul(this.#scale, QQ4[four] as number) >> 15
    this.#adaptScale(WL4[four] as number, LOWER_MAX_LOG, 8)
    this.#adaptPredictor(difference)
  }

  /** LOGSCL and SCALEL, LOGSCH and SCALEH. */
  #adaptScale(step: number, max: number, shift: number): void {
    const log = Math.max(0, Math.min(max, (Math.imul(this.#logScale, 127) >> 7) + step))
    this.#logScale = log
    const mantissa = ILB[(log >> 6) & 31] as number
    const down = shift - (log >> 11)
    this.#scale = (down < 0 ? mantissa << -down : mantissa >> down) << 2
  }

  /** Block 4: reconstruct, move two poles and six zeros, predict the next sample. */
  #adaptPredictor(d: number): void {
    const r = clip(this.#prediction + d)
    const p = clip(this.#zeroPart + d)
    const same1 = (p ^ this.#p1) >= 0
    const same2 = (p ^ this.#p2) >= 0
    // UPPOL2
    let turn = clip(this.#pole1 << 2)
    turn = same1 ? clip(-turn) : turn
    const pole2 = within(MAX_POLE_2, (turn >> 7) + (same2 ? 128 : -128) + (Math.imul(this.#pole2, LEAK_POLE_2) >> 15))
    // UPPOL1
    const bound = 15360 - pole2
    const pole1 = within(bound, (same1 ? 192 : -192) + (Math.imul(this.#pole1, LEAK_POLE_1) >> 15))
    this.#pole1 = pole1
    this.#pole2 = pole2
    this.#p2 = this.#p1
    this.#p1 = p
    // UPZERO, DELAYA and FILTEZ in one pass, oldest first
    const b = this.#b
    const doubled = this.#doubled
    const step = d === 0 ? 0 : 128
    let tap = doubled[5] as number
    let zeroPart = 0
    for (let i = 5; i >= 0; i--) {
      const coefficient = ((tap ^ d) < 0 ? -step : step) + (Math.imul(b[i] as number, LEAK_ZERO) >> 15)
      b[i] = coefficient
      tap = i === 0 ? clip(d + d) : (doubled[i - 1] as number)
      doubled[i] = tap
      zeroPart += Math.imul(coefficient, tap) >> 15
    }
    this.#zeroPart = clip(zeroPart)
    // FILTEP and PREDIC
    const poles = (Math.imul(pole1, clip(r + r)) >> 15) + (Math.imul(pole2, clip(this.#r1 + this.#r1)) >> 15)
    this.#r1 = r
    this.#prediction = clip(clip(poles) + this.#zeroPart)
  }
}
