/**
 * How a received stream's timestamps are carried over to the flow it is relayed on: by one offset, as long as the source stays
 * the same. A new source, SSRC or clock gets a new offset, so that the flow's own timestamps go on from where they are.
 */

import type { Milliseconds, Ssrc, Timestamp } from '../base/units.ts'
import { timestampDelta } from '../rtp/sequence.ts'
import { type Flow, startTimestamp, UNITS_PER_MS } from './flow.ts'
import { stepTimestamp } from './wrapping.ts'

/** Sound this far from where it should be, in timestamp units, comes from a clock that was set anew: one second. */
const JUMP = 8000

export type Timeline = { running: boolean; ssrc: Ssrc; offset: Timestamp }

/** @returns a timeline that starts with the next packet. */
export function createTimeline(): Timeline {
  return { running: false, ssrc: 0, offset: 0 }
}

/** @returns whether a packet goes on with the source that was relayed so far. @param isEvent its timestamp may be old. */
export function goesOn(
  line: Timeline,
  flow: Flow,
  ssrc: Ssrc,
  timestamp: Timestamp,
  isEvent: boolean,
  nowMs: Milliseconds,
): boolean {
  if (!line.running || line.ssrc !== ssrc) return false
  if (isEvent) return true
  const due = stepTimestamp(flow.nextTimestamp, Math.round((nowMs - flow.lastSentMs) * UNITS_PER_MS))
  const off = timestampDelta(due, stepTimestamp(timestamp, line.offset))
  return off < JUMP && off > -JUMP
}

/** Starts anew with a packet of that timestamp. The next sound is marked as a talkspurt. */
export function startWith(line: Timeline, flow: Flow, ssrc: Ssrc, timestamp: Timestamp, nowMs: Milliseconds): void {
  line.running = true
  line.ssrc = ssrc
  line.offset = stepTimestamp(startTimestamp(flow, nowMs), -timestamp)
  flow.fresh = true
}
