/**
 * The file of one recording, as far as a media process writes it: sealed segments, one straight after another. The process never waits for the disk.
 * What the disk does not take is lost and counted, the recording goes on, and every segment that follows is tried: once there is room it is
 * recorded again. Calls know nothing of it. At the end the disk is made to hold it through a power cut; what one takes before that is in
 * docs/RECORDINGS.md.
 */

import type { Milliseconds } from '../base/units.ts'

/** A file that is open. */
export type OpenRecording = {
  /** Writes all of it behind the last whole segment, or leaves none of it. @throws Error when it could not. */
  append(sealed: Uint8Array): Promise<void>
  /** Has the disk hold all that was appended, through a power cut. @throws Error when it may not. */
  sync(): Promise<void>
  close(): Promise<void>
}

export type RecordingDisk = {
  /** Makes the file, with its folder, or opens what is there, cut back to its last whole segment. @throws Error when it cannot. */
  open(path: string): Promise<OpenRecording>
}

/** Sealed segments that wait for a slow disk, at most; the one that is being written is none of them. */
const MOST_WAITING = 2

type Sealed = { readonly octets: Uint8Array; readonly lengthMs: Milliseconds }

export class RecordingFile {
  /** Written, since this part began. */
  octets = 0
  segments = 0
  /** How much of the call was to be recorded and is not. */
  lostMs: Milliseconds = 0
  readonly #disk: RecordingDisk
  readonly #path: string
  readonly #onState: (state: 'failed' | 'resumed') => void
  readonly #waiting: Sealed[] = []
  #open: OpenRecording | undefined
  /** How much of the call was written. */
  #writtenMs: Milliseconds = 0
  #failed = false
  #working: Promise<void>
  #works = true

  /** Begins to open it. @param onState told once of each failure, and of its end. */
  constructor(disk: RecordingDisk, path: string, onState: (state: 'failed' | 'resumed') => void) {
    this.#disk = disk
    this.#path = path
    this.#onState = onState
    this.#working = this.#begin()
  }

  /** @param lengthMs how much of the call it holds. */
  append(octets: Uint8Array, lengthMs: Milliseconds): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.lose(lengthMs)
      return
    }
    this.#waiting.push({ octets, lengthMs })
    if (!this.#works) this.#working = this.#writeAll()
  }

  /** So much of the call is not recorded. */
  lose(lengthMs: Milliseconds): void {
    this.lostMs += lengthMs
    if (this.#failed) return
    this.#failed = true
    this.#onState('failed')
  }

  /** @returns when all of it is on the disk, or lost, and the file is closed. Never rejects. */
  async close(): Promise<void> {
    await this.#working
    const open = this.#open
    this.#open = undefined
    if (open === undefined) return
    // Nobody can say what the disk did not keep of it.
    if (this.segments > 0) await open.sync().catch(() => this.lose(this.#writtenMs))
    await open.close().catch(() => undefined)
  }

  /** Opened before there is anything to write: who cannot record is to know it at once. */
  async #begin(): Promise<void> {
    try {
      this.#open = await this.#disk.open(this.#path)
    } catch {
      this.lose(0)
    }
    await this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    this.#works = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) await this.#write(next)
    this.#works = false
  }

  async #write({ octets, lengthMs }: Sealed): Promise<void> {
    try {
      this.#open ??= await this.#disk.open(this.#path)
      await this.#open.append(octets)
    } catch {
      this.lose(lengthMs)
      return
    }
    this.octets += octets.length
    this.segments += 1
    this.#writtenMs += lengthMs
    if (!this.#failed) return
    this.#failed = false
    this.#onState('resumed')
  }
}
