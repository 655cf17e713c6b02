/** How much of a processor core processes take, from `/proc` (proc_pid_stat(5)). */

import { readdirSync, readFileSync } from 'node:fs'

/** proc counts in hundredths of a second on every Linux that Node runs on. */
const TICK_MS = 10

/** @returns processor time that this thread has used so far, milliseconds: what a busy machine cannot make longer. */
export function ownCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** @returns processor time that a process has used so far, milliseconds; 0 when it is gone. */
export function cpuMs(processId: number): number {
  try {
    const text = readFileSync(`/proc/${processId}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return 0
  }
}

/** @returns how often the threads of a process have gone to sleep and been woken so far; what a busy machine hardly changes. */
export function wakeUps(processId: number): number {
  try {
    return readdirSync(`/proc/${processId}/task`).reduce((sum, thread) => {
      const status = readFileSync(`/proc/${processId}/task/${thread}/status`, 'latin1')
      return sum + Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1] ?? 0)
    }, 0)
  } catch {
    return 0
  }
}

/** Starts measuring. @returns the function that ends it and tells, by name, the part of one core in percent. */
export function measureCpu(processes: Readonly<Record<string, number>>): () => Record<string, number> {
  const before = new Map(Object.values(processes).map((pid) => [pid, cpuMs(pid)]))
  const startMs = performance.now()
  return () => {
    const tookMs = performance.now() - startMs
    const percent = (pid: number): number => Math.round(((cpuMs(pid) - (before.get(pid) ?? 0)) / tookMs) * 1000) / 10
    return Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, percent(pid)]))
  }
}
