/**
 * Where there is a key in a sound, or what any receiver might take for one. Three listen at once: the receiver of calls, whose word
 * counts; the same one turned as sensitive as it goes; and a look at every 20 ms that asks only whether two tones of a keypad make up most
 * of the energy, 20 dB below where receivers stop.
 */

import { Decimator } from '../rtp/decimate.ts'
import { DtmfReceiver } from '../rtp/dtmf-receiver.ts'
import { scorePress } from '../rtp/dtmf-score.ts'
import { DtmfWindow } from '../rtp/dtmf-window.ts'
import { BANK_RATE, HOP_SAMPLES, ToneBank } from '../rtp/goertzel.ts'
import { HighPass } from '../rtp/high-pass.ts'
import type { Span } from './sound-track.ts'

/** A key in the sound; samples. */
export type TonePress = Span & {
  /** RFC 4733 event code. */
  readonly code: number
}

export type ToneScan = {
  /** What the receiver of calls heard. */
  readonly presses: readonly TonePress[]
  /** What anybody might take for a key, presses included; they may overlap, and have no margin. */
  readonly suspects: readonly Span[]
}

/** Share of the energy that two tones have to explain, and the twist that is looked for, as a ratio of amplitudes: 12 dB. */
const LEAST_SHARE = 0.7
const MOST_TWIST = 10 ** (12 / 20)
/** How much louder the sound is made for the look: what is too weak for a receiver may be amplified by somebody. */
const GAIN = 10
/** Added to the score of the sensitive receiver, whose threshold is 2. */
const LENIENCE = 6
const WINDOW_HOPS = 4

/** @param lost samples that were made up. */
export function scanTones(pcm: Int16Array, sampleRate: 8000 | 16000, lost: readonly Span[]): ToneScan {
  const presses: TonePress[] = []
  const sensitive: TonePress[] = []
  const suspects: Span[] = []
  const strict = new Follower(new DtmfReceiver(sampleRate), presses)
  const lenient = new Follower(new DtmfReceiver(sampleRate, (features) => scorePress(features) + LENIENCE), sensitive)
  const look = new Look(sampleRate, suspects)
  const hop = HOP_SAMPLES * (sampleRate / BANK_RATE)
  let nextLost = 0
  for (let at = 0; at < pcm.length; ) {
    const gap = lost[nextLost]
    if (gap !== undefined && gap.from === at) {
      strict.lost(gap.to - gap.from)
      lenient.lost(gap.to - gap.from)
      nextLost++
      continue
    }
    const to = Math.min(pcm.length, at + hop, gap === undefined || gap.from < at ? pcm.length : gap.from)
    strict.hear(pcm, at, to)
    lenient.hear(pcm, at, to)
    look.hear(pcm, at, to)
    at = to
  }
  strict.finish(pcm.length)
  lenient.finish(pcm.length)
  look.wipe()
  return { presses, suspects: [...suspects, ...presses, ...sensitive] }
}

/** Learns from a receiver where its presses end. */
class Follower {
  readonly #receiver: DtmfReceiver
  readonly #into: TonePress[]
  #running: { code: number; from: number } | undefined

  constructor(receiver: DtmfReceiver, into: TonePress[]) {
    this.#receiver = receiver
    this.#into = into
  }

  lost(samples: number): void {
    this.#receiver.lost(samples)
  }

  /** At most one hop, so that no press ends unseen. */
  hear(pcm: Int16Array, from: number, to: number): void {
    const found = this.#receiver.accept(pcm, from, to)
    for (let i = 0; i < found; i++) {
      const start = this.#receiver.startSampleAt(i)
      this.#end(start)
      this.#running = { code: this.#receiver.digitAt(i), from: start }
    }
    if (this.#receiver.endSample >= 0) this.#end(this.#receiver.endSample)
  }

  finish(length: number): void {
    this.#end(length)
    this.#receiver.wipe()
  }

  #end(sample: number): void {
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    this.#into.push({ ...running, to: Math.max(sample, running.from) })
  }
}

/** The look at every 20 ms. */
class Look {
  readonly #scale: number
  readonly #into: Span[]
  readonly #bank = new ToneBank()
  readonly #window = new DtmfWindow(this.#bank)
  readonly #decimator: Decimator | undefined
  readonly #block = new Float64Array(HOP_SAMPLES * 2)
  readonly #highPass = new HighPass()
  #heard = 0

  constructor(sampleRate: 8000 | 16000, into: Span[]) {
    this.#scale = sampleRate / BANK_RATE
    this.#into = into
    this.#decimator = sampleRate === BANK_RATE ? undefined : new Decimator(2, 3200 / 16000, 2400 / 16000)
  }

  hear(pcm: Int16Array, from: number, to: number): void {
    const block = this.#block
    for (let i = from; i < to; i++) block[i - from] = (pcm[i] as number) * GAIN
    const count = this.#decimator === undefined ? to - from : this.#decimator.run(block, to - from)
    this.#highPass.run(block, count)
    for (let at = 0; at < count; ) {
      const taken = Math.min(this.#bank.room, count - at)
      this.#heard += taken
      if (this.#bank.take(block, at, at + taken)) this.#judge()
      at += taken
    }
  }

  wipe(): void {
    this.#bank.wipe()
    this.#window.wipe()
    this.#decimator?.wipe()
    this.#block.fill(0)
    this.#highPass.wipe()
  }

  #judge(): void {
    const window = this.#window
    window.measure()
    if (!window.candidate || window.share < LEAST_SHARE) return
    const twist = window.low.amplitude / window.high.amplitude
    if (twist > MOST_TWIST || twist < 1 / MOST_TWIST) return
    const to = this.#heard * this.#scale - (this.#decimator?.delay ?? 0)
    const from = Math.max(0, to - WINDOW_HOPS * HOP_SAMPLES * this.#scale)
    const last = this.#into.at(-1)
    if (last !== undefined && last.to >= from) this.#into[this.#into.length - 1] = { from: last.from, to }
    else this.#into.push({ from, to })
  }
}
