/**
 * Arithmetic of numbers that wrap, and what a receiver counts with it: extended sequence number, packets expected and lost
 * (RFC 3550 appendix A.1 and A.3), jitter (A.8). Does not order packets; `reorder.ts` does.
 */
import type { SequenceNumber, Timestamp } from '../base/units.ts'

/** @returns b - a as a signed 16-bit number: positive when `b` is later than `a`, across the wrap. */
export function sequenceDelta(a: SequenceNumber, b: SequenceNumber): number {
  return ((b - a) << 16) >> 16
}

/** @returns b - a as a signed 32-bit number: positive when `b` is later than `a`, across the wrap. */
export function timestampDelta(a: Timestamp, b: Timestamp): number {
  return (b - a) | 0
}

/** @returns the sequence number `by` steps on; `by` may be negative. */
export function addSequence(a: SequenceNumber, by: number): SequenceNumber {
  return (a + by) & 0xffff
}

/** @returns the timestamp `by` units on; `by` may be negative. */
export function addTimestamp(a: Timestamp, by: number): Timestamp {
  return (a + by) >>> 0
}

/** A jump forward by this much is a restart of the source, not loss (RFC 3550 A.1). */
const MAX_DROPOUT = 3000
/** A step back by up to this much is a late packet (RFC 3550 A.1). */
const MAX_MISORDER = 100

/** What one receiver knows of one source. A plain record, changed in place by `noteReceived`. */
export type SequenceTracker = {
  /** Whether a packet has come yet. */
  started: boolean
  /** First sequence number, extended. */
  base: number
  /** Highest sequence number seen, without the cycles. */
  highest: SequenceNumber
  /** Wraps so far, times 65536. */
  cycles: number
  /** Packets received since `base`, late and repeated ones included (as A.3 counts). */
  received: number
  /** Sequence number that would confirm a restart, or -1. */
  suspect: number
  /** Interarrival jitter times 16, in units of the clock rate (A.8 keeps it scaled). */
  jitterTimes16: number
  /** Transit of the packet before, in units of the clock rate. */
  transit: number
  /** `expected` and `received` at the last report. */
  expectedBefore: number
  receivedBefore: number
}

/** @returns the record of a source that has sent nothing yet. */
export function createReception(): SequenceTracker {
  return {
    started: false,
    base: 0,
    highest: 0,
    cycles: 0,
    received: 0,
    suspect: -1,
    jitterTimes16: 0,
    transit: 0,
    expectedBefore: 0,
    receivedBefore: 0,
  }
}

function restart(state: SequenceTracker, seq: SequenceNumber, transit: number): void {
  state.started = true
  state.base = seq
  state.highest = seq
  state.cycles = 0
  state.received = 0
  state.suspect = -1
  state.transit = transit
  state.expectedBefore = 0
  state.receivedBefore = 0
}

/** What `noteReceived` made of a packet. `jump`: far off, not counted unless the next one follows it. */
export type Reception = 'first' | 'next' | 'gap' | 'late' | 'duplicate' | 'jump' | 'restart'

/**
 * Counts one packet.
 * @param arrivalTs arrival time in units of the clock rate, any origin.
 * @param timed its timestamp moves with time; that of a telephone-event stands still (RFC 4733 section 2.2), and would be taken for jitter.
 * @returns what the packet was; a constant string, nothing is allocated.
 */
export function noteReceived(
  state: SequenceTracker,
  seq: SequenceNumber,
  ts: Timestamp,
  arrivalTs: Timestamp,
  timed = true,
): Reception {
  const transit = (arrivalTs - ts) | 0
  if (!state.started) {
    restart(state, seq, transit)
    state.received = 1
    return 'first'
  }
  const delta = sequenceDelta(state.highest, seq)
  let is: Reception
  if (delta > 0 && delta < MAX_DROPOUT) {
    if (seq < state.highest) state.cycles += 65536
    state.highest = seq
    state.suspect = -1
    is = delta === 1 ? 'next' : 'gap'
  } else if (delta <= 0 && delta > -MAX_MISORDER) {
    is = delta === 0 ? 'duplicate' : 'late'
  } else if (seq === state.suspect) {
    // Two in a row from the new place: the source has restarted (A.1).
    restart(state, seq, transit)
    is = 'restart'
  } else {
    state.suspect = addSequence(seq, 1)
    return 'jump'
  }
  state.received++
  if (is !== 'restart' && timed) noteJitter(state, transit)
  return is
}

function noteJitter(state: SequenceTracker, transit: number): void {
  const d = Math.abs((transit - state.transit) | 0)
  state.transit = transit
  state.jitterTimes16 += d - ((state.jitterTimes16 + 8) >> 4)
}

/** @returns the highest sequence number with the wraps above it, 32 bits (RFC 3550 section 6.4.1). */
export function extendedHighest(state: SequenceTracker): number {
  return (state.cycles + state.highest) >>> 0
}

/** @returns how many packets should have come since the first. */
export function expected(state: SequenceTracker): number {
  return state.started ? state.cycles + state.highest - state.base + 1 : 0
}

/** @returns how many packets are missing; negative with duplicates (RFC 3550 A.3), clamped to 24 bits signed. */
export function lost(state: SequenceTracker): number {
  return Math.max(-0x800000, Math.min(0x7fffff, expected(state) - state.received))
}

/** @returns interarrival jitter in units of the clock rate. */
export function jitter(state: SequenceTracker): number {
  return state.jitterTimes16 >> 4
}

/**
 * Loss since the last call, as a fraction of 256 for the next report block (RFC 3550 A.3). Changes the record: a report
 * is about to be sent.
 */
export function fractionLostSinceReport(state: SequenceTracker): number {
  const all = expected(state)
  const expectedNow = all - state.expectedBefore
  const receivedNow = state.received - state.receivedBefore
  state.expectedBefore = all
  state.receivedBefore = state.received
  const lostNow = expectedNow - receivedNow
  if (expectedNow <= 0 || lostNow <= 0) return 0
  return Math.min(255, Math.floor((lostNow * 256) / expectedNow))
}
