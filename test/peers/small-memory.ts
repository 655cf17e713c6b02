/** Little memory for processes that run, for tests: by a control group of their own (cgroups(7)) where one may be made, or by how many addresses one may have (RLIMIT_AS). */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'

const OCTETS_PER_MEGABYTE = 1024 * 1024
const PAGE_OCTETS = 4096
const VERSIONS = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', none: '-1' },
  { root: '/sys/fs/cgroup', limit: 'memory.max', used: 'memory.current', none: 'max' },
] as const

export type SmallMemory = {
  readonly name: string
  /** Puts processes under it. */
  take(processIds: readonly number[]): void
  /** Leaves so many megabytes from now on. */
  leave(megabytes: number): void
  lift(): void
}

/** Called before the processes begin, so that they have ended when it goes. @returns a group of its own; undefined where none can be made. */
export function memoryGroup(t: Test): SmallMemory | undefined {
  for (const { root, limit, used, none } of VERSIONS) {
    const folder = join(root, `sotto-test-${process.pid}`)
    try {
      mkdirSync(folder)
    } catch {
      continue
    }
    t.teardown(() => rmdirSync(folder))
    if (!existsSync(join(folder, limit))) continue
    const write = (value: string) => writeFileSync(join(folder, limit), value)
    return {
      name: 'a control group',
      take: (processIds) => {
        for (const pid of processIds) writeFileSync(join(folder, 'cgroup.procs'), String(pid))
      },
      leave: (megabytes) =>
        write(String(Number(readFileSync(join(folder, used), 'latin1')) + megabytes * OCTETS_PER_MEGABYTE)),
      lift: () => write(none),
    }
  }
  return undefined
}

/** The addresses of the first of the processes that it takes. */
export function addressSpace(): SmallMemory {
  let processId = 0
  const limit = (octets: string) => execFileSync('prlimit', ['--pid', String(processId), `--as=${octets}:`])
  return {
    name: 'the address space of control',
    take: ([first = 0]) => {
      processId = first
    },
    leave: (megabytes) => {
      const pages = Number(readFileSync(`/proc/${processId}/statm`, 'latin1').split(' ')[0])
      limit(String(pages * PAGE_OCTETS + megabytes * OCTETS_PER_MEGABYTE))
    },
    lift: () => limit('unlimited'),
  }
}
