/**
 * The one timer of a vault: it calls everybody who joined, with the time of a clock that never runs backwards. It runs only while somebody is
 * there, every 20 ms where all packet times are multiples of that, which is the rule and half the wake-ups, else every 10 ms.
 */

import type { Clock, Timer } from '../base/clock.ts'
import type { Milliseconds } from '../base/units.ts'

export const BEAT_MS: Milliseconds = 20
export const SHORT_BEAT_MS: Milliseconds = 10

type Around = { receive(): void; send(): void }

export class Beat {
  readonly #clock: Clock
  readonly #around: Around | undefined
  /** Members with the beat that each needs. */
  readonly #members = new Map<(nowMs: Milliseconds) => void, Milliseconds>()
  #timer: Timer | undefined
  #beatMs: Milliseconds = BEAT_MS
  #nextMs: Milliseconds = 0

  /** @param around what is done before and after all members of a beat. */
  constructor(clock: Clock, around?: Around) {
    this.#clock = clock
    this.#around = around
  }

  /** Calls `member` on every beat, as often at least as its packet time needs. @returns what ends that; may be called twice. */
  join(ptimeMs: Milliseconds, member: (nowMs: Milliseconds) => void): () => void {
    this.#members.set(member, ptimeMs % BEAT_MS === 0 ? BEAT_MS : SHORT_BEAT_MS)
    this.#choose()
    if (this.#timer === undefined) {
      this.#nextMs = this.#clock.now()
      this.#arm()
    }
    return () => {
      this.#members.delete(member)
      this.#choose()
      if (this.#members.size > 0) return
      this.#timer?.cancel()
      this.#timer = undefined
    }
  }

  #choose(): void {
    this.#beatMs = Math.min(BEAT_MS, ...this.#members.values())
  }

  /** Beats are counted from the first, so that a late one does not make the next ones late; missed ones are not made up. */
  #arm(): void {
    const nowMs = this.#clock.now()
    this.#nextMs = Math.max(this.#nextMs + this.#beatMs, nowMs)
    this.#timer = this.#clock.after(this.#nextMs - nowMs, () => {
      this.#arm()
      this.#around?.receive()
      const beatMs = this.#clock.now()
      for (const member of [...this.#members.keys()]) member(beatMs)
      this.#around?.send()
    })
  }
}
