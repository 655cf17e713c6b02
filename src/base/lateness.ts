/**
 * Whether something that should be punctual is late for good, by what it measured of each of the last seconds. One bad second says nothing: a
 * machine hiccups. Late for three of five is late; it stays so until five seconds in a row were well below, so that the answer does not flap.
 */

import type { Milliseconds } from './units.ts'

export type Lateness = {
  /** The last seconds, newest last. */
  readonly seconds: readonly Milliseconds[]
  readonly late: boolean
}

/** Seconds that are looked at, how many of them must be late, and below which part of the limit all must be again. */
const LOOKED_AT = 5
const LATE_SECONDS = 3
const WELL_BELOW = 0.5

export const PUNCTUAL: Lateness = { seconds: [], late: false }

/** Adds a second. @param limitMs what it may be late; undefined when nothing is too late. */
export function stepLateness(before: Lateness, lateMs: Milliseconds, limitMs: Milliseconds | undefined): Lateness {
  const seconds = [...before.seconds, lateMs].slice(-LOOKED_AT)
  if (limitMs === undefined) return { seconds, late: false }
  const over = seconds.filter((each) => each > limitMs).length
  const recovered = seconds.length === LOOKED_AT && seconds.every((each) => each <= limitMs * WELL_BELOW)
  return { seconds, late: before.late ? !recovered : over >= LATE_SECONDS }
}

/** @returns the worst of the seconds. */
export function worstLateness({ seconds }: Lateness): Milliseconds {
  return Math.max(0, ...seconds)
}
