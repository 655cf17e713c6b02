/** What the processes of a server take just now, from `/proc` (proc_pid_status(5)), and how fast it grows. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Sotto } from './sotto.ts'

export type ProcessSample = {
  /** Anonymous memory: heap, buffers and stacks, without what files are mapped to. */
  readonly megabytes: number
  /** Open files and sockets. */
  readonly handles: number
}

export type Sample = {
  readonly atMs: number
  readonly processes: Readonly<Record<string, ProcessSample>>
  /** Calls that stand. */
  readonly calls: number
  /** UDP sockets of media processes. */
  readonly ports: number
}

const KB_PER_MB = 1024
const MS_PER_HOUR = 3_600_000

/** Takes a sample of every process. */
export function sampleOf(sotto: Sotto): Sample {
  const { control, media, vault } = sotto.processes()
  const named: readonly (readonly [string, number])[] = [
    ['control', control],
    ...media.map((pid, i) => [`media ${i + 1}`, pid] as const),
    ...vault.map((pid, i) => [`vault ${i + 1}`, pid] as const),
  ]
  const count = (type: string) => sotto.events.reduce((sum, event) => (event.type === type ? sum + 1 : sum), 0)
  return {
    atMs: performance.now(),
    processes: Object.fromEntries(named.map(([name, pid]) => [name, sampleOfProcess(pid)])),
    calls: count('call.arrived') - count('call.ended'),
    ports: media.reduce((sum, pid) => sum + udpSocketsOf(pid), 0),
  }
}

/** @returns the slope of the straight line through points of milliseconds and megabytes, in megabytes an hour (least squares). */
export function slopeOf(points: readonly (readonly [ms: number, megabytes: number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length
  const [meanMs, meanMb] = [mean(0), mean(1)]
  const spread = points.reduce((sum, [ms]) => sum + (ms - meanMs) ** 2, 0)
  const together = points.reduce((sum, [ms, megabytes]) => sum + (ms - meanMs) * (megabytes - meanMb), 0)
  return spread === 0 ? 0 : (together / spread) * MS_PER_HOUR
}

function sampleOfProcess(pid: number): ProcessSample {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return {
    megabytes: Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / KB_PER_MB,
    handles: readdirSync(`/proc/${pid}/fd`).length,
  }
}

function udpSocketsOf(pid: number): number {
  const ours = new Set(readdirSync(`/proc/${pid}/fd`).flatMap((fd) => inodeOf(`/proc/${pid}/fd/${fd}`)))
  const lines = readFileSync(`/proc/${pid}/net/udp`, 'latin1').trim().split('\n').slice(1)
  return lines.filter((line) => ours.has(line.trim().split(/\s+/)[9] ?? '')).length
}

/** The inode of a socket; none for other files, and for one that has been closed meanwhile. */
function inodeOf(link: string): readonly string[] {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1]
    return inode === undefined ? [] : [inode]
  } catch {
    return []
  }
}
