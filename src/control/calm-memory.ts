/**
 * Gives memory back after a flood or a busy hour. The engine collects when something is to be made: once it is quiet it leaves a heap of some 40 MB more as it is,
 * for minutes or for good, and so does a start. A collection that gives everything back takes a tenth of a second, in which signalling waits: it is made
 * only while there was next to nothing to do and few calls stand, and the machine has time for it. The engine's threads that collect wait for a processor
 * as everybody does: where others took both, signalling waited for 1.4 s.
 */

import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../base/clock.ts'
import type { Milliseconds } from '../base/units.ts'

const LOOK_MS = 10_000
/** Part of a core below which control is calm. */
const CALM = 0.05
/** Legs above which the heap is so large that collecting takes longer. */
const FEW_SESSIONS = 100
/** Lateness of what was due, ms, from which on the machine is busy with others: we are not while control is calm. */
const BUSY_LATE_MS = 10
/** Octets that the heap must have taken since the last time: below, it is not worth it. */
const WORTH_OCTETS = 16 * 1024 * 1024

/** What is looked at. */
export type CalmView = {
  /** Legs that stand or are set up. */
  readonly sessions: () => number
  /** Processor time of this process so far, ms. */
  readonly cpuMs: () => number
  /** The 99th percentile of how late this process came to what was due since this was last asked, ms. */
  readonly takeLateness: () => Milliseconds
  /** Octets that the heap takes of the machine's memory. */
  readonly taken: () => number
  readonly collect: () => void
}

/** Begins to look, every ten seconds. @returns the function that ends it. */
export function returnMemoryWhenCalm(clock: Clock, view: CalmView): () => void {
  let usedMs = view.cpuMs()
  let sinceMs = clock.now()
  let kept = 0
  const beat = (): void => {
    const nowMs = clock.now()
    const isIdle = view.cpuMs() - usedMs < (nowMs - sinceMs) * CALM && view.sessions() <= FEW_SESSIONS
    const isCalm = view.takeLateness() < BUSY_LATE_MS && isIdle
    if (isCalm && view.taken() - kept >= WORTH_OCTETS) {
      view.collect()
      kept = view.taken()
    }
    // What collecting took is no sign of work.
    usedMs = view.cpuMs()
    sinceMs = nowMs
    timer = clock.after(LOOK_MS, beat)
  }
  let timer = clock.after(LOOK_MS, beat)
  return () => timer.cancel()
}

/** Of this process. @param sessions legs that stand or are set up. */
export function ownMemory(sessions: () => number, takeLateness: () => Milliseconds): CalmView {
  setFlagsFromString('--expose-gc')
  const collect: NodeJS.GCFunction = runInNewContext('gc')
  return {
    sessions,
    takeLateness,
    cpuMs: () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    },
    taken: () => getHeapStatistics().total_physical_size,
    // The kind that gives back the room of new objects too, as the engine makes before it runs out.
    collect: () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
  }
}
