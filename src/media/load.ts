/**
 * How busy a media process is: how late its beats come, what it carries, what it costs. Counted in a record whose arrays are made once, read
 * about once a second between two ticks, and begun anew; control decides by it who gets a call and whether anybody does.
 *
 * Lateness is what a full process shows first: a loop that has more to do than there is time comes late to its own beats, those of the tick and
 * those of draining sockets (`drain-lateness.ts`), and every packet that it carries waits as long.
 */

import type { Milliseconds } from '../base/units.ts'
import type { MediaLoad } from './contract-process.ts'
import type { MediaRoom } from './room.ts'

/** How often control is told. */
export const REPORT_LOAD_MS: Milliseconds = 1000

/** Quarters of a millisecond up to here, then steps of eight. */
const FINE_MS = 32
const STEPS_PER_MS = 4
const COARSE_STEP_MS = 8
const FINE = FINE_MS * STEPS_PER_MS
const STEPS = FINE + 125
/** One beat in so many may be later than the lateness that is told. */
const PART = 100
const MEGABYTE = 1024 * 1024

export type LoadMeter = {
  /** Beats by how late they came. */
  readonly late: Uint32Array
  beats: number
  /** Packets since the last report. */
  received: number
  sent: number
  readonly drains: Drains
}

/** Draining of sockets, told apart from the tick. */
type Drains = {
  /** When it was done last on its beat, and when the next is due, or was. */
  lastMs: Milliseconds
  dueMs: Milliseconds
  /** From the last to the next. Above zero. */
  waitMs: Milliseconds
  /** The last one had no room for more, so that some may be left. */
  leaves: boolean
}

/** What the entry reads of its own process. */
export type ProcessUse = { readonly cpuMs: number; readonly overMs: Milliseconds; readonly memoryOctets: number }

/** @returns a meter that has counted nothing. */
export function createLoadMeter(): LoadMeter {
  const drains = { lastMs: Number.NEGATIVE_INFINITY, dueMs: Number.POSITIVE_INFINITY, waitMs: 1, leaves: false }
  return { late: new Uint32Array(STEPS), beats: 0, received: 0, sent: 0, drains }
}

/** Counts a beat. */
export function noteBeat(meter: LoadMeter, lateMs: Milliseconds): void {
  const at = lateMs < FINE_MS ? lateMs * STEPS_PER_MS : FINE + (lateMs - FINE_MS) / COARSE_STEP_MS
  const step = Math.max(0, Math.min(STEPS - 1, Math.floor(at)))
  meter.late[step] = (meter.late[step] as number) + 1
  meter.beats++
}

/** @returns what one beat in a hundred was later than, to the step above; the latest one where there were fewer. 0 without any. */
export function latenessOf({ late, beats }: LoadMeter): Milliseconds {
  const mayBeLater = Math.floor(beats / PART)
  let later = 0
  for (let step = STEPS - 1; step >= 0; step--) {
    later += late[step] as number
    if (later > mayBeLater) return endOf(step)
  }
  return 0
}

/** @returns the load since the last time, which begins anew. */
export function takeLoad(room: MediaRoom, use: ProcessUse): MediaLoad {
  const { load } = room
  const perSecond = (count: number) => Math.round((count * 1000) / Math.max(1, use.overMs))
  const told = {
    lateMs: latenessOf(load),
    ports: room.ports.length,
    freePairs: (room.pool?.freeCount ?? 0) + room.binding,
    receivedPerSecond: perSecond(load.received),
    sentPerSecond: perSecond(load.sent),
    cpuShare: use.cpuMs / Math.max(1, use.overMs),
    memoryMegabytes: Math.round(use.memoryOctets / MEGABYTE),
    skippedTicks: room.skippedTicks,
    broken: room.broken,
  }
  load.late.fill(0)
  load.beats = 0
  load.received = 0
  load.sent = 0
  return told
}

function endOf(step: number): Milliseconds {
  if (step < FINE) return (step + 1) / STEPS_PER_MS
  return FINE_MS + (step - FINE + 1) * COARSE_STEP_MS
}
