/**
 * The sound of one track as it is decoded: packets wait until none can come any more that belongs before them, are decoded in their order, and
 * lie in a window that moves on. What no packet fills is silence; gaps of Opus of up to 60 ms are made up by its decoder, those of G.711 and G.722 are not.
 */

import type { Milliseconds, Samples } from '../base/units.ts'
import { createDecoder, type Decoder } from '../rtp/codec.ts'
import { SAMPLES_MAX } from '../rtp/opus-engine.ts'
import { Upsample2 } from '../rtp/resample.ts'
import type { TimelineSound } from './timeline.ts'

/** Longest gap that Opus fills: what is made up beyond it is no likeness of what was said. */
const MOST_BRIDGED_MS: Milliseconds = 60

/** One source in one codec, with what its decoder remembers. */
type Run = {
  readonly decoder: Decoder
  readonly upsampler: Upsample2 | undefined
  /** Where the last packet began and ended; -1 before the first. */
  start: Samples
  end: Samples
}

export class TrackSound {
  readonly #sampleRate: 8000 | 16000
  readonly #window: Int16Array
  readonly #decoded = new Int16Array(SAMPLES_MAX)
  readonly #wide = new Int16Array(2 * SAMPLES_MAX)
  /** Place of the window's first sample. */
  #from: Samples = 0
  #waiting: TimelineSound[] = []
  #run: Run | undefined

  /** @param windowMs how far the sound may be ahead of what was taken. */
  constructor(sampleRate: 8000 | 16000, windowMs: Milliseconds) {
    this.#sampleRate = sampleRate
    this.#window = new Int16Array((windowMs * sampleRate) / 1000)
  }

  /** A packet that came; the later run wins where two lie over each other. */
  add(sound: TimelineSound): void {
    if (sound.begins) {
      this.decodeUntil(Number.POSITIVE_INFINITY)
      this.#endRun()
      const decoder = createDecoder(sound.codec)
      const upsampler = decoder.sampleRate < this.#sampleRate ? new Upsample2() : undefined
      this.#run = { decoder, upsampler, start: -1, end: -1 }
    }
    if (sound.lengthMs === 0) return
    let at = this.#waiting.length
    while (at > 0 && (this.#waiting[at - 1] as TimelineSound).startMs > sound.startMs) at--
    this.#waiting.splice(at, 0, sound)
  }

  /** Decodes what begins before that time. */
  decodeUntil(ms: Milliseconds): void {
    let count = 0
    for (const sound of this.#waiting) {
      if (sound.startMs >= ms) break
      this.#decode(sound)
      count++
    }
    this.#waiting.splice(0, count)
  }

  /** Takes the next samples out of the window to the front of `out`. */
  take(count: Samples, out: Int16Array): void {
    for (let i = 0; i < count; i++) out[i] = this.#window[i] as number
    this.#window.copyWithin(0, count)
    this.#window.fill(0, this.#window.length - count)
    this.#from += count
  }

  /** Overwrites all sound that it holds. */
  wipe(): void {
    this.#endRun()
    this.#waiting = []
    for (const samples of [this.#window, this.#decoded, this.#wide]) samples.fill(0)
  }

  #endRun(): void {
    this.#run?.decoder.wipe()
    this.#run?.upsampler?.wipe()
    this.#run = undefined
  }

  #decode({ startMs, payload, codec }: TimelineSound): void {
    const run = this.#run
    const start = Math.round((startMs * this.#sampleRate) / 1000)
    // The same packet once more, which would put the decoder out of step.
    if (run === undefined || start === run.start) return
    const gap = run.end < 0 ? 0 : start - run.end
    if (gap > 0) {
      run.upsampler?.wipe()
      if (codec === 'OPUS' && gap <= (MOST_BRIDGED_MS * this.#sampleRate) / 1000) {
        this.#put(run, run.decoder.bridge(gap, payload, 0, payload.length, this.#decoded), run.end)
      }
    }
    const count = this.#put(run, run.decoder.decode(payload, 0, payload.length, this.#decoded), start)
    run.start = start
    run.end = start + count
  }

  /** @returns samples that it put there. */
  #put({ upsampler }: Run, decoded: Samples, start: Samples): Samples {
    const samples = upsampler === undefined ? this.#decoded : this.#wide
    const count = upsampler === undefined ? decoded : upsampler.run(this.#decoded, decoded, this.#wide)
    for (let i = 0, at = start - this.#from; i < count; i++, at++) {
      if (at >= 0 && at < this.#window.length) this.#window[at] = samples[i] as number
    }
    return count
  }
}
