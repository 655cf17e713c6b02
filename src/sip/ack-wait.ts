/**
 * A 2xx that waits for its ACK (RFC 3261 section 13.3.1.4): sent again at 0.5, 1, 2, 4, 4 ... s on every transport, given up
 * after 32 s.
 */

import type { Clock, Timer } from '../base/clock.ts'
import { T1_MS, T2_MS, TIMEOUT_MS } from './timing.ts'

/** @returns a function that ends the waiting; may be called twice. */
export function repeatUntilStopped(clock: Clock, again: () => void, lapsed: () => void): () => void {
  let waitMs = T1_MS
  let timer: Timer
  const limit = clock.after(TIMEOUT_MS, () => {
    timer.cancel()
    lapsed()
  })
  const beat = () => {
    again()
    waitMs = Math.min(waitMs * 2, T2_MS)
    timer = clock.after(waitMs, beat)
  }
  timer = clock.after(waitMs, beat)
  return () => {
    timer.cancel()
    limit.cancel()
  }
}
