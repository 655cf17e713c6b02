/**
 * How late sockets are drained that do not tell of packets (`drain-beat.ts`). A process that is full by receiving shows it here and hardly anywhere
 * else: each draining takes so long that the next one is late, and when more is there than a draining takes, what is left waits for the one after.
 *
 *   due         a wait of the beat after the draining before; as long as something is left each time, when the first of these was due
 *   left out    counted as well: in a stretch without a draining, what came at its beginning waited all of it, what came later less
 *
 * So what is told as lateness is what packets waited, not what the few drainings did that a late process comes to. The beat's own due time
 * would not do: it forgives what it missed.
 */

import type { Milliseconds } from '../base/units.ts'
import { type LoadMeter, noteBeat } from './load.ts'

/** Sockets are drained from now on. @param waitMs of the beat. */
export function beginDrains({ drains }: LoadMeter, nowMs: Milliseconds, waitMs: Milliseconds): void {
  drains.lastMs = nowMs
  drains.waitMs = waitMs
  drains.dueMs = nowMs + waitMs
}

/** Counts a draining after it was done. @param atMs when it began. @param waitMs of the beat from there to the next. */
export function noteDrain(meter: LoadMeter, atMs: Milliseconds, waitMs: Milliseconds): void {
  const { drains } = meter
  const lateMs = atMs - drains.dueMs
  const waited = drains.waitMs
  const leftOutMs = Math.min(lateMs, atMs - drains.lastMs - waited)
  noteBeat(meter, lateMs)
  for (let beforeMs = waited; beforeMs <= leftOutMs; beforeMs += waited) noteBeat(meter, lateMs - beforeMs)
  drains.lastMs = atMs
  drains.waitMs = waitMs
  if (!drains.leaves) drains.dueMs = atMs + waitMs
}
