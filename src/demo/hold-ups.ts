/**
 * Tells a gap in what arrives from a machine that had no time: what is heard in real time is judged by limits of some tens of
 * milliseconds, and on a busy machine a process may wait that long for a processor. How long it did is counted here, from three sources:
 * beats of our own that came late, the kernel's count of each process's waiting (`run_delay` in /proc/PID/schedstat), and the time
 * that a hypervisor gave to others (`steal` in /proc/stat).
 */

import { readFileSync } from 'node:fs'

export type HoldUps = {
  /** How long sound can have been held up between two times, milliseconds of `performance.now`. */
  heldMs(fromMs: number, toMs: number): number
  close(): void
}

type Sample = { readonly atMs: number; readonly waitedMs: number }

const BEAT_MS = 5
/** What was on its way when two people were parted may still arrive so long after, milliseconds. */
const IN_FLIGHT_MS = 60
/** A hypervisor's share is counted in hundredths of a second (USER_HZ). */
const STEAL_TICK_MS = 10
const NS_PER_MS = 1e6

/**
 * Watches this process and others that take part in the sound.
 * @param processIds the others; asked for again at each beat, since processes may be replaced.
 */
export function watchHoldUps(processIds: () => readonly number[] = () => []): HoldUps {
  const lateBeats: { readonly fromMs: number; readonly toMs: number }[] = []
  const samples: Sample[] = []
  const seen = new Map<number, number>()
  let waitedMs = 0
  let stolenMs = stealMs()
  let lastMs = performance.now()
  const sample = (): void => {
    for (const pid of processIds()) {
      const delayMs = runDelayMs(pid)
      if (delayMs === undefined) continue
      waitedMs += delayMs - (seen.get(pid) ?? delayMs)
      seen.set(pid, delayMs)
    }
    const nowStolenMs = stealMs()
    waitedMs += nowStolenMs - stolenMs
    stolenMs = nowStolenMs
    samples.push({ atMs: performance.now(), waitedMs })
  }
  sample()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    if (nowMs - lastMs > 2 * BEAT_MS) lateBeats.push({ fromMs: lastMs, toMs: nowMs })
    lastMs = nowMs
    sample()
  }, BEAT_MS)
  return {
    heldMs: (fromMs, toMs) =>
      lateBeats.reduce((sum, late) => sum + overlapMs(late, fromMs, toMs), 0) + waitedBetween(samples, fromMs, toMs),
    close: () => clearInterval(timer),
  }
}

/** @returns from when on nothing sent before a time may arrive: a receiver that was held up just then reads it that much later, milliseconds. */
export function landedMs(sentMs: number, heldMs: HoldUps['heldMs']): number {
  let byMs = sentMs + IN_FLIGHT_MS
  // What is seen of a hold-up grows with the time that is looked at, until its end is in it.
  for (;;) {
    const againMs = sentMs + IN_FLIGHT_MS + heldMs(sentMs - IN_FLIGHT_MS, byMs)
    if (againMs - byMs < 1) return againMs
    byMs = againMs
  }
}

function overlapMs(late: { readonly fromMs: number; readonly toMs: number }, fromMs: number, toMs: number): number {
  return Math.max(0, Math.min(late.toMs, toMs) - Math.max(late.fromMs, fromMs))
}

/** What was counted from the last sample before a time to the first one after another. */
function waitedBetween(samples: readonly Sample[], fromMs: number, toMs: number): number {
  const before = samples.findLast(({ atMs }) => atMs <= fromMs) ?? samples[0]
  const after = samples.find(({ atMs }) => atMs >= toMs) ?? samples.at(-1)
  return (after?.waitedMs ?? 0) - (before?.waitedMs ?? 0)
}

/** @returns how long a process's first thread, which has its sockets, has waited for a processor in all; undefined when it is gone. */
function runDelayMs(pid: number): number | undefined {
  const fields = textOf(`/proc/${pid}/schedstat`)?.split(' ')
  return fields?.[1] === undefined ? undefined : Number(fields[1]) / NS_PER_MS
}

function stealMs(): number {
  const steal = textOf('/proc/stat')?.split('\n')[0]?.trim().split(/\s+/)[8]
  return steal === undefined ? 0 : Number(steal) * STEAL_TICK_MS
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Not Linux, or a process that has ended: then only our own beats tell.
    return undefined
  }
}
