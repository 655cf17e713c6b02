/**
 * Carries packets from one port to another without decoding: both speak the same codec. Payloads are copied as they are;
 * payload type, sequence number, timestamp and SSRC are the flow's own. Loss and reordering on the way in are passed on as
 * they are, so that the far end sees them. When the far ends want packets of different lengths, `Transcode` cuts them anew.
 */

import type { CodecName, Milliseconds, SequenceNumber, Timestamp } from '../base/units.ts'
import { marker, payloadEnd, payloadStart, sequence } from '../rtp/packet.ts'
import { addSequence, sequenceDelta } from '../rtp/sequence.ts'
import { EVENT_SIZE, eventDuration } from '../rtp/telephone-event.ts'
import { noteSent, UNITS_PER_MS } from './flow.ts'
import { AUDIO, EVENT, type Link, type PacketKind } from './link.ts'
import { type Outlet, sendRtp } from './outlet.ts'
import type { Port } from './port.ts'
import { tallyRelayed } from './tally.ts'
import { createTimeline, goesOn, startWith, type Timeline } from './timeline.ts'
import { Transcode } from './transcode.ts'
import { ssrcIn, stepTimestamp, timestampIn } from './wrapping.ts'

/** A step in sequence numbers from here on is a new source, not loss (RFC 3550 A.1). */
const MAX_DROPOUT = 3000
/** How far back a late packet may be (RFC 3550 A.1). */
const MAX_MISORDER = 100

export class Relay implements Link {
  readonly #to: Port
  readonly #codec: CodecName
  readonly #outlet: Outlet
  readonly #line: Timeline = createTimeline()
  /** Cuts packets to another length; made when the first such packet comes. */
  #reframe: Transcode | undefined
  #reframing = false
  #highest: SequenceNumber = 0
  /** Sequence numbers since the start or since the last packet that was left out: late packets go no farther back. */
  #span = 0

  constructor(to: Port, codec: CodecName, outlet: Outlet) {
    this.#to = to
    this.#codec = codec
    this.#outlet = outlet
  }

  take(packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): void {
    const { stream, playing } = this.#to
    if (stream === undefined || !stream.send || playing.chimePosition >= 0) {
      this.cut()
      return
    }
    const start = payloadStart(packet)
    const end = payloadEnd(packet)
    if (kind === AUDIO && !this.#reframing && end - start !== stream.sendPtimeMs * UNITS_PER_MS) this.#startReframing()
    if (this.#reframing) {
      this.#reframe?.take(packet, kind, nowMs)
      return
    }
    const ts = timestampIn(packet)
    const seq = sequence(packet)
    const heard = kind === AUDIO || (kind === EVENT && stream.sendEventPayloadType !== undefined)
    const step = this.#step(packet, seq, ts, kind, nowMs)
    if (step === 0) return
    const { flow } = this.#to
    const out = addSequence(flow.nextSequence, step - 1)
    if (step > 0) {
      this.#highest = seq
      flow.nextSequence = heard ? addSequence(out, 1) : out
      this.#span = heard ? Math.min(MAX_MISORDER, this.#span + step) : 0
    }
    if (heard) this.#send(packet, kind, start, end, out, stepTimestamp(ts, this.#line.offset), nowMs)
  }

  /** @returns how far the packet steps ahead of the highest so far; below zero for a late one, 0 for one to be dropped. */
  #step(packet: Uint8Array, seq: SequenceNumber, ts: Timestamp, kind: PacketKind, nowMs: Milliseconds): number {
    const { flow } = this.#to
    const from = ssrcIn(packet)
    const delta = sequenceDelta(this.#highest, seq)
    const far = delta >= MAX_DROPOUT || delta <= -MAX_MISORDER
    if (far || !goesOn(this.#line, flow, from, ts, kind === EVENT, nowMs)) {
      startWith(this.#line, flow, from, ts, nowMs)
      this.#span = 0
      return 1
    }
    return delta <= 0 && -delta >= this.#span ? 0 : delta
  }

  #send(
    packet: Uint8Array,
    kind: PacketKind,
    start: number,
    end: number,
    seq: SequenceNumber,
    ts: Timestamp,
    nowMs: Milliseconds,
  ): void {
    const { flow, stream } = this.#to
    if (stream === undefined) return
    const isEvent = kind === EVENT
    const payloadType = isEvent ? (stream.sendEventPayloadType as number) : stream.sendPayloadType
    const marked = marker(packet) || (!isEvent && flow.fresh)
    if (!sendRtp(this.#outlet, this.#to, payloadType, marked, seq, ts, packet, start, end)) return
    tallyRelayed(this.#to.tally, nowMs)
    if (!isEvent) flow.fresh = false
    const length = isEvent ? (end - start >= EVENT_SIZE ? eventDuration(packet, start) : 0) : end - start
    noteSent(flow, stepTimestamp(ts, length), end - start, nowMs)
  }

  #startReframing(): void {
    this.#reframe ??= new Transcode(this.#to, this.#codec, this.#codec, this.#outlet)
    this.#reframing = true
    this.cut()
  }

  cut(): void {
    this.#line.running = false
    this.#reframe?.cut()
  }

  wipe(): void {
    this.cut()
    this.#reframe?.wipe()
  }
}
