/**
 * The beat on which sockets are drained that do not tell of packets, and how late it comes. A process that is full by receiving shows it here and
 * hardly anywhere else: each draining takes so long that the next one is late, and when more is there than a draining takes, what is left waits for
 * the one after.
 *
 *   due         2 ms after the draining before; as long as something is left each time, when the first of these was due
 *   left out    counted as well: in a stretch without a draining, what came at its beginning waited all of it, what came later less
 *
 * So what is told as lateness is what packets waited, not what the few drainings did that a late process comes to.
 */

import type { Milliseconds } from '../base/units.ts'
import { type LoadMeter, noteBeat } from './load.ts'

/** Draining once for many packets is what makes them cheap: at 2 ms it costs a tenth more than the least possible, and half of it is what a packet waits. */
export const DRAIN_MS: Milliseconds = 2

/** Sockets are drained on the beat from now on. */
export function beginDrains({ drains }: LoadMeter, nowMs: Milliseconds): void {
  drains.lastMs = nowMs
  drains.dueMs = nowMs + DRAIN_MS
}

/** Counts a draining after it was done. @param atMs when it began. */
export function noteDrain(meter: LoadMeter, atMs: Milliseconds): void {
  const { drains } = meter
  const lateMs = atMs - drains.dueMs
  const leftOutMs = Math.min(lateMs, atMs - drains.lastMs - DRAIN_MS)
  noteBeat(meter, lateMs)
  for (let beforeMs = DRAIN_MS; beforeMs <= leftOutMs; beforeMs += DRAIN_MS) noteBeat(meter, lateMs - beforeMs)
  drains.lastMs = atMs
  if (!drains.leaves) drains.dueMs = atMs + DRAIN_MS
}
