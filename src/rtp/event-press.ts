/**
 * Which press of a key does an event belong to (RFC 4733 section 2.5.2)? By the book SSRC, timestamp and code name it; these
 * decisions are about senders and relays that break the name. Pure functions over two records that `event-reader.ts` owns and
 * reuses. Where an event cannot be told from an old press it is taken for the old one: a missing key is typed again, a
 * double one spoils the number unseen.
 */
import type { Milliseconds, SequenceNumber, Ssrc, Timestamp } from '../base/units.ts'
import type { CodeStore } from './code-store.ts'
import { MAX_DURATION } from './event-payload.ts'
import { sequenceDelta, timestampDelta } from './sequence.ts'

/** Without a packet for this long a key counts as released: its ends were lost. Updates come every 10 to 60 ms. */
export const LAPSE_MS: Milliseconds = 250
/** No packet of a press comes this late; by then a source may have begun its timestamps anew. */
const FORGET_MS = 5000
/** Under another SSRC the same timestamp names the same press this long: sources that begin anew may all begin with one timestamp. */
const ELSEWHERE_MS = 1000
/** A press may follow the one before after this pause (Q.24: 30 ms at least); copies of an end come closer. */
const PAUSE_MS = 30
/** From the start of a press to the start of the next: 40 ms of tone and 30 ms of pause at least (Q.24). */
const NEXT_PRESS_MS = 70
/** Copies of an end that a relay stamped anew still lie this close behind the press. */
const COPY_MS = 100
/** A packet up to this far back in sequence is late; farther back, the source has begun anew (RFC 3550 A.1). */
const MAX_MISORDER = 100
/** A duration from here on says that a press is long enough to need another segment. */
const LONG = 0x8000

/** What one event of one packet says. */
export type SeenEvent = {
  code: number
  ends: boolean
  duration: number
  timestamp: Timestamp
  ssrc: Ssrc
  sequence: SequenceNumber
  marker: boolean
  /** Not the first event of its packet. */
  follows: boolean
  /** From an older block of an RFC 2198 payload: its sequence number is not its own. */
  retold: boolean
  nowMs: Milliseconds
}

/** `unsure`: a first packet of duration 0, no press until a second one says more (section 2.3.5). */
export type PressAt = 'free' | 'unsure' | 'running' | 'ended'

/** What is known of one press. */
export type Press = {
  at: PressAt
  code: number
  ssrc: Ssrc
  /** Where the press begins, the name its latest packet bore, and where it ends as far as told. */
  start: Timestamp
  last: Timestamp
  until: Timestamp
  /** Duration in the latest packet. */
  duration: number
  sequence: SequenceNumber
  seenMs: Milliseconds
}

/** @returns an unused record. @param codes where its code is kept, at `place`: a record lies on the heap, and the collector leaves copies of it. */
export function createPress(codes: CodeStore, place: number): Press {
  return {
    at: 'free',
    get code() {
      return codes.codeAt(place)
    },
    set code(code) {
      codes.put(place, code)
    },
    ssrc: 0,
    start: 0,
    last: 0,
    until: 0,
    duration: 0,
    sequence: 0,
    seenMs: 0,
  }
}

/** Overwrites a record: no trace of the key is left in it. */
export function wipePress(press: Press): void {
  press.at = 'free'
  press.code = -1
  press.ssrc = 0
  press.start = 0
  press.last = 0
  press.until = 0
  press.duration = 0
  press.sequence = 0
  press.seenMs = 0
}

/** Begins a press with the first event seen of it. */
export function beginPress(press: Press, event: SeenEvent): void {
  press.at = event.duration === 0 ? 'unsure' : event.ends ? 'ended' : 'running'
  press.code = event.code
  press.start = event.timestamp
  press.until = event.timestamp
  noteNewest(press, event)
}

function noteNewest(press: Press, event: SeenEvent): void {
  press.ssrc = event.ssrc
  press.sequence = event.sequence
  press.last = event.timestamp
  press.duration = event.duration
  press.seenMs = event.nowMs
  const until = (event.timestamp + event.duration) | 0
  if (timestampDelta(press.until, until) > 0) press.until = until
}

/** Adds another event to its press. @returns whether the press was unsure and has become one. */
export function goOnWithPress(press: Press, event: SeenEvent): boolean {
  const newer = event.ssrc !== press.ssrc || sequenceDelta(press.sequence, event.sequence) > 0
  const unsure = press.at === 'unsure'
  if (newer && !event.retold) noteNewest(press, event)
  if (unsure && (!newer || (event.duration === 0 && !event.ends))) return false
  if (event.ends) press.at = 'ended'
  else if (unsure) press.at = 'running'
  return unsure
}

/** `same`: part of this press; `new`: another press of this key; `other`: nothing to do with it. */
export type Kinship = 'same' | 'new' | 'other'

/**
 * How an event stands to a press.
 * @param newest whether no later press is known. @param perMs timestamp units a millisecond.
 */
export function kinship(press: Press, event: SeenEvent, newest: boolean, perMs: number): Kinship {
  const quietMs = event.nowMs - press.seenMs
  if (press.code !== event.code || quietMs > FORGET_MS) return 'other'
  const sameName = event.timestamp === press.start || event.timestamp === press.last
  if (event.ssrc !== press.ssrc) {
    return (sameName && quietMs < ELSEWHERE_MS) || (newest && goesOnElsewhere(press, event, quietMs)) ? 'same' : 'other'
  }
  if (!event.retold && isPressedAgain(press, event, quietMs)) return 'new'
  return sameName || overlaps(press, event) || adjoins(press, event, quietMs, perMs) ? 'same' : 'other'
}

/**
 * Pressed again under a name that is, or overlaps, the old one: timestamps that do not move on, doubled durations. Only a
 * packet that is newer, not an end, and shorter than the ended press can say so.
 */
function isPressedAgain(press: Press, event: SeenEvent, quietMs: Milliseconds): boolean {
  if (press.at !== 'ended' || event.ends || event.duration >= press.duration) return false
  if (sequenceDelta(press.sequence, event.sequence) <= 0) return false
  return quietMs >= PAUSE_MS || (event.marker && timestampDelta(press.last, event.timestamp) > 0)
}

/** No key is pressed twice at once. */
function overlaps(press: Press, event: SeenEvent): boolean {
  return (
    timestampDelta(press.until, event.timestamp) < 0 &&
    timestampDelta(press.start, (event.timestamp + event.duration) | 0) > 0
  )
}

/** Behind the press with no or little space, but not by the book another one. */
function adjoins(press: Press, event: SeenEvent, quietMs: Milliseconds, perMs: number): boolean {
  const behind = timestampDelta(press.until, event.timestamp)
  if (behind < 0 || event.follows) return false
  if (isNextSegment(press, event, behind)) return true
  if (press.at !== 'ended') return isCreeping(press, event, quietMs, perMs)
  // The next copy of an end, stamped anew by a relay: nothing can have been lost in between.
  const step = sequenceDelta(press.sequence, event.sequence)
  const copy = event.ends && event.duration === press.duration && step >= 0 && step <= 1
  return copy && behind <= COPY_MS * perMs && quietMs < PAUSE_MS
}

/** The next segment of a long press (section 2.5.1.3), even when the sender has ended the one before or cut it short. */
function isNextSegment(press: Press, event: SeenEvent, behind: number): boolean {
  if (behind === 0 && press.duration >= LONG && !event.marker) return true
  const step = timestampDelta(press.last, event.timestamp)
  return press.at !== 'ended' && (step === MAX_DURATION || step === MAX_DURATION + 1)
}

/**
 * A name of its own in every packet: timestamp and duration grow by the same step, or the duration by the double. A step that
 * would make room for another press must agree with the time that has passed as well: a press of its own is told later by
 * what it has lasted.
 */
function isCreeping(press: Press, event: SeenEvent, quietMs: Milliseconds, perMs: number): boolean {
  const moved = timestampDelta(press.last, event.timestamp)
  const grown = event.duration - press.duration
  if ((grown !== moved && grown !== 2 * moved) || quietMs >= LAPSE_MS) return false
  return moved < NEXT_PRESS_MS * perMs || quietMs * perMs < 1.5 * moved
}

/** Goes on under a new SSRC: the duration grows on without a pause, or its end is repeated. */
function goesOnElsewhere(press: Press, event: SeenEvent, quietMs: Milliseconds): boolean {
  if (quietMs >= LAPSE_MS) return false
  return press.at === 'ended' ? event.ends && event.duration === press.duration : event.duration > press.duration
}

/** Whether an unknown event comes from before the newest press: it has lost its place in the row and is dropped. */
export function isBehindTime(newest: Press, event: SeenEvent): boolean {
  if (newest.ssrc !== event.ssrc || event.nowMs - newest.seenMs > FORGET_MS) return false
  const back = sequenceDelta(newest.sequence, event.sequence)
  const late = event.retold || (back < 0 && back > -MAX_MISORDER)
  return late && timestampDelta(newest.start, event.timestamp) < 0
}
