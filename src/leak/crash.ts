/**
 * Core files, as a crash would leave them: the processes of a server of our own are ended by SIGABRT, one after the other, and what the kernel
 * writes is searched. A vault must leave none. Never for a server that serves anybody.
 */

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { searchFile } from './file-search.ts'
import type { Needle } from './needles.ts'
import { looked, notSearched, type SinkReport } from './report.ts'
import { nameOf, type ServerProcess } from './server-processes.ts'

const GONE_LIMIT_MS = 30_000
const LOOK_MS = 20
/** Programs that the kernel hands cores to are named with this in front (core(5)). */
const PIPE = '|'

export type CrashOptions = {
  readonly processes: readonly ServerProcess[]
  readonly needles: readonly Needle[]
  /** Working folder of the server. */
  readonly folder: string
}

/** Ends every process. Their limit for core files must be open. @returns a report for each role. */
export async function crash(
  { processes, needles, folder }: CrashOptions,
  moment: string,
): Promise<readonly SinkReport[]> {
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim()
  // Nobody may notice that another one is gone before its own turn has come.
  for (const { pid } of processes) process.kill(pid, 'SIGSTOP')
  if (pattern.startsWith(PIPE)) {
    for (const { pid } of processes) process.kill(pid, 'SIGKILL')
    return processes.map((each) =>
      notSearched(`core file: ${each.role}`, `this machine hands core files to ${pattern.slice(1).split(' ')[0]}`),
    )
  }
  const place = isAbsolute(pattern) ? dirname(pattern) : folder
  const reports: SinkReport[] = []
  for (const each of processes) {
    const known = new Set(coresIn(place, pattern))
    // The vault set its own limit to 0. Root lifts it here, so that only its not being dumpable stands between it and a core.
    const lifted =
      each.role === 'vault' &&
      spawnSync('prlimit', ['--pid', String(each.pid), '--core=unlimited:unlimited']).status === 0
    process.kill(each.pid, 'SIGABRT')
    process.kill(each.pid, 'SIGCONT')
    await untilGone(each.pid)
    const written = coresIn(place, pattern).find((file) => !known.has(file))
    reports.push(reportOn(each, written, needles, `${moment}${lifted ? ', its limit lifted' : ''}`))
    if (written !== undefined) rmSync(written, { force: true })
  }
  return reports
}

function reportOn(
  each: ServerProcess,
  written: string | undefined,
  needles: readonly Needle[],
  moment: string,
): SinkReport {
  const sink = `core file: ${each.role}`
  const what = `${nameOf(each)}, crashed ${moment}`
  if (written === undefined) {
    return each.role === 'vault'
      ? looked(sink, `${what}: it leaves none`, [])
      : notSearched(sink, 'the kernel wrote none: the limit for core files is 0')
  }
  // Named after its process, since the next one may be written to the same place.
  const file = `${written}.searched`
  renameSync(written, file)
  const { finds, octets } = searchFile(file, needles, what)
  rmSync(file, { force: true })
  const of = `${what}: ${(octets / 1e6).toFixed(0)} MB`
  return looked(sink, of, each.role === 'vault' ? [{ form: 'a core file at all', where: what }, ...finds] : finds)
}

/** @returns files that may be cores. */
function coresIn(place: string, pattern: string): readonly string[] {
  const start = basename(pattern).split('%', 1)[0] || 'core'
  return readdirSync(place)
    .filter((name) => name.startsWith(start) && !name.endsWith('.searched'))
    .map((name) => join(place, name))
    .filter((path) => statSync(path).isFile())
}

/** A core is whole when its process is gone, or waits as a zombie for its parent to notice. */
async function untilGone(pid: number): Promise<void> {
  for (const endMs = performance.now() + GONE_LIMIT_MS; performance.now() < endMs; ) {
    try {
      if (/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) return
    } catch {
      return
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  throw new Error(`process ${pid} did not end`)
}
