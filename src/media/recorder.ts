/**
 * One recording that runs: the segment that is being filled, those that are full, and the file that they go to once they are sealed. Plain sound
 * stands in a buffer for as long as a segment lasts, and is overwritten as soon as it is sealed. What is taken, and when, is the taps' to know
 * (`record-tap.ts`).
 */

import type { Milliseconds, Timestamp } from '../base/units.ts'
import type { Mark, SegmentWriter } from '../record/segment.ts'
import { RecordTap } from './record-tap.ts'
import type { RecordingFile } from './recording-file.ts'
import type { SegmentBuffers } from './segment-buffers.ts'

/** How much of a call a segment holds, and a crash can lose. */
export const SEGMENT_MS: Milliseconds = 5000
/** Full segments that may wait to be sealed; a far end that floods is recorded in part. */
const MOST_FULL = 4

export type RecorderTerms = {
  readonly recording: string
  readonly part: string
  /** Wall clock, whole milliseconds since 1970. */
  readonly startedAtMs: Milliseconds
  readonly file: RecordingFile
  readonly buffers: SegmentBuffers
  /** Seals one segment, to whoever its recipients are just now. */
  seal(content: Uint8Array): Uint8Array
}

type FullSegment = { readonly writer: SegmentWriter; readonly lengthMs: Milliseconds }

export class Recorder {
  readonly caller: RecordTap
  readonly agent: RecordTap
  /** Entries of sound that were written. */
  packets = 0
  readonly #terms: RecorderTerms
  readonly #beganMs: Milliseconds
  readonly #full: FullSegment[] = []
  #writer: SegmentWriter
  #number = 0
  /** When the first entry of the segment came; it has one unless it is empty. */
  #firstMs: Milliseconds
  #withheld = false

  constructor(terms: RecorderTerms, nowMs: Milliseconds) {
    this.#terms = terms
    this.#beganMs = nowMs
    this.#firstMs = nowMs
    this.#writer = terms.buffers.take()
    this.#begin()
    const take = this.#take.bind(this)
    this.caller = new RecordTap('caller', take)
    this.agent = new RecordTap('agent', take)
  }

  get recording(): string {
    return this.#terms.recording
  }

  get file(): RecordingFile {
    return this.#terms.file
  }

  get withheld(): boolean {
    return this.#withheld
  }

  /** Takes nothing from now on, or takes again. The recording says of itself that it is so. */
  withhold(on: boolean, nowMs: Milliseconds): void {
    if (on === this.#withheld) return
    this.#withheld = on
    this.#mark(on ? 'withheld' : 'resumed', nowMs)
  }

  /** @returns whether a segment is there that should be sealed. */
  isDue(nowMs: Milliseconds): boolean {
    return this.#full.length > 0 || (!this.#writer.isEmpty && nowMs - this.#firstMs >= SEGMENT_MS)
  }

  /** Seals the oldest segment, and begins another one where that was the last. */
  sealOne(nowMs: Milliseconds): void {
    const full = this.#full.shift()
    if (full === undefined) {
      this.#seal(this.#writer, nowMs - this.#firstMs)
      this.#begin()
    } else {
      this.#seal(full.writer, full.lengthMs)
      this.#terms.buffers.giveBack(full.writer)
    }
  }

  /** Seals what there is. @returns when it is written, or lost. Nothing may be taken any more. */
  async end(nowMs: Milliseconds): Promise<void> {
    this.#mark('end', nowMs)
    while (this.#full.length > 0) this.sealOne(nowMs)
    this.#seal(this.#writer, nowMs - this.#firstMs)
    this.#terms.buffers.giveBack(this.#writer)
    await this.file.close()
  }

  #take(
    track: number,
    codec: number,
    fresh: boolean,
    nowMs: Milliseconds,
    timestamp: Timestamp,
    packet: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    if (this.#withheld) return false
    if (this.#writer.isEmpty) this.#firstMs = nowMs
    const atMs = this.#since(nowMs)
    if (!this.#writer.sound(track, codec, fresh, atMs, timestamp, packet, start, end)) {
      if (this.#full.length >= MOST_FULL) return false
      this.#turnOver(nowMs)
      if (!this.#writer.sound(track, codec, fresh, atMs, timestamp, packet, start, end)) return false
    }
    this.packets++
    return true
  }

  #mark(mark: Mark, nowMs: Milliseconds): void {
    if (this.#writer.isEmpty) this.#firstMs = nowMs
    const atMs = this.#since(nowMs)
    if (this.#writer.mark(mark, atMs)) return
    this.#turnOver(nowMs)
    this.#writer.mark(mark, atMs)
  }

  /** Puts the segment aside, to be sealed soon, and begins another one. */
  #turnOver(nowMs: Milliseconds): void {
    this.#full.push({ writer: this.#writer, lengthMs: nowMs - this.#firstMs })
    this.#writer = this.#terms.buffers.take()
    this.#begin()
    this.#firstMs = nowMs
  }

  #begin(): void {
    const { recording, part, startedAtMs } = this.#terms
    this.#writer.begin({ recording, part, number: this.#number, startedAtMs })
    this.#number++
  }

  /** Seals a segment and overwrites it. */
  #seal(writer: SegmentWriter, lengthMs: Milliseconds): void {
    const { file, seal } = this.#terms
    try {
      file.append(seal(writer.content), lengthMs)
    } catch {
      file.lose(lengthMs)
    } finally {
      writer.wipe()
    }
  }

  /** A whole number, which needs no box on the heap. */
  #since(nowMs: Milliseconds): Milliseconds {
    return Math.max(0, Math.round(nowMs - this.#beganMs)) | 0
  }
}
