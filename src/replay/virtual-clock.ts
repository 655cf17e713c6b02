/** Time as a replay has it: it stands still until it is moved on, and timers fire in the order of their time, each at its own moment. */

import type { Clock, Timer } from '../base/clock.ts'
import type { Milliseconds } from '../base/units.ts'

type Due = { readonly atMs: Milliseconds; readonly call: () => void }

export class VirtualClock implements Clock {
  readonly #timers = new Map<number, Due>()
  #nowMs: Milliseconds = 0
  #armed = 0

  now(): Milliseconds {
    return this.#nowMs
  }

  after(ms: Milliseconds, call: () => void): Timer {
    const id = this.#armed++
    this.#timers.set(id, { atMs: this.#nowMs + Math.max(0, ms), call })
    return { cancel: () => void this.#timers.delete(id) }
  }

  /** Moves on to a time, firing what falls due on the way; of two that are due at once the one armed first. */
  moveTo(atMs: Milliseconds): void {
    for (;;) {
      let next: readonly [number, Due] | undefined
      for (const timer of this.#timers) if (next === undefined || timer[1].atMs < next[1].atMs) next = timer
      if (next === undefined || next[1].atMs > atMs) break
      this.#timers.delete(next[0])
      this.#nowMs = Math.max(this.#nowMs, next[1].atMs)
      next[1].call()
    }
    this.#nowMs = Math.max(this.#nowMs, atMs)
  }
}
