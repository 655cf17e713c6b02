/** How late this process comes to what is due, as Node measures it; for the entry of control. */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Milliseconds } from '../base/units.ts'

/**
 * A timer of so many milliseconds is what is measured: it is part of each value, and hides half of itself of a hold-up. Each wakes the process, at 29 us:
 * with 10 ms that was two thirds of control's wake-ups while 20 people key.
 */
const RESOLUTION_MS = 20
const NS_PER_MS = 1_000_000
const PERCENTILE = 99

/** Begins to measure. @returns the function that tells the 99th percentile since it was last called. */
export function watchLoop(): () => Milliseconds {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  return () => {
    const lateMs = delay.count === 0 ? 0 : delay.percentile(PERCENTILE) / NS_PER_MS - RESOLUTION_MS
    delay.reset()
    return Math.max(0, lateMs)
  }
}
