/**
 * Sound that waited in the kernel while the process was stopped or starved: to relay all of it at once would burst into the far end's buffer what
 * nobody has a use for any more. Of what comes in one turn after a stall, each port keeps the newest; the rest is left out like the time it
 * took. Telephone-events are no sound, and are kept; whoever listens for keys in the sound hears all of it.
 */

import type { Milliseconds } from '../base/units.ts'
import type { MediaRoom } from './room.ts'
import type { ReceiveBatch } from './udp-batch.ts'

/** A turn that is this late says that the process was held up. */
export const HELD_UP_MS: Milliseconds = 200
/** So long what is read may have waited: the kernel's queues are read in several turns. */
const READING_MS: Milliseconds = 30
/** Packets that each port keeps of a turn, which is what a far end's buffer takes. */
const KEPT = 3

/** The process ran again only now. */
export function noteHeldUp(room: MediaRoom, nowMs: Milliseconds): void {
  room.staleUntilMs = nowMs + READING_MS
}

/** @returns 1 for each packet of a batch that is too old to be heard; undefined when nothing is. */
export function staleIn(room: MediaRoom, batch: ReceiveBatch, nowMs: Milliseconds): Uint8Array | undefined {
  if (nowMs > room.staleUntilMs) return undefined
  const stale = new Uint8Array(batch.count)
  const kept = new Map<number, number>()
  for (let i = batch.count - 1; i >= 0; i--) {
    const socket = batch.sockets[i] as number
    const newer = kept.get(socket) ?? 0
    kept.set(socket, newer + 1)
    if (newer >= KEPT) stale[i] = 1
  }
  return stale
}
