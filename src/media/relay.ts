/**
 * Carries packets from one port to another without decoding: both speak the same codec. Payloads are copied as they are;
 * payload type, sequence number, timestamp and SSRC are the flow's own. Loss and reordering on the way in are passed on as
 * they are, so that the far end sees them. When the far ends want packets of different lengths, `Transcode` cuts them anew.
 */

import type { CodecName, Milliseconds, SequenceNumber, Timestamp } from '../base/units.ts'
import { soundUnits } from '../rtp/codec.ts'
import { marker, payloadEnd, payloadStart, sequence } from '../rtp/packet.ts'
import { addSequence, sequenceDelta } from '../rtp/sequence.ts'
import { EVENT_SIZE, eventDuration } from '../rtp/telephone-event.ts'
import type { Stream } from './contract.ts'
import { type EventRelay, eventRelay } from './event-relay.ts'
import { noteSent, unitsPerMsOf } from './flow.ts'
import { AUDIO, EVENT, type Link, MUTED, type PacketKind } from './link.ts'
import { type Outlet, sendRtp } from './outlet.ts'
import type { Port } from './port.ts'
import { tallyRelayed } from './tally.ts'
import { createTimeline, goesOn, startWith, type Timeline, timestampOn } from './timeline.ts'
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
  readonly #line: Timeline
  readonly #from: Stream
  /** Events that cannot go on the timeline of the sound. */
  readonly #events: EventRelay | undefined
  /** Cuts packets to another length; made when the first such packet comes. */
  #reframe: Transcode | undefined
  #reframing = false
  #highest: SequenceNumber = 0
  /** Sequence numbers since the start or since the last packet that was left out: late packets go no farther back. */
  #span = 0

  /** @param from the stream that is heard, of the same codec as that of `to`. */
  constructor(to: Port, from: Stream, outlet: Outlet) {
    this.#to = to
    this.#from = from
    this.#codec = from.codec
    this.#outlet = outlet
    this.#line = createTimeline(unitsPerMsOf(from.codec))
    this.#events = eventRelay(from, to, outlet)
  }

  take(packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): void {
    const { stream, playing } = this.#to
    if (stream === undefined || !stream.send || playing.chimePosition >= 0) {
      this.cut()
      return
    }
    const start = payloadStart(packet)
    const end = payloadEnd(packet)
    if (kind === AUDIO && !this.#reframing && this.#isOfOtherLength(end - start, stream)) this.#startReframing()
    if (this.#reframing) {
      this.#reframe?.take(packet, kind, nowMs)
      return
    }
    // A counted event has a packet of its own made for it; the one that came leaves no gap.
    const counted = kind === EVENT && this.#events !== undefined
    this.#relay(packet, counted ? MUTED : kind, start, end, stream, nowMs)
    if (counted) this.#events?.take(packet, start, end, nowMs)
  }

  /** Opus goes as it is, whatever its length: a far end has to be able to play any (RFC 7587 section 4.2). */
  #isOfOtherLength(octets: number, stream: Stream): boolean {
    return this.#codec !== 'OPUS' && octets !== stream.sendPtimeMs * this.#line.unitsPerMs
  }

  #relay(packet: Uint8Array, kind: PacketKind, start: number, end: number, stream: Stream, nowMs: Milliseconds): void {
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
    if (heard) this.#send(packet, kind, start, end, out, timestampOn(this.#line, flow, ts), nowMs)
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
    const length = isEvent
      ? end - start >= EVENT_SIZE
        ? eventDuration(packet, start)
        : 0
      : soundUnits(this.#codec, packet, start, end)
    noteSent(flow, stepTimestamp(ts, length), end - start, nowMs)
  }

  #startReframing(): void {
    this.#reframe ??= new Transcode(this.#to, this.#from, this.#codec, this.#outlet)
    this.#reframing = true
    this.cut()
  }

  cut(): void {
    this.#line.running = false
    this.#reframe?.cut()
  }

  wipe(): void {
    this.cut()
    this.#events?.wipe()
    this.#reframe?.wipe()
  }
}
