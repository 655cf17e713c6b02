/**
 * Time as something that is given. Entry files make the one real clock of a process; everything below takes a `Clock`, and tests
 * step a false one (`test/peers/stepped-clock.ts`).
 */

import type { Milliseconds } from './units.ts'

export type Timer = {
  /** The function will not be called any more. May be called twice, and after it has fired. */
  cancel(): void
}

export type Clock = {
  /** Milliseconds of a clock that never runs backwards; its zero means nothing. */
  now(): Milliseconds
  /** Calls a function once, `ms` from now or as soon after as the process can; after 24.8 days at the latest. */
  after(ms: Milliseconds, call: () => void): Timer
}

/** What a real clock is made of, handed in by the entry file. */
export type ClockSource<Handle> = {
  readonly now: () => number
  readonly setTimeout: (call: () => void, ms: number) => Handle
  readonly clearTimeout: (handle: Handle) => void
}

/** A timer that comes this much too late says that the process was stopped or starved. */
const HELD_UP_MS: Milliseconds = 250
/** Then the answer that it gives up waiting for may lie unread, since timers are served before sockets: so long there is to read it. */
const READING_MS: Milliseconds = 20

/** The longest wait of a timer of Node, 24.8 days: what is to wait for longer would be called after 1 ms. */
const LONGEST_MS: Milliseconds = 2 ** 31 - 1

/** @returns a clock over the timers of the process. A timer that the process was held up for waits a little more, so that what came in time is in time. */
export function clockFrom<Handle>(source: ClockSource<Handle>): Clock {
  return {
    now: () => source.now(),
    after: (ms, call) => new RunningTimer(source, Math.min(Math.max(0, ms), LONGEST_MS), call),
  }
}

class RunningTimer<Handle> implements Timer {
  readonly #source: ClockSource<Handle>
  readonly #dueMs: Milliseconds
  /** Until it is due or cancelled: whoever keeps the timer for longer does not keep what it would have called. */
  #call: (() => void) | undefined
  #handle: Handle

  constructor(source: ClockSource<Handle>, ms: Milliseconds, call: () => void) {
    this.#source = source
    this.#dueMs = source.now() + ms
    this.#call = call
    this.#handle = source.setTimeout(() => this.#onDue(), ms)
  }

  cancel(): void {
    this.#call = undefined
    this.#source.clearTimeout(this.#handle)
  }

  #onDue(): void {
    const { now, setTimeout } = this.#source
    const call = this.#call
    this.#call = undefined
    if (call === undefined) return
    if (now() - this.#dueMs > HELD_UP_MS) this.#handle = setTimeout(call, READING_MS)
    else call()
  }
}
