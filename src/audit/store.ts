/**
 * The lines of a chain on the disk: `records-NNNNNNNN.jsonl`, named by the number of its first record, so that no clock has a say in their
 * order. A line counts once it and its file are synced. What a kill or a full disk leaves of a line is taken away before the next.
 *
 * A new file begins when one is long and no session is open in it: only the newest has to be read at a start.
 */

import { constants } from 'node:fs'
import { chmod, type FileHandle, mkdir, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '../base/fault.ts'

export type LoadedLines = {
  /** Of the newest file that has any. */
  readonly lines: readonly string[]
  /** Octets after the last whole line. */
  readonly tornOctets: number
}

const OWNER_FILE = 0o600
const OWNER_FOLDER = 0o700
const RECORDS_FILE = /^records-(\d{8,})\.jsonl$/
const NEWLINE = 10
/** Lines after which a new file may begin. */
const LINES_PER_FILE = 10_000

export class AuditStore {
  readonly #folder: string
  readonly #linesPerFile: number
  #file: string | undefined
  #octets = 0
  #lines = 0

  constructor(folder: string, linesPerFile = LINES_PER_FILE) {
    this.#folder = folder
    this.#linesPerFile = linesPerFile
  }

  /** Makes the folder when there is none. @returns whether it holds records. */
  async prepare(): Promise<boolean> {
    await mkdir(this.#folder, { recursive: true, mode: OWNER_FOLDER })
    await chmod(this.#folder, OWNER_FOLDER)
    return (await recordFiles(this.#folder)).length > 0
  }

  /** Reads the newest lines and stands behind them. */
  async load(): Promise<LoadedLines> {
    const files = await recordFiles(this.#folder)
    this.#file = files.at(-1)
    this.#octets = 0
    this.#lines = 0
    if (this.#file === undefined) return { lines: [], tornOctets: 0 }
    const newest = await readWhole(join(this.#folder, this.#file))
    this.#octets = newest.octets
    this.#lines = newest.lines.length
    const before = files.at(-2)
    // A file that was only just begun has nothing to go on from.
    const { lines } =
      newest.lines.length > 0 || before === undefined ? newest : await readWhole(join(this.#folder, before))
    return { lines, tornOctets: newest.tornOctets }
  }

  /**
   * Appends lines, all or none; they are on the disk when the promise resolves.
   * @param first number of the first one. @param mayTurn no session is open: a new file may begin.
   * @throws what the file system threw; Fault `audit.damaged` when somebody else has shortened the file.
   */
  async append(lines: readonly string[], first: number, mayTurn: boolean): Promise<void> {
    if (this.#file === undefined || (mayTurn && this.#lines >= this.#linesPerFile)) {
      this.#file = `records-${String(first).padStart(8, '0')}.jsonl`
      this.#octets = 0
      this.#lines = 0
    }
    const block = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8')
    const file = await open(join(this.#folder, this.#file), constants.O_RDWR | constants.O_CREAT, OWNER_FILE)
    try {
      await this.#writeBehind(file, block)
    } finally {
      await file.close()
    }
    if (this.#octets === 0) await syncFolder(this.#folder)
    this.#octets += block.length
    this.#lines += lines.length
  }

  async #writeBehind(file: FileHandle, block: Buffer): Promise<void> {
    const found = await file.stat()
    const { size } = found
    if (found.isFile() && size < this.#octets) throw fault('audit.damaged')
    if (size > this.#octets) await file.truncate(this.#octets)
    try {
      for (let at = 0; at < block.length; ) {
        const { bytesWritten } = await file.write(block, at, block.length - at, this.#octets + at)
        at += bytesWritten
      }
      await file.sync()
    } catch (error) {
      await file.truncate(this.#octets).catch(() => undefined)
      throw error
    }
  }
}

/** @returns those names that are files of records, in the order of their records. */
export function recordNames(names: readonly string[]): readonly string[] {
  const numberOf = (name: string) => Number(RECORDS_FILE.exec(name)?.[1])
  return names.filter((name) => RECORDS_FILE.test(name)).toSorted((a, b) => numberOf(a) - numberOf(b))
}

async function recordFiles(folder: string): Promise<readonly string[]> {
  return recordNames(await readdir(folder))
}

/** @returns the whole lines of a file's content, and how much comes after the last of them. */
export function splitLines(content: Buffer): {
  readonly lines: string[]
  readonly octets: number
  readonly tornOctets: number
} {
  const octets = content.lastIndexOf(NEWLINE) + 1
  const lines = octets === 0 ? [] : content.toString('utf8', 0, octets - 1).split('\n')
  return { lines, octets, tornOctets: content.length - octets }
}

async function readWhole(path: string) {
  return splitLines(await readFile(path))
}

/** A new name is on the disk once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
