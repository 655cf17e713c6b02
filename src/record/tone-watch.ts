/**
 * Whether a caller keyed while a recording heard it: the receiver of in-band tones listens to the caller's track, and what counts is what it hears
 * near a stretch that was withheld. Which key it was is not asked for.
 */

import type { Milliseconds, Samples } from '../base/units.ts'
import { DtmfReceiver } from '../rtp/dtmf-receiver.ts'
import type { Survey, Withheld } from './survey.ts'

/** How near. */
const NEAR_MS: Milliseconds = 10_000

export type WatchedStretch = Withheld & {
  /** When the tones of keys began. */
  readonly tonesAtMs: readonly Milliseconds[]
}

export class ToneWatch {
  readonly #receiver: DtmfReceiver
  readonly #perMs: number
  readonly #stretches: (Withheld & { readonly tonesAtMs: Milliseconds[] })[]

  constructor({ sampleRate, withheld }: Survey) {
    this.#receiver = new DtmfReceiver(sampleRate)
    this.#perMs = sampleRate / 1000
    this.#stretches = withheld.map((stretch) => ({ ...stretch, tonesAtMs: [] }))
  }

  /** Hears the next samples of the caller, from the front; at most a second of them. */
  hear(caller: Int16Array, count: Samples): void {
    const known = this.#receiver.accept(caller, 0, count)
    for (let i = 0; i < known; i++) this.#note(this.#receiver.startSampleAt(i) / this.#perMs)
  }

  /** @returns what was heard near each stretch; the receiver is wiped. */
  close(): readonly WatchedStretch[] {
    this.#receiver.wipe()
    return this.#stretches
  }

  #note(atMs: Milliseconds): void {
    for (const { fromMs, toMs, tonesAtMs } of this.#stretches) {
      if (atMs >= fromMs - NEAR_MS && atMs <= toMs + NEAR_MS) tonesAtMs.push(atMs)
    }
  }
}
