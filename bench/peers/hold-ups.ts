/**
 * Loaded into control before anything else of it, to tell what holds its event loop up: every collection of garbage and every turn that took longer than
 * some milliseconds, by what it was called for. One line of JSON each, into the file of the variable `BENCH_HOLD_UPS`.
 */

import { createHook } from 'node:async_hooks'
import { appendFileSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

/** What held control up. */
export type HoldUp = {
  /** `gc`, or the kind of what was called: UDPWRAP for a datagram, TCPWRAP for octets of a stream. */
  readonly what: string
  /** Begin, ms since 1970. */
  readonly atMs: number
  readonly ms: number
  /** Of that, processor time of control's main thread, ms: the rest is the machine's. Of a collection, whose threads wait as well, it is not known. */
  readonly cpuMs?: number
}

/** Shorter ones are not told, ms. */
const SHORTEST_MS = 5
const file = process.env['BENCH_HOLD_UPS']

if (file !== undefined && isMainThread) {
  const told: HoldUp[] = []
  const kinds = new Map<number, string>()
  const open: { readonly id: number; readonly ms: number; readonly cpuMs: number }[] = []
  const ownMs = (): number => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  createHook({
    init: (id, type) => void kinds.set(id, type),
    destroy: (id) => void kinds.delete(id),
    before: (id) => {
      if (open.length === 0) open.push({ id, ms: performance.now(), cpuMs: ownMs() })
    },
    after: (id) => {
      if (open[0]?.id !== id) return
      const { ms: sinceMs, cpuMs } = open.pop() as (typeof open)[0]
      const ms = performance.now() - sinceMs
      if (ms >= SHORTEST_MS)
        told.push({ what: kinds.get(id) ?? 'turn', atMs: performance.timeOrigin + sinceMs, ms, cpuMs: ownMs() - cpuMs })
    },
  }).enable()
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { startTime, duration, detail } = entry as PerformanceEntry & { readonly detail: { readonly kind: number } }
      const { kind } = detail
      if (duration >= SHORTEST_MS)
        told.push({ what: `gc ${kind}`, atMs: performance.timeOrigin + startTime, ms: duration })
    }
  }).observe({ entryTypes: ['gc'] })
  setInterval(() => {
    if (told.length === 0) return
    const lines = told.splice(0).map((each) => `${JSON.stringify(each)}\n`)
    appendFileSync(file, lines.join(''))
  }, 500).unref()
}
