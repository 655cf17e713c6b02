/** Swap: what of a process lies there, and the areas themselves, which may hold what no process has any more. */

import { readFileSync } from 'node:fs'
import { searchFile } from './file-search.ts'
import type { Needle } from './needles.ts'
import { looked, notSearched, type SinkReport } from './report.ts'
import { nameOf, type ServerProcess } from './server-processes.ts'

const SINK = 'swap'

/** @returns what is in the swap areas. Pages of processes that lie there are read with their memory. */
export function searchSwap(processes: readonly ServerProcess[], needles: readonly Needle[]): SinkReport {
  const areas = readFileSync('/proc/swaps', 'utf8')
    .split('\n')
    .slice(1)
    .flatMap((line) => line.split(/\s+/, 1)[0] || [])
  if (areas.length === 0) return looked(SINK, 'there is none on this machine', [])
  const swapped = processes.map((each) => `${nameOf(each)}: ${swappedOf(each.pid)}`).join(', ')
  try {
    const finds = areas.flatMap((area) => searchFile(area, needles).finds)
    return looked(SINK, `${areas.join(', ')}; ${swapped}`, finds)
  } catch {
    return notSearched(SINK, `${areas.join(', ')} cannot be read by this user (${swapped})`)
  }
}

function swappedOf(pid: number): string {
  return /^VmSwap:\s*(.+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 'unknown'
}
