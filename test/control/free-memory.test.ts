import t from 'tap'
import { freeMemoryMegabytes, type MemorySources, OWN_MEMORY } from '../../src/control/free-memory.ts'

const MEGABYTE = 1024 * 1024
const PLENTY: MemorySources = {
  read: () => undefined,
  machineFree: () => 9000 * MEGABYTE,
  heapFree: () => 4000 * MEGABYTE,
}

/** A machine with these files; numbers are megabytes. */
const withFiles = (files: Readonly<Record<string, string | number>>): number =>
  freeMemoryMegabytes({
    ...PLENTY,
    read: (path) => {
      const file = files[path]
      return typeof file === 'number' ? `${file * MEGABYTE}\n` : file
    },
  })

t.test('without a limit the machine and the own heap count', async (t) => {
  t.equal(freeMemoryMegabytes(PLENTY), 4000)
  t.equal(freeMemoryMegabytes({ ...PLENTY, machineFree: () => 30 * MEGABYTE }), 30)
})

t.test('a control group of version 2, or one around it', async (t) => {
  const files = {
    '/proc/self/cgroup': '0::/pod/box\n',
    '/sys/fs/cgroup/pod/box/memory.max': 'max\n',
    '/sys/fs/cgroup/pod/box/memory.current': 300,
    '/sys/fs/cgroup/pod/memory.max': 512,
    '/sys/fs/cgroup/pod/memory.current': 500,
    '/sys/fs/cgroup/pod/memory.stat': `anon 1\ninactive_file ${100 * MEGABYTE}\nactive_file 7\n`,
  }
  t.equal(withFiles(files), 112, 'what the kernel may drop is free')
  t.equal(withFiles({ ...files, '/sys/fs/cgroup/pod/box/memory.max': 310 }), 10, 'the tightest counts')
})

t.test('a control group of version 1, and what a container sees of it', async (t) => {
  const files = {
    '/proc/self/cgroup': '5:cpu,cpuacct:/box\n4:memory:/box\n0::/\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': 256,
    '/sys/fs/cgroup/memory/memory.usage_in_bytes': 250,
    '/sys/fs/cgroup/memory/memory.stat': `total_inactive_file ${4 * MEGABYTE}\n`,
  }
  t.equal(withFiles(files), 10)
})

t.test('a limit of addresses', async (t) => {
  const limits = `Limit  Soft Limit  Hard Limit  Units\nMax address space         ${100 * MEGABYTE}   unlimited  bytes\n`
  t.equal(withFiles({ '/proc/self/limits': limits, '/proc/self/statm': `${(80 * MEGABYTE) / 4096} 1 1\n` }), 20)
  const none = limits.replace(/\d+/, 'unlimited')
  t.equal(withFiles({ '/proc/self/limits': none, '/proc/self/statm': '9 1 1\n' }), 4000)
})

t.test('of this process', async (t) => {
  const free = freeMemoryMegabytes(OWN_MEMORY)
  t.ok(free > 1 && free < 100_000_000, `${free.toFixed(0)} MB`)
})
