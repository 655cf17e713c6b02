/** Files of recordings on the disk, written by the threads of libuv. */

import { constants } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { wholeLength } from '../record/file-segments.ts'
import type { OpenRecording, RecordingDisk } from './recording-file.ts'

const { O_APPEND, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants
/** Nobody else's: they are of what people said. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700
/** What is looked through at once of a file that is there already: several segments. */
const WINDOW_OCTETS = 1024 * 1024

export const recordingDisk: RecordingDisk = {
  async open(path) {
    const folder = dirname(path)
    const made = await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
    if (made !== undefined) await syncFolders(dirname(folder), dirname(made))
    const handle = await open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, FILE_MODE)
    try {
      return new DiskRecording(handle, folder, await cutToWhole(handle))
    } catch (thrown) {
      await handle.close()
      throw thrown
    }
  },
}

class DiskRecording implements OpenRecording {
  readonly #handle: FileHandle
  readonly #folder: string
  /** Octets of whole segments. */
  #whole: number
  /** There may be more than those. */
  #isCut = true

  constructor(handle: FileHandle, folder: string, whole: number) {
    this.#handle = handle
    this.#folder = folder
    this.#whole = whole
  }

  async append(sealed: Uint8Array): Promise<void> {
    if (!this.#isCut) await this.#cut()
    this.#isCut = false
    try {
      // A disk that is full takes a part.
      const { bytesWritten } = await this.#handle.write(sealed)
      if (bytesWritten !== sealed.length) throw new Error('the disk took a part')
    } catch (thrown) {
      await this.#cut()
      throw thrown
    }
    this.#whole += sealed.length
    this.#isCut = true
  }

  async sync(): Promise<void> {
    await this.#handle.datasync()
    await syncFolder(this.#folder)
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #cut(): Promise<void> {
    await this.#handle.truncate(this.#whole)
    this.#isCut = true
  }
}

/** Folders that were made are kept by those that they stand in. @param last the outermost of these. */
async function syncFolders(first: string, last: string): Promise<void> {
  for (let folder = first; ; folder = dirname(folder)) {
    await syncFolder(folder)
    if (folder === last) return
  }
}

/** A file is found after a power cut only where its folder knows of it (fsync(2)). */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, O_RDONLY | O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Takes away what a process that died had written of a segment. @returns how many octets are left. */
async function cutToWhole(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat()
  const window = new Uint8Array(Math.min(size, WINDOW_OCTETS))
  let whole = 0
  for (let progress = 1; whole < size && progress > 0; whole += progress) {
    const { bytesRead } = await handle.read(window, 0, window.length, whole)
    progress = wholeLength((at, length) => window.subarray(at, Math.min(at + length, bytesRead)), bytesRead)
  }
  if (whole < size) await handle.truncate(whole)
  return whole
}
