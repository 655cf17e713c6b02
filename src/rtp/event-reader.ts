/**
 * Reads the key presses of one received stream of telephone-events (RFC 4733 section 2.5.2): one code a press, whatever is
 * lost, repeated, reordered or mislabelled on the way; `event-press.ts` decides what belongs together. Takes apart packets
 * with several events (section 2.5.1.5) and with RFC 2198 redundancy. No audio, no in-band tones, no clock of its own.
 *
 * Codes are numbers in a store that the caller may bring; `reset` overwrites them.
 */
import type { Milliseconds, PayloadType, Timestamp } from '../base/units.ts'
import { type CodeStore, plainCodes } from './code-store.ts'
import { EVENT_SIZE, eventCode, eventDuration, eventEnds, LAST_KEY_CODE } from './event-payload.ts'
import {
  beginPress,
  createPress,
  goOnWithPress,
  isBehindTime,
  kinship,
  LAPSE_MS,
  type Press,
  type SeenEvent,
  wipePress,
} from './event-press.ts'
import * as packets from './packet.ts'
import * as redundancy from './redundancy.ts'
import { addTimestamp } from './sequence.ts'

/** Presses remembered, to know their late and repeated packets. */
const PRESSES = 8
/** Most events taken from one block. */
const MAX_EVENTS = 8
/** Codes that a reader keeps: of the presses, and of keys of the packet at hand that have not been given out yet. */
export const READER_CODES = PRESSES + MAX_EVENTS

export class EventReader {
  readonly #perMs: number
  readonly #codes: CodeStore
  readonly #presses: readonly Press[]
  readonly #event: SeenEvent = {
    code: -1,
    ends: false,
    duration: 0,
    timestamp: 0,
    ssrc: 0,
    sequence: 0,
    marker: false,
    follows: false,
    retold: false,
    nowMs: 0,
  }
  #newest = 0
  #down = false
  #pendingFrom = 0
  #pendingTo = 0
  /** Payloads that were no events: too short, not whole, blocks that do not fit. */
  malformed = 0
  /** Events that are no keys, 16 and above. */
  notKeys = 0

  /** @param clockRate of the telephone-event payload type, Hz. @param codes room for `READER_CODES` codes, empty. */
  constructor(clockRate = 8000, codes: CodeStore = plainCodes(READER_CODES)) {
    this.#perMs = clockRate / 1000
    this.#codes = codes
    this.#presses = Array.from({ length: PRESSES }, (_, place) => createPress(codes, place))
  }

  /** Whether the newest key is still held, as far as its packets tell. */
  get keyDown(): boolean {
    return this.#down
  }

  /**
   * Takes an RTP packet (one that `isRtp` accepts) whose events lie at `packet[start..end)`.
   * @param nowMs arrival, on any monotonic clock.
   * @returns the code (0 to 15) of a newly seen press, or -1. A packet can hold several: call `more` until it gives -1.
   */
  accept(packet: Uint8Array, start: number, end: number, nowMs: Milliseconds): number {
    this.#open(packet, nowMs)
    this.#takeBlock(packet, start, end, packets.timestamp(packet) | 0)
    return this.more()
  }

  /**
   * Takes an RTP packet with RFC 2198 redundancy at `packet[start..end)`: its blocks of `eventPayloadType`, oldest first.
   * @returns as `accept`.
   */
  acceptRedundant(
    packet: Uint8Array,
    start: number,
    end: number,
    eventPayloadType: PayloadType,
    nowMs: Milliseconds,
  ): number {
    this.#open(packet, nowMs)
    let body = redundancy.blockBodies(packet, start, end)
    if (body < 0) {
      this.malformed++
      return -1
    }
    const now = packets.timestamp(packet) | 0
    let at = start
    this.#event.retold = true
    for (; redundancy.isOlderBlock(packet, at); at += redundancy.BLOCK_HEADER_SIZE) {
      const length = redundancy.blockLength(packet, at)
      if (redundancy.blockPayloadType(packet, at) === eventPayloadType) {
        this.#takeBlock(packet, body, body + length, addTimestamp(now, -redundancy.blockOffset(packet, at)))
      }
      body += length
    }
    this.#event.retold = false
    if (redundancy.blockPayloadType(packet, at) === eventPayloadType) this.#takeBlock(packet, body, end, now)
    return this.more()
  }

  /** @returns the next new press of the packet that was accepted last, or -1. */
  more(): number {
    if (this.#pendingFrom === this.#pendingTo) return -1
    const place = PRESSES + this.#pendingFrom++
    const code = this.#codes.codeAt(place)
    this.#codes.put(place, -1)
    return code
  }

  /** Call now and then while `keyDown`. @returns true once, when the key counts as released for want of packets. */
  lapse(nowMs: Milliseconds): boolean {
    const press = this.#presses[this.#newest] as Press
    if (!this.#down || nowMs - press.seenMs < LAPSE_MS) return false
    this.#down = false
    return true
  }

  /** Forgets and overwrites every press. */
  reset(): void {
    for (const press of this.#presses) wipePress(press)
    this.#event.code = -1
    this.#event.duration = 0
    this.#event.timestamp = 0
    this.#codes.clear()
    this.#newest = 0
    this.#down = false
    this.#pendingFrom = 0
    this.#pendingTo = 0
  }

  #open(packet: Uint8Array, nowMs: Milliseconds): void {
    this.#pendingFrom = 0
    this.#pendingTo = 0
    const event = this.#event
    // Signed and whole: in a record with accessors the engine boxes every other number.
    event.ssrc = packets.ssrc(packet) | 0
    event.sequence = packets.sequence(packet)
    event.marker = packets.marker(packet)
    event.retold = false
    event.nowMs = Math.floor(nowMs)
  }

  /** One block of events: one, or several that follow each other in time. */
  #takeBlock(p: Uint8Array, start: number, end: number, timestamp: Timestamp): void {
    if (end - start < EVENT_SIZE || (end - start) % EVENT_SIZE !== 0) {
      this.malformed++
      return
    }
    const count = Math.min(MAX_EVENTS, (end - start) / EVENT_SIZE)
    const event = this.#event
    let from = timestamp | 0
    for (let i = 0; i < count; i++) {
      const at = start + i * EVENT_SIZE
      const last = i + 1 === count
      event.code = eventCode(p, at)
      event.duration = eventDuration(p, at)
      // What another event follows is over. Four zero octets in front, as some gateways send, are then no key 0.
      event.ends = eventEnds(p, at) || !last
      event.timestamp = from
      event.follows = i > 0
      if (event.code > LAST_KEY_CODE) this.notKeys++
      else if (last || event.duration > 0) this.#takeEvent(event)
      from = (from + event.duration) | 0
    }
  }

  #takeEvent(event: SeenEvent): void {
    for (let i = 0; i < PRESSES; i++) {
      const slot = (this.#newest + PRESSES - i) % PRESSES
      const press = this.#presses[slot] as Press
      if (press.at === 'free') break
      const kin = kinship(press, event, i === 0, this.#perMs)
      if (kin === 'new') break
      if (kin === 'other') continue
      if (goOnWithPress(press, event)) this.#report(press)
      if (i === 0) this.#down = press.at === 'running'
      return
    }
    const newest = this.#presses[this.#newest] as Press
    if (newest.at !== 'free') {
      if (isBehindTime(newest, event)) return
      this.#newest = (this.#newest + 1) % PRESSES
    }
    const press = this.#presses[this.#newest] as Press
    beginPress(press, event)
    this.#down = press.at === 'running'
    if (press.at !== 'unsure') this.#report(press)
  }

  #report(press: Press): void {
    if (this.#pendingTo < MAX_EVENTS) this.#codes.put(PRESSES + this.#pendingTo++, press.code)
  }
}
