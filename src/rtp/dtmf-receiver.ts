/**
 * In-band DTMF receiver: sound in, event codes out (ITU-T Q.23 and Q.24, codes of RFC 4733 section 3.2).
 *
 * Acceptance numbers, each swept by the test: tones within 1.5 % and +8/-4 dB of twist from 0 to -25 dBm0 per tone, 40 ms
 * long and 40 ms apart, are taken; 3.5 % off, 23 ms or less, or -55 dBm0 are refused; 10 ms of interruption are bridged.
 *
 * Timeline of a press whose tones begin at 0 ms:
 *
 *   about 15 ms  the first candidate window: `toneDown`
 *   about 31 ms  25 ms of length are certain and the score is asked; reported at the end of that 5 ms hop
 *   end + 23 ms  the press is over, the same key may be pressed again
 *
 * No press is a string, nothing is allocated after construction, and `wipe` zeroes all that ever held sound. It does not
 * mask, and does not know of RFC 4733 packets: who reports a press that came both ways once is the key arbiter.
 */

import { DECIMATOR_BLOCK, Decimator } from './decimate.ts'
import { DtmfPress } from './dtmf-press.ts'
import { LIKELY, SURE, scorePress } from './dtmf-score.ts'
import { DtmfWindow } from './dtmf-window.ts'
import { BANK_RATE, HOP_SAMPLES, ToneBank, WINDOW_SAMPLES } from './goertzel.ts'
import { HighPass } from './high-pass.ts'

/** Event codes by row and column of the keypad (RFC 4733 section 3.2, table 3). */
const CODES = Uint8Array.of(1, 2, 3, 12, 4, 5, 6, 13, 7, 8, 9, 14, 10, 0, 11, 15)
/** Digits one call of `accept` can tell of; 16 of the fastest legal ones fill more than a second. */
const KNOWN_AT_ONCE = 16
/** Length a press has to have before it is reported, ms: 23 must never be enough, and less is less delay. */
const LEAST_MS = 24.4
/** Widest offset accepted, part of the frequency. */
const WIDEST_OFFSET = 0.0265
/** Twist accepted, as a ratio of amplitudes low to high: +11 and -9.5 dB. */
const MOST_TWIST = 10 ** (11 / 20)
const LEAST_TWIST = 10 ** (-9.5 / 20)
/** The same digit, this much weaker (8 dB) and this soon after, is an echo. */
const ECHO_RATIO = 10 ** (-8 / 20)
const ECHO_HOPS = 400 / 5

/** Scores a press by its features: see `SURE` and `LIKELY`. */
export type PressJudge = (features: Float64Array) => number

export class DtmfReceiver {
  /** Samples handed over for one of the bank's. */
  readonly #scale: number
  readonly #judge: PressJudge
  readonly #bank = new ToneBank()
  readonly #window = new DtmfWindow(this.#bank)
  readonly #press = new DtmfPress(this.#bank, this.#window)
  readonly #coarse: Decimator | undefined
  readonly #fine: Decimator | undefined
  readonly #highPass = new HighPass()
  readonly #block = new Float64Array(DECIMATOR_BLOCK)
  // In a buffer of its own, which is off the heap: of what the collector moves it leaves copies.
  readonly #digits = new Uint8Array(new ArrayBuffer(KNOWN_AT_ONCE))
  readonly #starts = new Float64Array(KNOWN_AT_ONCE)
  #delay = 0
  #known = 0
  /** Samples handed over, and samples of the bank's rate heard. */
  #taken = 0
  #heard = 0
  #lostUntil = -1
  #lastCode = -1
  #lastHop = -1
  #lastAmplitude = 0
  #endSample = -1

  /**
   * @param sampleRate rate of the samples handed to `accept`, Hz.
   * @param judge decides between key and voice; the default is the fitted score.
   */
  constructor(sampleRate: 8000 | 16000 | 48000, judge: PressJudge = scorePress) {
    this.#scale = sampleRate / BANK_RATE
    this.#judge = judge
    this.#coarse = sampleRate === 48000 ? new Decimator(3, 8100 / 48000, 11_800 / 48000) : undefined
    this.#fine = sampleRate === 8000 ? undefined : new Decimator(2, 3200 / 16000, 2400 / 16000)
    this.#delay = (this.#coarse?.delay ?? 0) + (this.#fine?.delay ?? 0) * (sampleRate === 48000 ? 3 : 1)
  }

  /** True while a pair of tones is there: from its first candidate window to the end of the press. */
  get toneDown(): boolean {
    return this.#press.active && (this.#press.judged || this.#window.candidate)
  }

  /** Absolute sample index where the last reported press ended, -1 before the first end and while it is down. */
  get endSample(): number {
    return this.#endSample
  }

  /**
   * Hears `pcm[from..to)`, normally one packet, at most a second. Allocates nothing.
   * @returns how many digits became known in this call: ask `digitAt` and `startSampleAt`.
   */
  accept(pcm: Int16Array, from: number, to: number): number {
    this.#known = 0
    const block = this.#block
    for (let at = from; at < to; ) {
      let count = Math.min(to - at, DECIMATOR_BLOCK)
      for (let i = 0; i < count; i++) block[i] = pcm[at + i] as number
      at += count
      this.#taken += count
      if (this.#coarse !== undefined) count = this.#coarse.run(block, count)
      if (this.#fine !== undefined) count = this.#fine.run(block, count)
      this.#hear(count)
    }
    return this.#known
  }

  /** Takes the first samples of the block, now at the rate of the bank, through the high-pass into it. */
  #hear(count: number): void {
    this.#highPass.run(this.#block, count)
    for (let at = 0; at < count; ) {
      const taken = Math.min(this.#bank.room, count - at)
      this.#heard += taken
      if (this.#bank.take(this.#block, at, at + taken)) this.#hop()
      at += taken
    }
  }

  /** Event code 0 to 15 of the i-th digit of the last `accept` (0-9, 10 star, 11 pound, 12-15 A-D), -1 when there is none. */
  digitAt(i: number): number {
    return i >= 0 && i < this.#known ? (this.#digits[i] as number) : -1
  }

  /** Absolute index, since construction or `reset`, of the sample where the i-th digit of the last `accept` began; -1 when there is none. */
  startSampleAt(i: number): number {
    return i >= 0 && i < this.#known ? (this.#starts[i] as number) : -1
  }

  /** The next `samples` samples handed to `accept` are made up for lost packets: they neither end a press nor begin one. */
  lost(samples: number): void {
    this.#lostUntil = Math.max(this.#lostUntil, this.#taken) + samples
  }

  /** Starts over, as if nothing had been heard; sample indices begin at 0 again. */
  reset(): void {
    this.wipe()
  }

  /** Zeroes every buffer that held sound or a digit; the receiver then stands as after `reset`. */
  wipe(): void {
    this.#bank.wipe()
    this.#window.wipe()
    this.#press.wipe()
    this.#coarse?.wipe()
    this.#fine?.wipe()
    this.#highPass.wipe()
    this.#block.fill(0)
    this.#digits.fill(0)
    this.#starts.fill(0)
    this.#known = 0
    this.#taken = 0
    this.#heard = 0
    this.#lostUntil = -1
    this.#lastCode = -1
    this.#lastHop = -1
    this.#lastAmplitude = 0
    this.#endSample = -1
  }

  #hop(): void {
    const window = this.#window
    const press = this.#press
    window.measure()
    const frozen = (this.#heard - WINDOW_SAMPLES) * this.#scale < this.#lostUntil
    if (press.active) {
      press.follow(frozen)
      if (!press.active && press.judged) {
        this.#endSample = this.#sampleAgo((press.missingMs * BANK_RATE) / 1000 + HOP_SAMPLES)
      } else if (press.active && window.candidate && !press.matches()) this.#replace()
    }
    if (frozen || !window.candidate) return
    if (!press.active) press.start()
    if (!press.judged && press.matches()) this.#consider()
  }

  /** Another pair than that of the press: the keys were changed without a pause, or the press was none. */
  #replace(): void {
    const press = this.#press
    if (press.judged && this.#window.share < 0.6) return
    if (press.judged) this.#endSample = this.#sampleAgo(3 * HOP_SAMPLES)
    press.active = false
  }

  #consider(): void {
    const window = this.#window
    const press = this.#press
    press.measure()
    const { low, high } = window
    const twist = low.amplitude / high.amplitude
    if (press.lowMs < LEAST_MS || press.highMs < LEAST_MS || press.lowMs + press.highMs < 2 * LEAST_MS) return
    if (Math.abs(low.offset) > WIDEST_OFFSET || Math.abs(high.offset) > WIDEST_OFFSET) return
    if (twist > MOST_TWIST || twist < LEAST_TWIST) return
    const score = this.#judge(press.features)
    const likely = press.likely
    press.likely = score >= LIKELY
    if (score < SURE && !(likely && press.likely)) return
    press.judged = true
    const code = CODES[press.low * 4 + press.high - 4] as number
    const amplitude = Math.sqrt(press.lowPlateau * press.highPlateau)
    const hop = this.#bank.hop
    const echo =
      code === this.#lastCode && hop - this.#lastHop < ECHO_HOPS && amplitude < this.#lastAmplitude * ECHO_RATIO
    if (echo) return
    this.#lastCode = code
    this.#lastHop = hop
    this.#lastAmplitude = amplitude
    this.#endSample = -1
    if (this.#known === KNOWN_AT_ONCE) return
    const lengthMs = (press.lowMs + press.highMs) / 2
    this.#digits[this.#known] = code
    this.#starts[this.#known] = this.#sampleAgo((lengthMs * BANK_RATE) / 1000 + HOP_SAMPLES)
    this.#known++
  }

  /** Index among the samples handed over of what was heard that many samples of the bank's rate ago. */
  #sampleAgo(samples: number): number {
    return Math.max(0, Math.round((this.#heard - samples) * this.#scale) - this.#delay)
  }
}
