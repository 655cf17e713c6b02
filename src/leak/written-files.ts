/**
 * Which files a server may have written: those its processes have open, deleted ones too, and those that changed since a moment in their working
 * folders and in the folders for temporary files, shared memory among them.
 */

import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type WrittenFile = {
  readonly path: string
  /** What it is called; differs for a file that was deleted while it was open. */
  readonly name: string
}

export type WrittenFiles = {
  readonly files: readonly WrittenFile[] /** Folders that may not be looked into. */
  readonly closed: readonly string[]
}

const TEMPORARY = ['/tmp', '/var/tmp', '/dev/shm']
/** What a package manager or a version control system keeps is not written by a server. */
const PASSED_BY = new Set(['node_modules', '.git'])
const DEEPEST = 8

/** @param sinceMs wall clock, milliseconds. @param except folders of the search itself. */
export function writtenFiles(
  pids: readonly number[],
  folders: readonly string[],
  sinceMs: number,
  except: readonly string[],
): WrittenFiles {
  const closed: string[] = []
  const found = new Map<string, WrittenFile>()
  for (const pid of pids) for (const file of openFilesOf(pid, closed)) found.set(file.name, file)
  const working = pids.flatMap((pid) => linkOf(`/proc/${pid}/cwd`) ?? [])
  for (const folder of new Set([...folders, ...working, ...TEMPORARY, tmpdir()])) {
    walk(folder, sinceMs, except, DEEPEST, closed, (path) => found.set(path, { path, name: path }))
  }
  const files = [...found.values()].filter(({ name }) => !except.some((folder) => name.startsWith(`${folder}/`)))
  return { files, closed }
}

/** Regular files that a process has open. */
function openFilesOf(pid: number, closed: string[]): WrittenFile[] {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).flatMap((number) => {
      const path = join(folder, number)
      const name = linkOf(path)
      return name?.startsWith('/') && statSync(path, { throwIfNoEntry: false })?.isFile() ? [{ path, name }] : []
    })
  } catch {
    closed.push(folder)
    return []
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function walk(
  folder: string,
  sinceMs: number,
  except: readonly string[],
  deep: number,
  closed: string[],
  take: (path: string) => void,
): void {
  if (deep === 0 || except.includes(folder)) return
  let names: readonly string[]
  try {
    names = readdirSync(folder)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EACCES') closed.push(folder)
    return
  }
  for (const name of names) {
    const path = join(folder, name)
    const found = statOf(path)
    if (found === undefined || PASSED_BY.has(name)) continue
    if (found.isDirectory()) walk(path, sinceMs, except, deep - 1, closed, take)
    else if (found.isFile() && Math.max(found.mtimeMs, found.ctimeMs) >= sinceMs) take(path)
  }
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
