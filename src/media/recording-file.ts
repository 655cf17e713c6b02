/**
 * The file of one recording, as far as a media process writes it: sealed segments, one straight after another. The process never waits for the disk.
 * What the disk does not take is lost and counted, the recording goes on, and every segment that follows is tried: once there is room it is
 * recorded again. Calls know nothing of it. At the end the disk is made to hold it through a power cut; what one takes before that is in
 * docs/RECORDINGS.md. A disk that does not answer is given up then: nobody waits for ever.
 */

import type { Clock } from '../base/clock.ts'
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

/** How long the disk may take for the last of a recording. Control waits a little longer to be told (`call/recordings.ts`). */
const PATIENCE_MS: Milliseconds = 4000

type Sealed = { readonly octets: Uint8Array; readonly lengthMs: Milliseconds }

export class RecordingFile {
  /** Written, since this part began. */
  octets = 0
  segments = 0
  /** How much of the call was to be recorded and is not. */
  lostMs: Milliseconds = 0
  readonly #disk: RecordingDisk
  readonly #clock: Pick<Clock, 'after'>
  readonly #path: string
  readonly #onState: (state: 'failed' | 'resumed') => void
  readonly #waiting: Sealed[] = []
  #open: OpenRecording | undefined
  /** How much of the call was written. */
  #writtenMs: Milliseconds = 0
  #failed = false
  /** Is being written. */
  #writing: Sealed | undefined
  /** The disk was waited for in vain: what it does from now on is told nobody. */
  #givenUp = false
  #finished = false
  #working: Promise<void>
  #works = true

  /** Begins to open it. @param onState told once of each failure, and of its end. */
  constructor(
    disk: RecordingDisk,
    clock: Pick<Clock, 'after'>,
    path: string,
    onState: (state: 'failed' | 'resumed') => void,
  ) {
    this.#disk = disk
    this.#clock = clock
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
    if (this.#givenUp) return
    this.lostMs += lengthMs
    if (this.#failed) return
    this.#failed = true
    this.#onState('failed')
  }

  /** It was given up, and the disk has not answered since: a thread of this process is held by it. */
  get hangs(): boolean {
    return this.#givenUp && !this.#finished
  }

  /** @returns when all of it is on the disk and the file is closed, or it is lost: at the latest when the disk was waited for long enough. Never rejects. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      const limit = this.#clock.after(PATIENCE_MS, () => {
        this.#giveUp()
        resolve()
      })
      void this.#finish().then(() => {
        limit.cancel()
        resolve()
      })
    })
  }

  async #finish(): Promise<void> {
    await this.#working
    const open = this.#open
    this.#open = undefined
    // Nobody can say what the disk did not keep of it.
    if (this.segments > 0) await open?.sync().catch(() => this.lose(this.#writtenMs))
    await open?.close().catch(() => undefined)
    this.#finished = true
  }

  /** What is not written is lost; what is, the kernel still has. */
  #giveUp(): void {
    const unwritten = [...(this.#writing === undefined ? [] : [this.#writing]), ...this.#waiting.splice(0)]
    this.lose(unwritten.reduce((sum, { lengthMs }) => sum + lengthMs, 0))
    this.#givenUp = true
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

  async #write(sealed: Sealed): Promise<void> {
    this.#writing = sealed
    try {
      this.#open ??= await this.#disk.open(this.#path)
      await this.#open.append(sealed.octets)
    } catch {
      this.lose(sealed.lengthMs)
      return
    } finally {
      this.#writing = undefined
    }
    if (this.#givenUp) return
    this.octets += sealed.octets.length
    this.segments += 1
    this.#writtenMs += sealed.lengthMs
    if (!this.#failed) return
    this.#failed = false
    this.#onState('resumed')
  }
}
