/**
 * Looks for what was keyed in the memory of a process: every mapping of /proc/PID/maps, read through /proc/PID/mem, guarded and locked
 * pages included. Linux, as root or with CAP_SYS_PTRACE; where it may not read, it fails instead of finding nothing.
 *
 * The needles are made from a buffer of digits, so that a process can search for a number without ever having it as a string.
 */

import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

/** One form of a number. `name` says which, never what. */
export type Needle = { readonly name: string; readonly octets: Buffer }

const PIECE = 8
/** Pieces begin this far apart, so that any eleven digits in a row hold one. */
const PIECE_STEP = 4
const CHUNK = 4 * 1024 * 1024

/** Forms of a number: whole, and in pieces of eight digits. @param digits values 0 to 9. */
export function needlesOf(digits: Uint8Array): Needle[] {
  const text = Buffer.from(digits.map((digit) => 0x30 + digit))
  const codes = Buffer.from(digits)
  const packed = Buffer.alloc(Math.ceil(digits.length / 2))
  for (let i = 0; i < digits.length; i++) packed[i >> 1] = ((packed[i >> 1] as number) << 4) | (digits[i] as number)
  const needles: Needle[] = [
    { name: 'ASCII', octets: text },
    { name: 'ASCII, reversed', octets: Buffer.from(text).reverse() },
    { name: 'UTF-16LE', octets: spread(text, 2) },
    { name: 'event codes', octets: codes },
    { name: 'event codes, reversed', octets: Buffer.from(codes).reverse() },
    { name: 'event codes in 16 bits', octets: spread(codes, 2) },
    { name: 'event codes in 32 bits', octets: spread(codes, 4) },
    { name: 'packed BCD', octets: packed },
    { name: '64-bit number', octets: integerOf(digits) },
    { name: '64-bit float', octets: floatOf(digits) },
  ]
  for (let at = 0; at + PIECE <= digits.length; at += PIECE_STEP) {
    needles.push({ name: `ASCII, piece at ${at}`, octets: text.subarray(at, at + PIECE) })
    needles.push({ name: `UTF-16LE, piece at ${at}`, octets: spread(text.subarray(at, at + PIECE), 2) })
    needles.push({ name: `event codes, piece at ${at}`, octets: codes.subarray(at, at + PIECE) })
  }
  return needles
}

export type ScanResult = { readonly found: readonly string[]; readonly octets: number }

/** Searches one process. @throws Error when its memory may not be read. */
export function scanMemory(pid: number, needles: readonly Needle[]): ScanResult {
  const memory = openFile(pid, 'mem')
  const pagemap = openFile(pid, 'pagemap')
  const overlap = Math.max(...needles.map(({ octets }) => octets.length)) - 1
  const window = Buffer.alloc(CHUNK + overlap)
  const found = new Set<string>()
  let octets = 0
  try {
    for (const mapping of mappingsOf(pid)) {
      for (const [from, to] of residentRuns(pagemap, mapping)) {
        let kept = 0
        for (let at = from; at < to; at += CHUNK) {
          const read = readAt(memory, window, kept, Math.min(CHUNK, to - at), at)
          if (read === 0) break
          octets += read
          const filled = kept + read
          const seen = window.subarray(0, filled)
          for (const needle of needles) if (seen.includes(needle.octets)) found.add(needle.name)
          // A needle may lie across two chunks.
          kept = Math.min(overlap, filled)
          window.copyWithin(0, filled - kept, filled)
        }
      }
    }
  } finally {
    window.fill(0)
    closeSync(memory)
    closeSync(pagemap)
  }
  if (octets === 0) throw new Error(`no memory of process ${pid} could be read: run as root or with CAP_SYS_PTRACE`)
  return { found: [...found], octets }
}

function openFile(pid: number, name: 'mem' | 'pagemap'): number {
  try {
    return openSync(`/proc/${pid}/${name}`, 'r')
  } catch (cause) {
    throw new Error(`memory of process ${pid} may not be read: run as root or with CAP_SYS_PTRACE`, { cause })
  }
}

/** Start and end of every mapping; addresses fit a double up to 2^53, and the kernel's own pages lie above. */
function mappingsOf(pid: number): (readonly [number, number])[] {
  return readFileSync(`/proc/${pid}/maps`, 'latin1')
    .split('\n')
    .flatMap((line) => {
      const [, from, to, name] = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)$/.exec(line) ?? []
      if (from === undefined || to === undefined || name === '[vvar]' || name === '[vsyscall]') return []
      return [[Number.parseInt(from, 16), Number.parseInt(to, 16)] as const]
    })
}

const PAGE = 4096
const PAGEMAP_ENTRY = 8
/** Bits 63 and 62 of an entry: present, or swapped out (Linux, admin-guide/mm/pagemap). */
const PRESENT_OR_SWAPPED = 0xc0
const ENTRIES = 65_536

/** The parts of a mapping that have memory behind them; V8 reserves far more than it uses. */
function* residentRuns(pagemap: number, [from, to]: readonly [number, number]): Generator<readonly [number, number]> {
  const entries = Buffer.alloc(ENTRIES * PAGEMAP_ENTRY)
  let start: number | undefined
  for (let at = from; at < to; at += ENTRIES * PAGE) {
    const pages = Math.min(ENTRIES, (to - at) / PAGE)
    const read = readSync(pagemap, entries, 0, pages * PAGEMAP_ENTRY, (at / PAGE) * PAGEMAP_ENTRY) / PAGEMAP_ENTRY
    for (let page = 0; page < read; page++) {
      const resident = ((entries[page * PAGEMAP_ENTRY + 7] as number) & PRESENT_OR_SWAPPED) !== 0
      if (resident) start ??= at + page * PAGE
      else if (start !== undefined) {
        yield [start, at + page * PAGE]
        start = undefined
      }
    }
  }
  if (start !== undefined) yield [start, to]
}

/** @returns octets read; 0 for pages that even root cannot read, such as those of devices. */
function readAt(memory: number, into: Buffer, offset: number, size: number, at: number): number {
  try {
    return readSync(memory, into, offset, size, at)
  } catch {
    return 0
  }
}

function spread(octets: Buffer, width: number): Buffer {
  const out = Buffer.alloc(octets.length * width)
  octets.forEach((octet, i) => {
    out[i * width] = octet
  })
  return out
}

function integerOf(digits: Uint8Array): Buffer {
  let value = 0n
  for (const digit of digits) value = value * 10n + BigInt(digit)
  const out = Buffer.alloc(8)
  out.writeBigUInt64LE(value & 0xffff_ffff_ffff_ffffn)
  return out
}

function floatOf(digits: Uint8Array): Buffer {
  let value = 0
  for (const digit of digits) value = value * 10 + digit
  const out = Buffer.alloc(8)
  out.writeDoubleLE(value)
  return out
}
