/**
 * Relays telephone-events (RFC 4733) between two legs that count them in different clocks, or in another clock than their sound: each
 * press is put where the flow is when it begins, and its duration is counted anew. A press that is too long for one segment in either
 * clock is told in segments of the outgoing one (section 2.5.1.3), which at 48000 Hz is every press beyond 1.4 s.
 *
 * Where all clocks are the same, nothing of this is needed: links then relay events on the timeline of the sound.
 */

import { codecNamed, type Milliseconds, type Ssrc, type Timestamp } from '../base/units.ts'
import { marker } from '../rtp/packet.ts'
import { addSequence, timestampDelta } from '../rtp/sequence.ts'
import {
  EVENT_SIZE,
  eventCode,
  eventDuration,
  eventEnds,
  MAX_DURATION,
  writeTelephoneEvent,
} from '../rtp/telephone-event.ts'
import type { Stream } from './contract.ts'
import { clockTimestamp, noteSent } from './flow.ts'
import { type Outlet, sendRtp } from './outlet.ts'
import type { Port } from './port.ts'
import { tallyRelayed } from './tally.ts'
import { ssrcIn, stepTimestamp, timestampIn } from './wrapping.ts'

const VOLUME_MASK = 0x3f
/** No packet of a press comes later than so many seconds. */
const LATE_S = 5

/** @returns the relay for events from one stream to another; undefined when both count alike in everything. */
export function eventRelay(from: Stream, to: Port, outlet: Outlet): EventRelay | undefined {
  if (to.stream === undefined) return undefined
  const clocks = [from, to.stream].flatMap((stream) => [codecNamed(stream.codec).clockRate, eventClockOf(stream)])
  return new Set(clocks).size === 1
    ? undefined
    : new EventRelay(eventClockOf(from), eventClockOf(to.stream), to, outlet)
}

function eventClockOf({ codec, eventClockRate }: Stream): number {
  return eventClockRate ?? codecNamed(codec).clockRate
}

export class EventRelay {
  readonly #fromRate: number
  readonly #toRate: number
  readonly #to: Port
  readonly #outlet: Outlet
  readonly #payload = new Uint8Array(EVENT_SIZE)
  #known = false
  #ssrc: Ssrc = 0
  #code = -1
  /** Timestamps of the press: where it began, and its newest segment, both in the incoming clock; where it was put in the flow. */
  #began: Timestamp = 0
  #segment: Timestamp = 0
  #put: Timestamp = 0
  /** Segments that have been told whole. */
  #told = 0

  constructor(fromRate: number, toRate: number, to: Port, outlet: Outlet) {
    this.#fromRate = fromRate
    this.#toRate = toRate
    this.#to = to
    this.#outlet = outlet
  }

  /** Relays the events in `packet[start..end)`. */
  take(packet: Uint8Array, start: number, end: number, nowMs: Milliseconds): void {
    let ts = timestampIn(packet)
    for (let at = start; at + EVENT_SIZE <= end; at += EVENT_SIZE) {
      const duration = eventDuration(packet, at)
      // What another event follows is over (section 2.5.1.5).
      const ends = eventEnds(packet, at) || at + 2 * EVENT_SIZE <= end
      this.#one(packet, at, ssrcIn(packet), ts, duration, ends, at === start && marker(packet), nowMs)
      ts = stepTimestamp(ts, duration)
    }
  }

  /** Forgets and overwrites the press. */
  wipe(): void {
    this.#known = false
    this.#code = -1
    this.#began = 0
    this.#segment = 0
    this.#payload.fill(0)
  }

  #one(
    packet: Uint8Array,
    at: number,
    ssrc: Ssrc,
    ts: Timestamp,
    duration: number,
    ends: boolean,
    marked: boolean,
    nowMs: Milliseconds,
  ): void {
    const code = eventCode(packet, at)
    const step = this.#known && ssrc === this.#ssrc ? timestampDelta(this.#segment, ts) : undefined
    // A late copy of the press before; from farther back, the far end has set its clock anew.
    if (step !== undefined && step < 0 && step > -LATE_S * this.#fromRate) return
    const isNext = step === MAX_DURATION || step === MAX_DURATION + 1
    const same = step !== undefined && code === this.#code && (step === 0 || (isNext && !marked))
    if (same) this.#segment = ts
    else this.#begin(ssrc, code, ts, duration, nowMs)
    const total = Math.round(((timestampDelta(this.#began, ts) + duration) * this.#toRate) / this.#fromRate)
    const whole = Math.max(0, Math.ceil(total / MAX_DURATION) - 1)
    const volume = (packet[at + 1] as number) & VOLUME_MASK
    for (; this.#told < whole; this.#told++) this.#send(code, false, volume, this.#told, MAX_DURATION, false, nowMs)
    this.#send(code, ends, volume, whole, total - whole * MAX_DURATION, !same, nowMs)
  }

  #begin(ssrc: Ssrc, code: number, ts: Timestamp, duration: number, nowMs: Milliseconds): void {
    const { flow } = this.#to
    const ago = (duration / this.#fromRate) * 1000 * flow.unitsPerMs
    const began = stepTimestamp(clockTimestamp(flow, nowMs), -ago)
    this.#known = true
    this.#ssrc = ssrc
    this.#code = code
    this.#began = ts
    this.#segment = ts
    this.#put = timestampDelta(flow.nextTimestamp, began) > 0 ? began : flow.nextTimestamp
    this.#told = 0
  }

  #send(
    code: number,
    ends: boolean,
    volume: number,
    segment: number,
    duration: number,
    marked: boolean,
    nowMs: Milliseconds,
  ): void {
    const { flow, stream } = this.#to
    const type = stream?.sendEventPayloadType
    if (type === undefined) return
    // Timestamps of one SSRC count in one clock, that of the sound; durations in that of the events.
    const unit = (flow.unitsPerMs * 1000) / this.#toRate
    const ts = stepTimestamp(this.#put, segment * MAX_DURATION * unit)
    writeTelephoneEvent(this.#payload, 0, code, ends, volume, duration)
    if (!sendRtp(this.#outlet, this.#to, type, marked, flow.nextSequence, ts, this.#payload, 0, EVENT_SIZE)) return
    flow.nextSequence = addSequence(flow.nextSequence, 1)
    tallyRelayed(this.#to.tally, nowMs)
    noteSent(flow, stepTimestamp(ts, duration * unit), EVENT_SIZE, nowMs)
  }
}
