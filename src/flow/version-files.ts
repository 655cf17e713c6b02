/**
 * Writes what a folder of flows holds. A version appears at once and whole: written beside under another name, flushed, and linked, which fails
 * where there is one of this number already (link(2)). A kill at any moment leaves the version there or not there.
 */

import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../base/fault.ts'

/** Nobody, not even its owner, is to write to a version. */
const READ_ONLY = 0o444
const WRITABLE = 0o644

/** Writes a version under the first free number from `from` on. @returns it. @throws Fault `flow.cannot-write` */
export function writeVersion(place: string, from: number, text: string): number {
  const beside = join(place, `.${process.pid}.new`)
  return writing(() => {
    mkdirSync(place, { recursive: true })
    rmSync(beside, { force: true })
    writeWhole(beside, text, 'wx', READ_ONLY)
    try {
      for (let version = from; ; version++) {
        if (linked(beside, join(place, `${version}.yaml`))) return version
      }
    } finally {
      rmSync(beside, { force: true })
      flushFolder(place)
    }
  })
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function writeWhole(path: string, text: string, flags: 'wx', mode: number): void {
  const file = openSync(path, flags, mode)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** A name is on disk only once its folder is. */
function flushFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function writing<T>(write: () => T): T {
  try {
    return write()
  } catch (error) {
    throw fault('flow.cannot-write', {}, error)
  }
}

/** Leaves an empty file. May be done twice. @throws Fault `flow.cannot-write` */
export function writeMark(place: string, name: string): void {
  writing(() => {
    mkdirSync(place, { recursive: true })
    closeSync(openSync(join(place, name), 'a', READ_ONLY))
    flushFolder(place)
  })
}

/** @throws Fault `flow.cannot-write`, also when it is there already */
export function writeDraft(folder: string, name: string, text: string): void {
  writing(() => {
    mkdirSync(folder, { recursive: true })
    writeWhole(join(folder, name), text, 'wx', WRITABLE)
  })
}
