/** How late this process comes to what is due, as Node measures it; for the entry of control. */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Milliseconds } from '../base/units.ts'

/** A timer of so many milliseconds is what is measured: it is part of each value. */
const RESOLUTION_MS = 10
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
