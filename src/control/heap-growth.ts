/** How much garbage control lets lie before the engine collects it. */

import { setFlagsFromString } from 'node:v8'
import type { Clock } from '../base/clock.ts'

const LOOK_MS = 10_000
/**
 * Part of what was alive after the last collection that may be added before the next, percent. What a call leaves for half a minute after its end (the timers of
 * RFC 3261 section 17) the engine takes for something that lasts: left alone it lets the heap grow to four times what is in use, which looks like a leak
 * for hours. With little to do it is collected often, since that costs next to nothing; at 300 calls a second 90 MB are in use and 185 are taken at most, and
 * with half of that a call costs a twentieth more.
 */
const LEAST_PERCENT = 10
const MOST_PERCENT = 100
/** Part of a core from which on the most is right. */
const BUSY = 0.25

/** @param part of a core that was worked. @returns what may be added before the next collection, percent of what was alive after the last. */
export function growthFor(part: number): number {
  return Math.round(Math.min(MOST_PERCENT, Math.max(LEAST_PERCENT, (part / BUSY) * MOST_PERCENT)))
}

/** Has the engine keep the heap close to what is in use, from now on, as closely as there is time for. @param cpuMs processor time of this process so far. @returns the function that ends the looking. */
export function keepHeapClose(clock: Clock, cpuMs: () => number, set = setGrowth): () => void {
  let usedMs = cpuMs()
  let sinceMs = clock.now()
  set(MOST_PERCENT)
  const look = (): void => {
    const [nowUsedMs, nowMs] = [cpuMs(), clock.now()]
    set(growthFor((nowUsedMs - usedMs) / (nowMs - sinceMs)))
    usedMs = nowUsedMs
    sinceMs = nowMs
    timer = clock.after(LOOK_MS, look)
  }
  let timer = clock.after(LOOK_MS, look)
  return () => timer.cancel()
}

function setGrowth(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
}
