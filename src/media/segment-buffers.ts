/** Buffers of segments that no recording has just now. All of them are overwritten. */

import { SegmentWriter } from '../record/segment.ts'

/** Kept for the next recordings, at most: six megabytes. */
const MOST_KEPT = 64

export class SegmentBuffers {
  readonly #kept: SegmentWriter[] = []

  take(): SegmentWriter {
    return this.#kept.pop() ?? new SegmentWriter()
  }

  /** Overwrites it. */
  giveBack(writer: SegmentWriter): void {
    writer.wipe()
    if (this.#kept.length < MOST_KEPT) this.#kept.push(writer)
  }
}
