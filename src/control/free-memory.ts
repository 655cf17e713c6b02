/**
 * How much memory the server may still take, all its processes together: what its control group and those around it leave (cgroups(7), both versions), or the
 * machine; and control alone of its heap and its address space (RLIMIT_AS of setrlimit(2)). Pages of files that the kernel drops when they are needed count as
 * free: else a server that writes would soon have none.
 */

import { readFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { getHeapStatistics } from 'node:v8'

/** Where it is read from; octets. */
export type MemorySources = {
  /** @returns a file as text; undefined when there is none. */
  readonly read: (path: string) => string | undefined
  readonly machineFree: () => number
  readonly heapFree: () => number
}

const OCTETS_PER_MEGABYTE = 1024 * 1024
const PAGE_OCTETS = 4096
/** Names of the same three things in both versions. */
const VERSIONS = [
  { folder: '/sys/fs/cgroup', limit: 'memory.max', used: 'memory.current', inactive: /^inactive_file (\d+)$/m },
  {
    folder: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    used: 'memory.usage_in_bytes',
    inactive: /^total_inactive_file (\d+)$/m,
  },
] as const

/** Of the process that asks. */
export const OWN_MEMORY: MemorySources = {
  read: (path) => {
    try {
      return readFileSync(path, 'latin1')
    } catch {
      return undefined
    }
  },
  machineFree: freemem,
  heapFree: () => {
    const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics()
    return limit - used
  },
}

/** @returns megabytes; the least of all that there is a limit to. */
export function freeMemoryMegabytes(sources: MemorySources): number {
  const free = [sources.machineFree(), sources.heapFree(), addressesFree(sources), ...groupsFree(sources)]
  return Math.min(...free) / OCTETS_PER_MEGABYTE
}

function groupsFree({ read }: MemorySources): readonly number[] {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n')
  const [second, first] = [/^0::(\/.*)$/, /^\d+:(?:\w+,)*memory(?:,\w+)*:(\/.*)$/].map((line) =>
    groups.map((each) => line.exec(each)?.[1]).find((path) => path !== undefined),
  )
  return [second, first].flatMap((path, at) => {
    const version = VERSIONS[at]
    if (path === undefined || version === undefined) return []
    return upwards(path).map((group) => {
      const number = (name: string) => Number.parseInt(read(`${version.folder}${group}/${name}`) ?? '', 10)
      // No such file, as in a container that sees its own group at the top, or the word "max": no limit here.
      const free = number(version.limit) - number(version.used)
      if (Number.isNaN(free)) return Number.POSITIVE_INFINITY
      const inactive = version.inactive.exec(read(`${version.folder}${group}/memory.stat`) ?? '')?.[1] ?? '0'
      return free + Number(inactive)
    })
  })
}

/** @returns a group and those around it, the topmost as an empty text. */
function upwards(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '')
  return Array.from({ length: parts.length + 1 }, (_, count) => parts.slice(0, count).map((part) => `/${part}`).join('')) // biome-ignore format: one row
}

function addressesFree({ read }: MemorySources): number {
  const limit = /^Max address space\s+(\d+)/m.exec(read('/proc/self/limits') ?? '')?.[1]
  const pages = /^\d+/.exec(read('/proc/self/statm') ?? '')?.[0]
  return limit === undefined || pages === undefined
    ? Number.POSITIVE_INFINITY
    : Number(limit) - Number(pages) * PAGE_OCTETS
}
