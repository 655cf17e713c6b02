/**
 * One writer for what two would tear: the chain of audit records, the call history, the file of the directory. The claim is a lock of the kernel on a file beside it (fcntl(2), held by SQLite): it
 * is of this very file, whatever path, container or network it is reached by, and gone with the process, however that ends. The empty file stays, and means nothing.
 */

import { writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault, fault } from './fault.ts'

const ENDING = '.claim'
const OWNER_FILE = 0o600
const OWNER_FOLDER = 0o700
const SQLITE_BUSY = 5

/** Claims a folder that is there. @returns gives the claim up. @throws Fault `audit.in-use`, or what the file system threw */
export function claimFolder(room: 'audit', folder: string): () => void {
  return claim(room, join(folder, ENDING))
}

/** Claims a file, whose folder is made when there is none. @returns gives the claim up. @throws Fault `history.in-use`, `history.not-writable` and the like */
export async function claimFile(room: 'directory' | 'history', file: string): Promise<() => void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: OWNER_FOLDER })
    return claim(room, `${file}${ENDING}`)
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown : fault(`${room}.not-writable`, {}, thrown)
  }
}

function claim(room: 'audit' | 'directory' | 'history', path: string): () => void {
  make(path)
  const lock = new DatabaseSync(path, { timeout: 0 })
  try {
    // Nothing is ever written: in memory, so that no journal is begun beside it.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (thrown) {
    lock.close()
    throw isBusy(thrown) ? fault(`${room}.in-use`, {}, thrown) : thrown
  }
  return () => {
    if (lock.isOpen) lock.close()
  }
}

/** For its owner alone. One that is there is not opened: to close it would give up a claim of this very process. */
function make(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: OWNER_FILE })
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown
  }
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && 'errcode' in thrown && Number(thrown.errcode) % 256 === SQLITE_BUSY
}
