/**
 * Loaded into control before anything else of it, to tell what can only be seen from inside: on SIGUSR2 its heap after a collection, and how late its
 * event loop was since the last time. One line of JSON each, into the file of the variable `BENCH_INSIDE`.
 */

import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

/** What control tells of itself. */
export type Inside = {
  readonly heapMegabytes: number
  readonly memoryMegabytes: number
  /** Lateness of the event loop since the last time, milliseconds. */
  readonly lateP50Ms: number
  readonly lateP99Ms: number
  readonly lateWorstMs: number
}

const RESOLUTION_MS = 10
const NS_PER_MS = 1_000_000
const MEGABYTE = 2 ** 20
const file = process.env['BENCH_INSIDE']

if (file !== undefined && isMainThread) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / NS_PER_MS - RESOLUTION_MS)
  process.on('SIGUSR2', () => {
    const [lateP50Ms, lateP99Ms, lateWorstMs] = [delay.percentile(50), delay.percentile(99), delay.max].map(late)
    collect()
    const { heapUsed, rss } = process.memoryUsage()
    const inside = {
      heapMegabytes: heapUsed / MEGABYTE,
      memoryMegabytes: rss / MEGABYTE,
      lateP50Ms,
      lateP99Ms,
      lateWorstMs,
    }
    appendFileSync(file, `${JSON.stringify(inside)}\n`)
    // What the collection took is nobody's lateness.
    setImmediate(() => delay.reset())
  })
}
