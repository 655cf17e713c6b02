/**
 * The one timer of a vault: every 10 ms it calls everybody who joined, with the time of a clock that never runs backwards. It
 * runs only while somebody is there.
 */

import type { Clock, Timer } from '../base/clock.ts'
import type { Milliseconds } from '../base/units.ts'

export const BEAT_MS: Milliseconds = 10

type Around = { receive(): void; send(): void }

export class Beat {
  readonly #clock: Clock
  readonly #around: Around | undefined
  readonly #members = new Set<(nowMs: Milliseconds) => void>()
  #timer: Timer | undefined
  #nextMs: Milliseconds = 0

  /** @param around what is done before and after all members of a beat. */
  constructor(clock: Clock, around?: Around) {
    this.#clock = clock
    this.#around = around
  }

  /** Calls `member` on every beat. @returns what ends that; may be called twice. */
  join(member: (nowMs: Milliseconds) => void): () => void {
    this.#members.add(member)
    if (this.#timer === undefined) {
      this.#nextMs = this.#clock.now()
      this.#arm()
    }
    return () => {
      this.#members.delete(member)
      if (this.#members.size > 0) return
      this.#timer?.cancel()
      this.#timer = undefined
    }
  }

  /** Beats are counted from the first, so that a late one does not make the next ones late; missed ones are not made up. */
  #arm(): void {
    const nowMs = this.#clock.now()
    this.#nextMs = Math.max(this.#nextMs + BEAT_MS, nowMs)
    this.#timer = this.#clock.after(this.#nextMs - nowMs, () => {
      this.#arm()
      this.#around?.receive()
      const beatMs = this.#clock.now()
      for (const member of [...this.#members]) member(beatMs)
      this.#around?.send()
    })
  }
}
