/**
 * Where a packet of a recording lies in time. Within a run packets lie by their RTP timestamps (RFC 3550 section 5.1: modulo 2^32, in the clock of
 * the codec) from the arrival of the run's first one, so that jitter is not heard and late packets come to where they belong. A run ends where
 * timestamps can say nothing any more: another source, another codec, or a packet that came far from where its timestamp would put it.
 */

import { type CodecName, codecNamed, type Milliseconds, type Timestamp } from '../base/units.ts'
import { timestampDelta } from '../rtp/sequence.ts'

/** Between a packet's arrival and the place that its timestamp gives it, at the most. */
export const MOST_DEPARTURE_MS: Milliseconds = 200

export type Placed = {
  /** When its sound begins. */
  readonly startMs: Milliseconds
  /** It begins a run. */
  readonly begins: boolean
}

/** What of a packet its place depends on. */
export type Arrived = {
  readonly codec: CodecName
  readonly fresh: boolean
  readonly timestamp: Timestamp
}

/** Places the packets of one track, in the order in which they came. */
export class Placing {
  #codec: CodecName | undefined
  /** The furthest packet of the run: differences to it never come near half of the timestamp's circle, however long the run lasts. */
  #timestamp: Timestamp = 0
  #startMs: Milliseconds = 0

  /** What comes next begins a run. */
  end(): void {
    this.#codec = undefined
  }

  /** @param arrivalMs in the same time as the places that it gives. */
  place({ codec, fresh, timestamp }: Arrived, arrivalMs: Milliseconds): Placed {
    if (codec === this.#codec && !fresh) {
      const delta = timestampDelta(this.#timestamp, timestamp)
      const startMs = this.#startMs + delta / (codecNamed(codec).clockRate / 1000)
      if (Math.abs(arrivalMs - startMs) <= MOST_DEPARTURE_MS) {
        if (delta > 0) this.#note(timestamp, startMs)
        return { startMs, begins: false }
      }
    }
    this.#codec = codec
    this.#note(timestamp, arrivalMs)
    return { startMs: arrivalMs, begins: true }
  }

  #note(timestamp: Timestamp, startMs: Milliseconds): void {
    this.#timestamp = timestamp
    this.#startMs = startMs
  }
}
