/** Processor cores of this machine: who runs on which, and how much of one a process had. Linux only. */

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** What is measured has a core to itself where there are two; -1 pins nothing. */
export const CORES: { readonly relay: number; readonly load: number } =
  availableParallelism() > 1 ? { relay: 0, load: 1 } : { relay: -1, load: -1 }

/** Keeps a process, with all threads that it has now, on one core. */
export function pin(pid: number, core: number): void {
  if (core >= 0) execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' })
}

/**
 * Time on a core that all threads of a process have had so far, microseconds: user and system time of `/proc/PID/stat`, which tells it in steps of
 * ten milliseconds, from the scheduler that counts nanoseconds. @returns it, or infinity when the process has ended.
 */
export function cpuMicros(pid: number): number {
  try {
    const times = readdirSync(`/proc/${pid}/task`).map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]),
    )
    return times.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1000
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
