/**
 * Reads the key presses of one received stream of telephone-events (RFC 4733 section 2.5.2): one code a press, whatever is
 * lost, repeated, reordered or mislabelled on the way. A press is named by SSRC, timestamp and code; the rest of this file is
 * about senders that break that name. Where a packet cannot be told from an old press, it is taken for the old one: a missing
 * key is typed again, a double one spoils the number unseen.
 *
 * Codes stay numbers in typed arrays, which `reset` overwrites. No RTP audio, no in-band tones.
 */
import type { Milliseconds, Ssrc, Timestamp } from '../base/units.ts'
import { EVENT_SIZE, eventCode, eventDuration, eventEnds, LAST_KEY_CODE, MAX_DURATION } from './event-payload.ts'
import * as packets from './packet.ts'
import * as redundancy from './redundancy.ts'
import { addTimestamp, sequenceDelta, timestampDelta } from './sequence.ts'

/** Presses remembered, to know their late and repeated packets. */
const PRESSES = 8
/** Most events taken from one packet. */
const MAX_EVENTS = 8
/** Without a packet for this long a key counts as released: its ends were lost. Updates come every 10 to 60 ms. */
const LAPSE_MS = 250
/** A press may follow the one before after this pause; copies of an end come closer (Q.24: pause of 30 ms at least). */
const PAUSE_MS = 30
/** How far behind the expected place an update of a sender with creeping timestamps may begin, after loss. */
const CREEP_MS = 40
/** Copies of an end that a relay stamped anew still lie this close behind the press. */
const COPY_MS = 100

/** A packet up to this far back in sequence is late; farther back, the source has begun anew (RFC 3550 A.1). */
const MAX_MISORDER = 100
/** Answers of the search for a press, beside its slot. */
const UNKNOWN = -1
const LATE = -2

const RUNNING = 0
const ENDED = 1
/** A first packet of duration 0: no press until a second packet says so (section 2.3.5). */
const UNSURE = 2

export class EventReader {
  readonly #perMs: number
  readonly #state = new Uint8Array(PRESSES)
  readonly #code = new Int16Array(PRESSES)
  readonly #ssrc = new Uint32Array(PRESSES)
  /** Start of the press, start of its latest segment or packet name, and its end as far as known. */
  readonly #start = new Uint32Array(PRESSES)
  readonly #last = new Uint32Array(PRESSES)
  readonly #until = new Uint32Array(PRESSES)
  readonly #duration = new Int32Array(PRESSES)
  readonly #sequence = new Uint16Array(PRESSES)
  readonly #seenMs = new Float64Array(PRESSES)
  /** Slot of the newest press, and how many slots are in use. */
  #newest = 0
  #used = 0
  #down = false
  /** Keys of the packet at hand that `accept` has not given out yet. */
  readonly #pending = new Int16Array(MAX_EVENTS)
  #pendingFrom = 0
  #pendingTo = 0
  /** Payloads that were no event: too short or not whole events. */
  malformed = 0
  /** Events that are no keys, 16 and above. */
  notKeys = 0

  /** @param clockRate of the telephone-event payload type, Hz. */
  constructor(clockRate = 8000) {
    this.#perMs = clockRate / 1000
    this.#code.fill(-1)
  }

  /** Whether the newest key is still held, as far as its packets tell. */
  get keyDown(): boolean {
    return this.#down
  }

  /**
   * Takes an RTP packet whose events lie at `packet[start..end)`.
   * @param nowMs arrival, on any monotonic clock.
   * @returns the code (0 to 15) of a newly seen press, or -1. A packet can hold several: call `more` until it gives -1.
   */
  accept(packet: Uint8Array, start: number, end: number, nowMs: Milliseconds): number {
    this.#pendingFrom = 0
    this.#pendingTo = 0
    this.#takeBlock(packet, start, end, packets.timestamp(packet), nowMs)
    return this.more()
  }

  /**
   * Takes an RTP packet with RFC 2198 redundancy at `packet[start..end)`: the blocks of `eventPayloadType` in it, oldest first.
   * @returns as `accept`.
   */
  acceptRedundant(
    packet: Uint8Array,
    start: number,
    end: number,
    eventPayloadType: number,
    nowMs: Milliseconds,
  ): number {
    this.#pendingFrom = 0
    this.#pendingTo = 0
    let body = redundancy.blockBodies(packet, start, end)
    if (body < 0) {
      this.malformed++
      return -1
    }
    const now = packets.timestamp(packet)
    let at = start
    for (; redundancy.isOlderBlock(packet, at); at += redundancy.BLOCK_HEADER_SIZE) {
      const length = redundancy.blockLength(packet, at)
      if (redundancy.blockPayloadType(packet, at) === eventPayloadType) {
        this.#takeBlock(packet, body, body + length, addTimestamp(now, -redundancy.blockOffset(packet, at)), nowMs)
      }
      body += length
    }
    if (redundancy.blockPayloadType(packet, at) === eventPayloadType) this.#takeBlock(packet, body, end, now, nowMs)
    return this.more()
  }

  /** @returns the next key press of the packet that was accepted last, or -1. */
  more(): number {
    if (this.#pendingFrom === this.#pendingTo) return -1
    const code = this.#pending[this.#pendingFrom] as number
    this.#pending[this.#pendingFrom++] = -1
    return code
  }

  /** Call now and then while `keyDown`. @returns true once, when the key counts as released for want of packets. */
  lapse(nowMs: Milliseconds): boolean {
    if (!this.#down || nowMs - (this.#seenMs[this.#newest] as number) < LAPSE_MS) return false
    this.#down = false
    return true
  }

  /** Forgets and overwrites every press. */
  reset(): void {
    this.#state.fill(0)
    this.#code.fill(-1)
    this.#ssrc.fill(0)
    this.#start.fill(0)
    this.#last.fill(0)
    this.#until.fill(0)
    this.#duration.fill(0)
    this.#sequence.fill(0)
    this.#seenMs.fill(0)
    this.#pending.fill(-1)
    this.#newest = 0
    this.#used = 0
    this.#down = false
    this.#pendingFrom = 0
    this.#pendingTo = 0
  }

  /** One block of events: one, or several that follow each other in time (section 2.5.1.5). */
  #takeBlock(p: Uint8Array, start: number, end: number, timestamp: Timestamp, nowMs: Milliseconds): void {
    if (end - start < EVENT_SIZE || (end - start) % EVENT_SIZE !== 0) {
      this.malformed++
      return
    }
    const events = Math.min(MAX_EVENTS, (end - start) / EVENT_SIZE)
    let at = timestamp
    for (let i = 0; i < events; i++) {
      const place = start + i * EVENT_SIZE
      const duration = eventDuration(p, place)
      const code = eventCode(p, place)
      // Four zero octets before the event, sent by some gateways, are no key 0: one that others follow has ended.
      const filler = i + 1 < events && duration === 0
      if (code > LAST_KEY_CODE) this.notKeys++
      else if (!filler) this.#takeEvent(p, code, eventEnds(p, place), duration, at, i > 0, nowMs)
      at = addTimestamp(at, duration)
    }
  }

  #takeEvent(
    p: Uint8Array,
    code: number,
    ends: boolean,
    duration: number,
    timestamp: Timestamp,
    follows: boolean,
    nowMs: Milliseconds,
  ): void {
    const known = this.#find(p, code, ends, duration, timestamp, follows, nowMs)
    if (known === LATE) return
    if (known !== UNKNOWN) {
      this.#update(known, p, ends, duration, timestamp, nowMs)
      return
    }
    const slot = this.#used === 0 ? 0 : (this.#newest + 1) % PRESSES
    this.#newest = slot
    if (this.#used < PRESSES) this.#used++
    this.#code[slot] = code
    this.#ssrc[slot] = packets.ssrc(p)
    this.#start[slot] = timestamp
    this.#last[slot] = timestamp
    this.#until[slot] = addTimestamp(timestamp, duration)
    this.#duration[slot] = duration
    this.#sequence[slot] = packets.sequence(p)
    this.#seenMs[slot] = nowMs
    this.#state[slot] = duration === 0 ? UNSURE : ends ? ENDED : RUNNING
    if (duration > 0) this.#report(slot)
  }

  #report(slot: number): void {
    this.#down = this.#state[slot] === RUNNING
    if (this.#pendingTo < MAX_EVENTS) this.#pending[this.#pendingTo++] = this.#code[slot] as number
  }

  #update(
    slot: number,
    p: Uint8Array,
    ends: boolean,
    duration: number,
    timestamp: Timestamp,
    nowMs: Milliseconds,
  ): void {
    const sequence = packets.sequence(p)
    const newer = packets.ssrc(p) !== this.#ssrc[slot] || sequenceDelta(this.#sequence[slot] as number, sequence) > 0
    if (newer) {
      this.#ssrc[slot] = packets.ssrc(p)
      this.#sequence[slot] = sequence
      this.#last[slot] = timestamp
      this.#duration[slot] = duration
      this.#seenMs[slot] = nowMs
    }
    const until = addTimestamp(timestamp, duration)
    if (timestampDelta(this.#until[slot] as number, until) > 0) this.#until[slot] = until
    const unsure = this.#state[slot] === UNSURE
    if (unsure && (!newer || (duration === 0 && !ends))) return
    if (ends) this.#state[slot] = ENDED
    else if (unsure) this.#state[slot] = RUNNING
    if (unsure) this.#report(slot)
    if (slot === this.#newest) this.#down = this.#state[slot] === RUNNING
  }

  /** @returns the slot of the press that the event belongs to, `UNKNOWN`, or `LATE`. */
  #find(
    p: Uint8Array,
    code: number,
    ends: boolean,
    duration: number,
    timestamp: Timestamp,
    follows: boolean,
    nowMs: Milliseconds,
  ): number {
    if (this.#used === 0) return UNKNOWN
    const ssrc = packets.ssrc(p)
    for (let i = 0; i < this.#used; i++) {
      const slot = (this.#newest + PRESSES - i) % PRESSES
      if (this.#code[slot] !== code) continue
      if (this.#ssrc[slot] === ssrc) {
        if (this.#isNew(slot, p, ends, duration, timestamp, nowMs)) return UNKNOWN
        if (this.#belongs(slot, p, ends, duration, timestamp, follows, nowMs)) return slot
      } else if (i === 0 && this.#goesOn(slot, ends, duration, nowMs)) return slot
    }
    return this.#isLate(ssrc, packets.sequence(p), timestamp) ? LATE : UNKNOWN
  }

  /** Whether a press of the same key has begun under a name that overlaps the old one: timestamps not moved on, doubled. */
  #isNew(
    slot: number,
    p: Uint8Array,
    ends: boolean,
    duration: number,
    timestamp: Timestamp,
    nowMs: Milliseconds,
  ): boolean {
    if (this.#state[slot] !== ENDED || ends || duration >= (this.#duration[slot] as number)) return false
    if (sequenceDelta(this.#sequence[slot] as number, packets.sequence(p)) <= 0) return false
    const moved = timestampDelta(this.#last[slot] as number, timestamp) > 0
    return (moved && packets.marker(p)) || nowMs - (this.#seenMs[slot] as number) >= PAUSE_MS
  }

  /** Whether the event is part of the press by its place in time. */
  #belongs(
    slot: number,
    p: Uint8Array,
    ends: boolean,
    duration: number,
    timestamp: Timestamp,
    follows: boolean,
    nowMs: Milliseconds,
  ): boolean {
    const start = this.#start[slot] as number
    const until = this.#until[slot] as number
    if (timestamp === start || timestamp === this.#last[slot]) return true
    const behind = timestampDelta(until, timestamp)
    // Overlaps what is known of the press: no key is pressed twice at once.
    if (behind < 0 && timestampDelta(start, addTimestamp(timestamp, duration)) > 0) return true
    if (behind < 0 || follows) return false
    const quietMs = nowMs - (this.#seenMs[slot] as number)
    // The next segment of a long press (section 2.5.1.3), even if somebody ended the one before.
    const segment = timestampDelta(this.#last[slot] as number, timestamp)
    const whole = segment === MAX_DURATION || segment === MAX_DURATION + 1
    if (whole && quietMs < LAPSE_MS && (this.#state[slot] !== ENDED || this.#duration[slot] === segment)) return true
    const grew = duration > (this.#duration[slot] as number)
    // A name of its own in every packet: timestamp and duration creep on together.
    if (this.#state[slot] !== ENDED) return grew && behind <= CREEP_MS * this.#perMs && quietMs < LAPSE_MS
    // The next copy of an end that a relay has stamped anew.
    const next = sequenceDelta(this.#sequence[slot] as number, packets.sequence(p))
    if (!ends || duration !== this.#duration[slot] || next < 0 || next > 1) return false
    return behind <= COPY_MS * this.#perMs && quietMs < PAUSE_MS
  }

  /** Whether a press goes on under a new SSRC: the duration grows on without a pause, or its end is repeated. */
  #goesOn(slot: number, ends: boolean, duration: number, nowMs: Milliseconds): boolean {
    if (nowMs - (this.#seenMs[slot] as number) >= LAPSE_MS) return false
    const before = this.#duration[slot] as number
    return this.#state[slot] === ENDED ? ends && duration === before : duration > before
  }

  /** Whether an event that nobody knows comes from before the newest press: it has lost its place in the number. */
  #isLate(ssrc: Ssrc, sequence: number, timestamp: Timestamp): boolean {
    const slot = this.#newest
    if (this.#ssrc[slot] !== ssrc) return false
    const back = sequenceDelta(this.#sequence[slot] as number, sequence)
    return back < 0 && back > -MAX_MISORDER && timestampDelta(this.#start[slot] as number, timestamp) < 0
  }
}
