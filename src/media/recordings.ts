/**
 * All recordings of one media process: whom they are sealed to, and which has a segment that is due. Sealing is done between two ticks and takes a
 * fraction of a millisecond for each segment, so only a few are sealed at once; those of different calls are due at different times anyway.
 */

import type { Clock } from '../base/clock.ts'
import type { Milliseconds } from '../base/units.ts'
import type { Seal } from '../record/seal.ts'
import type { Recipients } from './contract-recording.ts'
import { Recorder } from './recorder.ts'
import { type RecordingDisk, RecordingFile } from './recording-file.ts'
import { SegmentBuffers } from './segment-buffers.ts'

/** Each recording has a segment about every 250 ticks: there is room for two. */
const RECORDINGS_A_SEAL = 125

export type RecordingsOptions = {
  readonly clock: Pick<Clock, 'after'>
  readonly createSeal: (recipients: Recipients) => Seal
  readonly disk: RecordingDisk
}

export type RecordingTerms = {
  readonly recording: string
  readonly part: string
  readonly startedAtMs: Milliseconds
  /** Absolute path. */
  readonly path: string
}

export class Recordings {
  readonly #options: RecordingsOptions
  readonly #buffers = new SegmentBuffers()
  readonly #running: Recorder[] = []
  readonly #ending = new Set<Promise<void>>()
  /** Files that were given up. */
  #givenUp: RecordingFile[] = []
  #seal: Seal | undefined
  /** Whose turn it is. */
  #turn = 0

  constructor(options: RecordingsOptions) {
    this.#options = options
  }

  /** It was told whom to seal to. */
  get isReady(): boolean {
    return this.#seal !== undefined
  }

  /** Nothing runs, and all is written, or lost. */
  get isIdle(): boolean {
    return this.#running.length + this.#ending.size === 0
  }

  /** The disk has a thread of this process, and may never give it back. */
  get isHeldByDisk(): boolean {
    return this.#ending.size > 0 || this.#givenUp.some(({ hangs }) => hangs)
  }

  /** Seals to others from now on. @returns false when nothing can be sealed to them: it goes on with those before. */
  sealTo(recipients: Recipients): boolean {
    if (recipients.length === 0) return false
    try {
      this.#seal = this.#options.createSeal(recipients)
      return true
    } catch {
      return false
    }
  }

  /** @param onState told when the disk takes nothing, once, and when it does again. */
  begin(
    { path, ...terms }: RecordingTerms,
    onState: (file: RecordingFile, state: 'failed' | 'resumed') => void,
    nowMs: Milliseconds,
  ): Recorder {
    const { disk, clock } = this.#options
    const file: RecordingFile = new RecordingFile(disk, clock, path, (state) => onState(file, state))
    const seal: Seal = (content) => (this.#seal as Seal)(content)
    const recorder = new Recorder({ ...terms, file, seal, buffers: this.#buffers }, nowMs)
    this.#running.push(recorder)
    return recorder
  }

  /** Seals some of what is due, in turn. */
  sealDue(nowMs: Milliseconds): void {
    const running = this.#running
    let left = Math.ceil(running.length / RECORDINGS_A_SEAL)
    for (let looked = 0; looked < running.length && left > 0; looked++) {
      this.#turn = (this.#turn + 1) % running.length
      const recorder = running[this.#turn] as Recorder
      if (!recorder.isDue(nowMs)) continue
      recorder.sealOne(nowMs)
      left--
    }
  }

  /** @returns when all of it is written, or lost. No link may lead to it any more. */
  end(recorder: Recorder, nowMs: Milliseconds): Promise<void> {
    const at = this.#running.indexOf(recorder)
    if (at >= 0) this.#running.splice(at, 1)
    const ended = recorder.end(nowMs).finally(() => {
      this.#ending.delete(ended)
      this.#givenUp = [...this.#givenUp, recorder.file].filter(({ hangs }) => hangs)
    })
    this.#ending.add(ended)
    return ended
  }

  /** @returns when all that was ended is written, or lost. */
  async written(): Promise<void> {
    await Promise.all(this.#ending)
  }
}
