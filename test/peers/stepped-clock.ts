/** A clock for tests: time stands still until it is stepped, and timers fire in the order of their time, each at its own moment. */

import type { Clock } from '../../src/base/clock.ts'

export type SteppedClock = Clock & {
  /** Goes forward, firing what falls due on the way; a timer re-armed by a call fires again within the same step when it falls due. */
  step(ms: number): void
  /** Timers that have neither fired nor been cancelled. */
  readonly pending: number
}

/** @param startMs the time at the beginning; not 0, so that code which takes 0 for "never" is found out. */
export function steppedClock(startMs = 1_000_000): SteppedClock {
  let nowMs = startMs
  let armed = 0
  const timers = new Map<number, { readonly dueMs: number; readonly call: () => void }>()
  const next = () => {
    let found: [number, { readonly dueMs: number; readonly call: () => void }] | undefined
    for (const entry of timers) if (found === undefined || entry[1].dueMs < found[1].dueMs) found = entry
    return found
  }
  return {
    now: () => nowMs,
    after: (ms, call) => {
      const id = armed++
      timers.set(id, { dueMs: nowMs + Math.max(0, ms), call })
      return { cancel: () => void timers.delete(id) }
    },
    step: (ms) => {
      const endMs = nowMs + ms
      for (let due = next(); due !== undefined && due[1].dueMs <= endMs; due = next()) {
        timers.delete(due[0])
        nowMs = due[1].dueMs
        due[1].call()
      }
      nowMs = endMs
    },
    get pending() {
      return timers.size
    },
  }
}
