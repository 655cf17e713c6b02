/**
 * Writes the lines of the log. What the disk does not take waits, up to a bound, and is tried again every two seconds: nothing is held up by it, nothing ends, and a line that was written in part
 * is finished before the next.
 */

import type { Clock, Timer } from '../base/clock.ts'
import type { Milliseconds } from '../base/units.ts'

export type LogWriterOptions = {
  /** Writes, at once. @returns how many octets were taken. @throws what the system threw */
  readonly put: (octets: Uint8Array) => number
  readonly clock: Pick<Clock, 'after'>
  /** The alarm: told once, until it resumed. */
  readonly onFailed: () => void
  /** @param dropped lines that were lost because too many waited. */
  readonly onResumed: (dropped: number) => void
  /** Default 2000. */
  readonly mostWaiting?: number
}

export type LogWriter = {
  write(line: string): void
  /** What is written is taken. */
  readonly available: boolean
  /** Lines lost since the start. */
  readonly dropped: number
  /** Tries once more what waits, and then no more. */
  close(): void
}

const RETRY_MS: Milliseconds = 2000
const MOST_WAITING = 2000

export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { put, clock, onFailed, onResumed, mostWaiting = MOST_WAITING } = options
  const waiting: Uint8Array[] = []
  let isFailed = false
  let retry: Timer | undefined
  let isClosed = false
  let dropped = 0
  let droppedBefore = 0

  /** @returns whether all of it was taken; the rest waits in front otherwise. */
  const take = (octets: Uint8Array): boolean => {
    let rest = octets
    try {
      while (rest.length > 0) rest = rest.subarray(put(rest))
      return true
    } catch {
      waiting.unshift(rest)
      return false
    }
  }
  const later = () => {
    if (!isClosed) retry = clock.after(RETRY_MS, again)
  }
  const again = () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (take(next)) continue
      later()
      return
    }
    isFailed = false
    onResumed(dropped - droppedBefore)
    droppedBefore = dropped
  }
  return {
    get available() {
      return !isFailed
    },
    get dropped() {
      return dropped
    },
    write(line) {
      if (!isFailed) {
        if (take(Buffer.from(line))) return
        isFailed = true
        later()
        onFailed()
        return
      }
      waiting.push(Buffer.from(line))
      if (waiting.length <= mostWaiting) return
      // The first may have been written in part.
      waiting.splice(1, 1)
      dropped += 1
    },
    close() {
      isClosed = true
      retry?.cancel()
      if (isFailed) again()
    },
  }
}
