/**
 * Carries sound from one port to another through a change of codec, of packet length, or both. Packets are put in order
 * first; then their payload is turned into the other codec and cut into frames of the length the far end wants. Timestamps
 * are those of the sound; sequence numbers are made anew, because frames are not the packets that came.
 * Telephone-events pass between the frames, with their own timing. A short loss is papered over with the sound before it, fading; a longer
 * one is left out. What was muted, or never sent, is no loss.
 */

import type { CodecName, Milliseconds, OpusWishes, Timestamp } from '../base/units.ts'
import { createTranscoder, LINEAR_PER_MS, type Transcoder } from '../rtp/codec.ts'
import { OpusEncoder } from '../rtp/opus.ts'
import { HEADER_SIZE, marker, payloadEnd, payloadStart, payloadType } from '../rtp/packet.ts'
import { ReorderBuffer } from '../rtp/reorder.ts'
import { addSequence, timestampDelta } from '../rtp/sequence.ts'
import { EVENT_SIZE, eventDuration } from '../rtp/telephone-event.ts'
import type { Stream } from './contract.ts'
import { type EventRelay, eventRelay } from './event-relay.ts'
import { noteSent, unitsPerMsOf } from './flow.ts'
import { LastSound } from './last-sound.ts'
import { AUDIO, EVENT, type Link, type PacketKind } from './link.ts'
import { type Outlet, sendRtp } from './outlet.ts'
import type { Port } from './port.ts'
import { SILENCE_OCTET } from './source-clip.ts'
import { tallyRelayed } from './tally.ts'
import { createTimeline, goesOn, startWith, type Timeline, timestampOn } from './timeline.ts'
import { SLOT_SIZE } from './udp-batch.ts'
import { ssrcIn, stepTimestamp, timestampIn } from './wrapping.ts'

/** Packets that may wait behind a missing one: 60 ms at the usual packet time. */
const REORDER_DEPTH = 3
/** Longest frame, octets: 60 ms. */
const MAX_FRAME = 60 * LINEAR_PER_MS
/** Octets that one packet may become. */
const MAX_CODED = SLOT_SIZE * (LINEAR_PER_MS / 8)
/** Lost sound that is made up. */
const MAX_CONCEALED_MS: Milliseconds = 60
/** What a far end of Opus wants when it has not said. */
const NO_WISHES: OpusWishes = { fec: false, constantRate: false, maxPlaybackRate: 48_000 }
/** Payload type that stands for a packet that must not be heard, while it waits for its turn. */
const MUTE_MARK = 127

export class Transcode implements Link {
  readonly #to: Port
  readonly #codec: CodecName
  readonly #outlet: Outlet
  readonly #line: Timeline
  readonly #transcoder: Transcoder
  readonly #reorder = new ReorderBuffer(REORDER_DEPTH)
  /** Payload types of the packets in the reorder buffer are told apart by what they were when they came. */
  readonly #marked = new Uint8Array(SLOT_SIZE)
  readonly #ordered = new Uint8Array(SLOT_SIZE)
  readonly #views: (Uint8Array | undefined)[] = []
  readonly #coded = new Uint8Array(MAX_CODED)
  readonly #frame = new Uint8Array(MAX_FRAME)
  /** Opus is coded when its frame is whole; until then the frame is linear sound. */
  readonly #opus: OpusEncoder | undefined
  readonly #linear: Int16Array = new Int16Array(this.#frame.buffer)
  readonly #packet: Uint8Array
  readonly #events: EventRelay | undefined
  /** Octets of the frame that are there. */
  #filled = 0
  #frameTimestamp: Timestamp = 0
  readonly #last: LastSound
  /** What is lost is made up of the sound before it; Opus has its own means. */
  readonly #repeats: boolean
  /** Where the sound coded so far ends, and whether packets were lost since. */
  #soundEnd: Timestamp = 0
  #lost = false
  /** SSRC that the reorder buffer holds packets of. */
  #ssrc = -1

  constructor(to: Port, heard: Stream, spoken: CodecName, outlet: Outlet) {
    this.#to = to
    this.#codec = spoken
    this.#outlet = outlet
    this.#line = createTimeline(unitsPerMsOf(heard.codec))
    this.#transcoder = createTranscoder(heard.codec, spoken)
    this.#opus = spoken === 'OPUS' ? OpusEncoder.ofTalk(to.stream?.opus ?? NO_WISHES) : undefined
    this.#packet = this.#opus === undefined ? this.#frame : new Uint8Array(SLOT_SIZE)
    this.#last = new LastSound(heard.codec)
    this.#repeats = heard.codec !== 'OPUS'
    this.#events = eventRelay(heard, to, outlet)
  }

  take(packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): void {
    const { stream, playing } = this.#to
    if (stream === undefined || !stream.send || playing.chimePosition >= 0) {
      this.cut()
      return
    }
    if (packet.length > SLOT_SIZE) return
    const from = ssrcIn(packet)
    if (from !== this.#ssrc) {
      this.wipe()
      this.#ssrc = from
    }
    this.#marked.set(packet)
    // The payload type was agreed with the other far end; here it only says what the packet is.
    const kept = kind === AUDIO || kind === EVENT ? packet.length : HEADER_SIZE
    this.#marked[0] = kept === HEADER_SIZE ? 0x80 : (packet[0] as number)
    this.#marked[1] = ((packet[1] as number) & 0x80) | (kind === AUDIO ? AUDIO : kind === EVENT ? EVENT : MUTE_MARK)
    this.#reorder.push(this.#marked, kept)
    for (let length = this.#reorder.pull(this.#ordered); length !== 0; length = this.#reorder.pull(this.#ordered)) {
      if (length > 0) this.#next(this.#view(length), nowMs)
      else this.#lost = true
    }
  }

  #view(length: number): Uint8Array {
    let view = this.#views[length]
    if (view === undefined) {
      view = this.#ordered.subarray(0, length)
      this.#views[length] = view
    }
    return view
  }

  /** One packet whose turn it is. */
  #next(packet: Uint8Array, nowMs: Milliseconds): void {
    const is = payloadType(packet)
    if (is !== AUDIO) this.#lost = false
    if (is === MUTE_MARK) {
      this.#last.wipe()
      return
    }
    const { flow } = this.#to
    const ts = timestampIn(packet)
    const start = payloadStart(packet)
    const end = payloadEnd(packet)
    if (is === EVENT && this.#events !== undefined) {
      this.#events.take(packet, start, end, nowMs)
      return
    }
    if (!goesOn(this.#line, flow, this.#ssrc, ts, is === EVENT, nowMs)) {
      startWith(this.#line, flow, this.#ssrc, ts, nowMs)
      this.#filled = 0
      this.#last.wipe()
    }
    const out = timestampOn(this.#line, flow, ts)
    if (is === EVENT) this.#event(packet, start, end, out, nowMs)
    else {
      if (this.#lost) this.#conceal(packet, start, end, out, nowMs)
      this.#sound(this.#transcoder.run(packet, start, end, this.#coded, 0), out, nowMs)
      this.#last.keep(packet, start, end)
    }
  }

  #event(packet: Uint8Array, start: number, end: number, ts: Timestamp, nowMs: Milliseconds): void {
    const { flow, stream } = this.#to
    const type = stream?.sendEventPayloadType
    if (type === undefined || end - start < EVENT_SIZE) return
    if (!sendRtp(this.#outlet, this.#to, type, marker(packet), flow.nextSequence, ts, packet, start, end)) return
    flow.nextSequence = addSequence(flow.nextSequence, 1)
    tallyRelayed(this.#to.tally, nowMs)
    noteSent(flow, stepTimestamp(ts, eventDuration(packet, start)), end - start, nowMs)
  }

  /** Makes up what is missing before the packet at `ts`. */
  #conceal(packet: Uint8Array, start: number, end: number, ts: Timestamp, nowMs: Milliseconds): void {
    this.#lost = false
    const { length } = this.#last
    const missing = timestampDelta(this.#soundEnd, ts) / this.#to.flow.unitsPerMs
    if (length === 0 || missing <= 0) return
    const lostMs = Math.min(missing, MAX_CONCEALED_MS)
    const made = this.#transcoder.bridge(lostMs, packet, start, end, this.#coded, 0)
    if (made > 0) this.#sound(made, this.#soundEnd, nowMs)
    else if (this.#repeats) this.#repeat(lostMs, length, nowMs)
  }

  #repeat(lostMs: Milliseconds, length: number, nowMs: Milliseconds): void {
    const until = lostMs * this.#line.unitsPerMs
    for (let made = 0; made < until; made += length) {
      const octets = this.#transcoder.run(this.#last.again(), 0, Math.min(length, until - made), this.#coded, 0)
      this.#sound(octets, this.#soundEnd, nowMs)
    }
  }

  /** Takes the first octets of what was coded as the sound at `ts`. */
  #sound(coded: number, ts: Timestamp, nowMs: Milliseconds): void {
    const { flow, stream } = this.#to
    const perMs = this.#transcoder.octetsPerMs
    const unit = flow.unitsPerMs / perMs
    const size = (stream?.sendPtimeMs ?? 20) * perMs
    if (this.#filled > 0 && timestampDelta(stepTimestamp(this.#frameTimestamp, this.#filled * unit), ts) !== 0) {
      // A gap: what is there is sent as a whole frame, and the sound after it begins a frame of its own.
      this.#frame.fill(SILENCE_OCTET[this.#codec], this.#filled, size)
      this.#emit(size, nowMs)
    }
    this.#soundEnd = stepTimestamp(ts, coded * unit)
    let at = 0
    while (at < coded) {
      if (this.#filled === 0) this.#frameTimestamp = stepTimestamp(ts, at * unit)
      const count = Math.min(size - this.#filled, coded - at)
      for (let i = 0; i < count; i++) this.#frame[this.#filled + i] = this.#coded[at + i] as number
      this.#filled += count
      at += count
      if (this.#filled >= size) this.#emit(size, nowMs)
    }
  }

  #emit(size: number, nowMs: Milliseconds): void {
    const { flow, stream } = this.#to
    this.#filled = 0
    const ts = this.#frameTimestamp
    // Padding of a gap may reach into sound that follows: never send what has been passed.
    if (stream === undefined || timestampDelta(ts, flow.nextTimestamp) > 0) return
    const octets = this.#opus?.encode(this.#linear, size >> 1, this.#packet, 0) ?? size
    const type = stream.sendPayloadType
    if (!sendRtp(this.#outlet, this.#to, type, flow.fresh, flow.nextSequence, ts, this.#packet, 0, octets)) return
    flow.nextSequence = addSequence(flow.nextSequence, 1)
    flow.fresh = false
    tallyRelayed(this.#to.tally, nowMs)
    noteSent(flow, stepTimestamp(ts, stream.sendPtimeMs * flow.unitsPerMs), octets, nowMs)
  }

  cut(): void {
    this.#line.running = false
    this.#filled = 0
    this.#lost = false
    this.#last.wipe()
  }

  wipe(): void {
    this.cut()
    this.#reorder.wipe()
    this.#transcoder.wipe()
    this.#opus?.wipe()
    this.#events?.wipe()
    this.#packet.fill(0)
    this.#marked.fill(0)
    this.#ordered.fill(0)
    this.#coded.fill(0)
    this.#frame.fill(0)
  }
}
