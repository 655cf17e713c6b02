/**
 * The processes of a server, searched: their memory at any time, images of them where stopping them is allowed, and whether the vault lets itself
 * be imaged at all. Root may read any process; what somebody else may not read is said as such and is no clean process.
 */

import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { searchFile } from './file-search.ts'
import { takesSnapshotSignal, writeHeapSnapshot } from './heap-snapshot.ts'
import { type Find, searchMemory } from './memory-search.ts'
import type { Needle } from './needles.ts'
import { looked, notSearched, type SinkReport } from './report.ts'
import { nameOf, type ServerProcess } from './server-processes.ts'

export type ProcessSearch = {
  readonly processes: readonly ServerProcess[]
  readonly needles: readonly Needle[]
}

const MEGABYTE = 1_000_000

/** Reads the memory of processes while they run. @param moment when, in words. */
export function searchMemories({ processes, needles }: ProcessSearch, moment: string): readonly SinkReport[] {
  return processes.map((each) => {
    const sink = `memory: ${each.role}`
    const when = `${nameOf(each)}, ${moment}`
    try {
      const { finds, octets } = searchMemory(each.pid, needles)
      return looked(
        sink,
        `${when}: ${megabytes(octets)}`,
        finds.map(({ form, where }) => ({ form, where: `${when}: ${where}` })),
      )
    } catch (thrown) {
      return notSearched(sink, reasonOf(thrown))
    }
  })
}

/** Asks each process for a heap snapshot and searches it. @param snapshots folder that they write to. */
export async function searchHeaps(
  { processes, needles }: ProcessSearch,
  snapshots: string,
  moment: string,
): Promise<readonly SinkReport[]> {
  const reports: SinkReport[] = []
  for (const each of processes) {
    const sink = `heap snapshot: ${each.role}`
    try {
      if (!takesSnapshotSignal(each.pid)) throw new Error('it was started without --heapsnapshot-signal=SIGUSR2')
      const file = await writeHeapSnapshot(each.pid, snapshots)
      // A snapshot is written in numbers of many digits, by which it names its nodes: seven digits alone say nothing there.
      const telling = needles.filter(({ alone }) => !alone)
      reports.push(reportOfImage(sink, `${nameOf(each)}, ${moment}`, file, telling))
      rmSync(file, { force: true })
    } catch (thrown) {
      reports.push(notSearched(sink, reasonOf(thrown)))
    }
  }
  return reports
}

/**
 * Whether vaults keep themselves out of core files and out of the reach of other processes of their user.
 * @param said what a server printed of its vaults when it started (`Vault: without ...`), for vaults of root, which nobody can ask from outside;
 * undefined when that is not known.
 */
export function searchHardening({ processes }: Pick<ProcessSearch, 'processes'>, said: string | undefined): SinkReport {
  const sink = 'vault: not to be dumped'
  const finds: Find[] = []
  let asked = 0
  for (const each of processes) {
    const limit = /^Max core file size\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${each.pid}/limits`, 'utf8'))
    if (limit?.[1] !== '0' || limit[2] !== '0') finds.push({ form: 'core files are allowed', where: nameOf(each) })
    const dumpable = isDumpable(each.pid)
    if (dumpable !== undefined) asked += 1
    if (dumpable === true) finds.push({ form: 'open to other processes of its user', where: nameOf(each) })
  }
  const without = /^Vault: without (.*)\.$/m.exec(said ?? '')?.[1]
  if (without !== undefined) finds.push({ form: `without ${without}`, where: 'what the vault says of itself' })
  const how = asked === processes.length ? 'closed to its user' : 'closed to its user by its own word'
  const report = looked(
    sink,
    `${processes.length} vault${processes.length === 1 ? '' : 's'}: core limit 0, ${how}`,
    finds,
  )
  return asked === processes.length || said?.includes('Vault: ') === true
    ? report
    : { ...report, unsearched: 'a vault that runs as root is open to root in any case: run Sotto as a user of its own' }
}

/**
 * A process of the same user without more rights tries to open the memory: the kernel allows it exactly when the process can be dumped (ptrace(2)).
 * @returns undefined when the process is root's.
 */
function isDumpable(pid: number): boolean | undefined {
  const [uid, gid] = ['Uid', 'Gid'].map((name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
  )
  if (uid === undefined || gid === undefined || uid === 0) return undefined
  const { status } = spawnSync('/bin/sh', ['-c', `exec 3< /proc/${pid}/mem`], { uid, gid, stdio: 'ignore' })
  return status === 0
}

/** Holds a process still while something is done to those that it watches: it would end them for their silence. */
export async function holdingStill<T>(pid: number, act: () => Promise<T>): Promise<T> {
  process.kill(pid, 'SIGSTOP')
  try {
    return await act()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

function reportOfImage(sink: string, what: string, file: string, needles: readonly Needle[]): SinkReport {
  const { finds, octets } = searchFile(file, needles, what)
  return looked(sink, `${what}: ${megabytes(octets)}`, finds)
}

function megabytes(octets: number): string {
  return `${(octets / MEGABYTE).toFixed(0)} MB`
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : 'it cannot be read'
}
