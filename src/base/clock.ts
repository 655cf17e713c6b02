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

/** A timer that comes this much too late says that the process was stopped or starved. */
const HELD_UP_MS: Milliseconds = 250
/** Then the answer that it gives up waiting for may lie unread, since timers are served before sockets: so long there is to read it. */
const READING_MS: Milliseconds = 20

/** @returns a clock over the timers of the process. A timer that the process was held up for waits a little more, so that what came in time is in time. */
export function clockFrom<Handle>(source: ClockSource<Handle>): Clock {
  return {
    now: () => source.now(),
    after: (ms, call) => {
      const dueMs = source.now() + Math.max(0, ms)
      const onDue = () => {
        if (source.now() - dueMs > HELD_UP_MS) handle = source.setTimeout(call, READING_MS)
        else call()
      }
      let handle = source.setTimeout(onDue, Math.max(0, ms))
      return { cancel: () => source.clearTimeout(handle) }
    },
  }
}
