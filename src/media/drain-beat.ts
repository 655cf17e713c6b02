/**
 * When sockets that do not tell of packets are drained next. Draining once for many packets is what makes them cheap, and half of the wait is what a
 * packet waits; with few packets the waking costs more than they do. Against an ideal beat: a wait that began after the work would add that to each.
 */

import type { Milliseconds } from '../base/units.ts'

/** With many packets: a tenth more than the least possible cost, and a p99 below 6 ms. */
const MANY_MS: Milliseconds = 3
const FEW_MS: Milliseconds = 4
/** When nothing has come for a while: the first packet may wait this long. */
const QUIET_MS: Milliseconds = 8
const QUIET_AFTER_MS: Milliseconds = 100
/** Packets of a short wait that are few, and of a longer one that are many: apart, so that a load between does not change waits at each beat. */
const FEW = 32
const MANY = 96

export class DrainBeat {
  #dueMs: Milliseconds = 0
  #waitMs: Milliseconds = MANY_MS
  #lastPacketMs: Milliseconds = 0

  /** From one beat to the next, as it should be. */
  get waitMs(): Milliseconds {
    return this.#waitMs
  }

  /** Begins, or begins again. */
  start(nowMs: Milliseconds): void {
    this.#dueMs = nowMs
    this.#lastPacketMs = nowMs
  }

  /** @param count packets that a drain has brought. @returns the wait for the next, whole milliseconds, from 1. */
  next(count: number, nowMs: Milliseconds): Milliseconds {
    if (count > 0) this.#lastPacketMs = nowMs
    this.#waitMs = this.#waitFor(count, nowMs)
    // Beats that were missed are not made up for.
    this.#dueMs = Math.max(this.#dueMs + this.#waitMs, nowMs)
    return Math.min(this.#waitMs, Math.max(1, Math.round(this.#dueMs - nowMs)))
  }

  #waitFor(count: number, nowMs: Milliseconds): Milliseconds {
    if (nowMs - this.#lastPacketMs >= QUIET_AFTER_MS) return QUIET_MS
    return count >= (this.#waitMs === MANY_MS ? FEW : MANY) ? MANY_MS : FEW_MS
  }
}
