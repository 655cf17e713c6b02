/**
 * One port's outgoing RTP stream (RFC 3550 section 5.1): one SSRC for its whole life, sequence numbers without a seam, and
 * timestamps that follow the media clock across every change of source, also while nothing is sent.
 */

import {
  type CodecName,
  codecNamed,
  type Milliseconds,
  type SequenceNumber,
  type Ssrc,
  type Timestamp,
} from '../base/units.ts'
import { timestampDelta } from '../rtp/sequence.ts'
import { stepTimestamp } from './wrapping.ts'

/** Timestamp units a millisecond of telephony's clock, 8000 Hz: what a flow begins with, before its codec is known. */
const USUAL_UNITS_PER_MS = 8

/** SSRC and timestamps are signed 32-bit numbers, as in `wrapping.ts`. */
export type Flow = {
  ssrc: Ssrc
  nextSequence: SequenceNumber
  /** Timestamp units a millisecond: the RTP clock of the codec. */
  unitsPerMs: number
  /** Where the sound sent so far ends. */
  nextTimestamp: Timestamp
  /** The media clock: this timestamp was at this time. */
  anchorTimestamp: Timestamp
  anchorMs: Milliseconds
  lastSentMs: Milliseconds
  /** With this SSRC, in a vault too: for reports (RFC 3550 section 6.4.1). */
  packetsSent: number
  octetsSent: number
  /** The next packet of sound begins a talkspurt: marker bit (RFC 3551 section 4.1). */
  fresh: boolean
}

/** @param random32 unpredictable numbers of 32 bits, for SSRC and start values (RFC 3550 section 5.1). */
export function createFlow(random32: () => number, nowMs: Milliseconds): Flow {
  const timestamp = random32() | 0
  return {
    ssrc: random32() | 0,
    // The upper half is left out, so that the first wrap does not fall into the first second (RFC 3711 section 3.3.1).
    nextSequence: random32() & 0x7fff,
    unitsPerMs: USUAL_UNITS_PER_MS,
    nextTimestamp: timestamp,
    anchorTimestamp: timestamp,
    anchorMs: nowMs,
    lastSentMs: nowMs,
    packetsSent: 0,
    octetsSent: 0,
    fresh: true,
  }
}

/** @returns timestamp units a millisecond of a codec. */
export function unitsPerMsOf(codec: CodecName): number {
  return codecNamed(codec).clockRate / 1000
}

/**
 * Lets the flow count in the clock of a codec. Once something was sent, another clock needs another SSRC, since the far end's reckoning of
 * loss, jitter and time belongs to the old one (RFC 7160 section 4.1).
 */
export function countFor(flow: Flow, codec: CodecName, random32: () => number, nowMs: Milliseconds): void {
  const unitsPerMs = unitsPerMsOf(codec)
  if (unitsPerMs === flow.unitsPerMs) return
  flow.unitsPerMs = unitsPerMs
  flow.anchorTimestamp = clockTimestamp(flow, nowMs)
  flow.anchorMs = nowMs
  flow.nextTimestamp = flow.anchorTimestamp
  flow.fresh = true
  if (flow.packetsSent === 0) return
  flow.ssrc = random32() | 0
  flow.packetsSent = 0
  flow.octetsSent = 0
}

/** @returns the timestamp that the media clock shows. */
export function clockTimestamp(flow: Flow, nowMs: Milliseconds): Timestamp {
  return stepTimestamp(flow.anchorTimestamp, Math.round((nowMs - flow.anchorMs) * flow.unitsPerMs))
}

/** @returns the timestamp for the first packet of a new source: the clock's, but never before the end of what was sent. */
export function startTimestamp(flow: Flow, nowMs: Milliseconds): Timestamp {
  const clock = clockTimestamp(flow, nowMs)
  return timestampDelta(flow.nextTimestamp, clock) > 0 ? clock : flow.nextTimestamp
}

/** All that is played goes at a multiple of it, so that one wake-up serves every port: with a phase for each it took 200 a second. */
export const TICK_MS: Milliseconds = 20
/** A new source waits for another tick when what was sent before has so much left to play. */
const AHEAD_MS: Milliseconds = 10

/**
 * When a new source should send its first packet: with the next tick, but about when what was sent before has been played, so that changes of
 * source do not pile sound up at the far end. Within 30 ms, since more than a packet is hardly ever left.
 */
export function startDueMs(flow: Flow, nowMs: Milliseconds): Milliseconds {
  const aheadMs = timestampDelta(clockTimestamp(flow, nowMs), flow.nextTimestamp) / flow.unitsPerMs
  const dueMs = tickAfter(nowMs)
  return nowMs + aheadMs > dueMs + AHEAD_MS ? dueMs + TICK_MS : dueMs
}

/** @returns the next tick that all ports have in common, later than `atMs`. */
export function tickAfter(atMs: Milliseconds): Milliseconds {
  return (Math.floor(atMs / TICK_MS) + 1) * TICK_MS
}

/** Notes that sound up to `end` was sent; a late packet moves nothing back. */
export function noteSent(flow: Flow, end: Timestamp, payloadOctets: number, nowMs: Milliseconds): void {
  if (timestampDelta(flow.nextTimestamp, end) > 0 || flow.packetsSent === 0) flow.nextTimestamp = end
  flow.lastSentMs = nowMs
  flow.packetsSent++
  flow.octetsSent += payloadOctets
}
