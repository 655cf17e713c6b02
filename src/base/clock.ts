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
  /** Calls a function once, `ms` from now or as soon after as the process can. */
  after(ms: Milliseconds, call: () => void): Timer
}

/** What a real clock is made of, handed in by the entry file. */
export type ClockSource<Handle> = {
  readonly now: () => number
  readonly setTimeout: (call: () => void, ms: number) => Handle
  readonly clearTimeout: (handle: Handle) => void
}

/** @returns a clock over the timers of the process. */
export function clockFrom<Handle>(source: ClockSource<Handle>): Clock {
  return {
    now: () => source.now(),
    after: (ms, call) => {
      const handle = source.setTimeout(call, Math.max(0, ms))
      return { cancel: () => source.clearTimeout(handle) }
    },
  }
}
