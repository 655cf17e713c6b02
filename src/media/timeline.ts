/**
 * How a received stream's timestamps are carried over to the flow it is relayed on: by one pair of timestamps that mean the same moment,
 * as long as the source stays the same; where the two clocks differ, by their ratio as well. A new source, SSRC or clock gets a new
 * pair, so that the flow's own timestamps go on from where they are.
 */

import type { Milliseconds, Ssrc, Timestamp } from '../base/units.ts'
import { timestampDelta } from '../rtp/sequence.ts'
import { type Flow, startTimestamp } from './flow.ts'
import { stepTimestamp } from './wrapping.ts'

/** Sound this far from where it should be comes from a clock that was set anew. */
const JUMP_MS: Milliseconds = 1000

export type Timeline = {
  running: boolean
  ssrc: Ssrc
  /** The same moment in the clock of the source and in the flow's. */
  from: Timestamp
  to: Timestamp
  /** Units a millisecond of the source. */
  readonly unitsPerMs: number
}

/** @returns a timeline that starts with the next packet. @param unitsPerMs of the source. */
export function createTimeline(unitsPerMs: number): Timeline {
  return { running: false, ssrc: 0, from: 0, to: 0, unitsPerMs }
}

/** @returns the flow's timestamp for one of the source, once the timeline runs. */
export function timestampOn(line: Timeline, flow: Flow, timestamp: Timestamp): Timestamp {
  const step = timestampDelta(line.from, timestamp)
  if (line.unitsPerMs === flow.unitsPerMs) return stepTimestamp(line.to, step)
  if (step >= 1000 * line.unitsPerMs) {
    // The pair moves along, by whole milliseconds, which are whole in both clocks: a long call would outgrow the difference.
    const ms = Math.floor(step / line.unitsPerMs)
    line.from = stepTimestamp(line.from, ms * line.unitsPerMs)
    line.to = stepTimestamp(line.to, ms * flow.unitsPerMs)
    return timestampOn(line, flow, timestamp)
  }
  return stepTimestamp(line.to, Math.floor((step * flow.unitsPerMs) / line.unitsPerMs))
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
  const due = stepTimestamp(flow.nextTimestamp, Math.round((nowMs - flow.lastSentMs) * flow.unitsPerMs))
  const off = timestampDelta(due, timestampOn(line, flow, timestamp))
  const jump = JUMP_MS * flow.unitsPerMs
  return off < jump && off > -jump
}

/** Starts anew with a packet of that timestamp. The next sound is marked as a talkspurt. */
export function startWith(line: Timeline, flow: Flow, ssrc: Ssrc, timestamp: Timestamp, nowMs: Milliseconds): void {
  line.running = true
  line.ssrc = ssrc
  line.from = timestamp
  line.to = startTimestamp(flow, nowMs)
  flow.fresh = true
}
