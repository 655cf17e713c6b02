/**
 * Searches the memory of a running process for forms of a card number: every resident page of every mapping that it can write
 * to, locked and guarded ones included. Linux only; needs to be root, or the process's own user when the process can be traced.
 */

import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { searchFor } from './needle-search.ts'
import type { Needle } from './needles.ts'

export type Find = { readonly form: string; readonly where: string }
/** `octets`: how much was read. */
export type MemorySearch = { readonly finds: readonly Find[]; readonly octets: number }

const PAGE = 4096
const CHUNK = 8 * 1024 * 1024
const PAGEMAP_ENTRY = 8
/** Present in memory, bit 63, or swapped out, bit 62 (Linux, admin-guide/mm/pagemap). */
const PRESENT_OR_SWAPPED = 0xc0

/**
 * Looks through a process's memory.
 * @returns each form that was found, once a mapping.
 * @throws Error when the memory cannot be read: an unreadable process must not pass as a clean one.
 */
export function searchMemory(pid: number, needles: readonly Needle[]): MemorySearch {
  const finds: Find[] = []
  const search = searchFor(needles)
  // One octet more on each side, which tells whether a needle stands alone.
  const overlap = search.longest + 1
  const memory = openOf(pid, 'mem')
  const pagemap = openOf(pid, 'pagemap')
  const buffer = Buffer.allocUnsafe(CHUNK + overlap)
  let octetsRead = 0
  try {
    for (const mapping of mappingsOf(pid)) {
      const forms = new Set<string>()
      for (const run of residentRuns(pagemap, mapping.start, mapping.end)) {
        let carried = 0
        for (let at = run.start; at < run.end; ) {
          const wanted = Math.min(CHUNK, run.end - at)
          const got = readAt(memory, buffer, carried, wanted, at)
          if (got === 0) break
          octetsRead += got
          const seen = buffer.subarray(0, carried + got)
          search.run(seen, seen.length, forms)
          at += got
          carried = Math.min(overlap, seen.length)
          seen.copyWithin(0, seen.length - carried)
        }
      }
      for (const form of forms) finds.push({ form, where: mapping.name })
    }
  } finally {
    buffer.fill(0)
    closeSync(memory)
    closeSync(pagemap)
  }
  if (octetsRead === 0) throw unreadable(pid)
  return { finds, octets: octetsRead }
}

function openOf(pid: number, name: 'mem' | 'pagemap'): number {
  try {
    return openSync(`/proc/${pid}/${name}`, 'r')
  } catch (cause) {
    throw unreadable(pid, cause)
  }
}

function unreadable(pid: number, cause?: unknown): Error {
  return new Error(`the memory of process ${pid} may not be read: run as root or with CAP_SYS_PTRACE`, { cause })
}

/** A process and all that it started, by process id. */
export function descendantsOf(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) => childrenOf(`/proc/${pid}/task/${task}/children`))
  return [pid, ...children.flatMap((child) => descendantsOf(child))]
}

/** A thread that has ended since it was listed has no children: they are its process's now. */
function childrenOf(file: string): readonly number[] {
  try {
    return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ESRCH')) return []
    throw thrown
  }
}

type Mapping = { readonly start: number; readonly end: number; readonly name: string }

function mappingsOf(pid: number): readonly Mapping[] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const match = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ (\d+) *(.*)$/.exec(line)
      const [, start = '', end = '', rights = '', file = '', name = ''] = match ?? []
      if (match === null || /^\[v(?:var|dso|syscall)/.test(name)) return []
      // What no process can write to is the file's own: tables of small numbers lie there that look like parts of any number.
      if (file !== '0' && rights.startsWith('r-')) return []
      return [{ start: Number.parseInt(start, 16), end: Number.parseInt(end, 16), name: name || 'heap' }]
    })
}

/** Neighbouring pages that are there, as runs: Node reserves far more address space than it uses. */
function* residentRuns(pagemap: number, start: number, end: number): Generator<{ start: number; end: number }> {
  const entries = Buffer.allocUnsafe(64 * 1024)
  const pagesAtOnce = entries.length / PAGEMAP_ENTRY
  let runStart = -1
  for (let at = start; at < end; ) {
    const pages = Math.min(pagesAtOnce, (end - at) / PAGE)
    const got = readAt(pagemap, entries, 0, pages * PAGEMAP_ENTRY, (at / PAGE) * PAGEMAP_ENTRY) / PAGEMAP_ENTRY
    if (got === 0) break
    for (let page = 0; page < got; page++) {
      const resident = ((entries[page * PAGEMAP_ENTRY + 7] ?? 0) & PRESENT_OR_SWAPPED) !== 0
      const address = at + page * PAGE
      if (resident && runStart < 0) runStart = address
      if (!resident && runStart >= 0) {
        yield { start: runStart, end: address }
        runStart = -1
      }
    }
    at += got * PAGE
  }
  if (runStart >= 0) yield { start: runStart, end }
}

/** @returns octets read; 0 where nothing can be read. */
function readAt(file: number, buffer: Buffer, offset: number, length: number, position: number): number {
  try {
    return readSync(file, buffer, offset, length, position)
  } catch {
    // Device memory and pages that went away meanwhile give EIO: there is nothing in them.
    return 0
  }
}
