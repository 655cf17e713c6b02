/**
 * Heap snapshots of running processes, by Node's own signal for it. The process stands still for as long as that takes: whoever asks media for one
 * holds control still meanwhile, which would end it for its silence.
 */

import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'

const SNAPSHOT_LIMIT_MS = 60_000
/** Signal 12, counted from 1 (signal(7)). */
const SIGUSR2_BIT = 11n
/** A process with this flag writes a heap snapshot when it gets the signal; another one is ended by it. */
const SNAPSHOT_FLAG = '--heapsnapshot-signal=SIGUSR2'

/** Whether a process can be asked for a heap snapshot without harm: whether it catches the signal, which its arguments may not tell. */
export function takesSnapshotSignal(pid: number): boolean {
  const caught = /^SigCgt:\s+([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return caught !== undefined && ((BigInt(`0x${caught}`) >> SIGUSR2_BIT) & 1n) === 1n
}

/** Node's flags of a process that can be asked: its snapshots go to a folder. */
export function snapshotFlags(folder: string): readonly string[] {
  return [SNAPSHOT_FLAG, `--diagnostic-dir=${folder}`]
}

/** Asks a process for a heap snapshot. @param folder where it writes. @returns the file. @throws Error when none comes. */
export async function writeHeapSnapshot(pid: number, folder: string): Promise<string> {
  const ofProcess = (): string[] =>
    readdirSync(folder).filter((name) => name.includes(`.${pid}.`) && name.endsWith('.heapsnapshot'))
  const before = new Set(ofProcess())
  process.kill(pid, 'SIGUSR2')
  for (const endMs = performance.now() + SNAPSHOT_LIMIT_MS; performance.now() < endMs; ) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    const name = ofProcess().find((each) => !before.has(each))
    if (name === undefined) continue
    const path = join(folder, name)
    if (isWhole(path)) return path
  }
  throw new Error(`process ${pid} wrote no heap snapshot`)
}

/** A snapshot is one JSON object: its last octets close the strings and the object. */
function isWhole(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const end = Buffer.alloc(16)
    const got = readSync(file, end, 0, end.length, Math.max(0, fstatSync(file).size - end.length))
    return end.toString('latin1', 0, got).trimEnd().endsWith(']}')
  } finally {
    closeSync(file)
  }
}
