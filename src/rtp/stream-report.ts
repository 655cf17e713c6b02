/**
 * What can be said of a captured RTP stream: codecs, packets lost, repeated and out of order, jitter (RFC 3550 appendix A),
 * and its key presses. Counts and times only; the table for a person is made by the command line.
 */

import type { Milliseconds, PayloadType, Ssrc } from '../base/units.ts'
import * as rtp from './packet.ts'
import { sequenceDelta, timestampDelta } from './sequence.ts'
import type { PayloadFormat } from './sip-scan.ts'
import type { RtpStream } from './stream-finder.ts'
import { type KeyPress, keysOf } from './stream-keys.ts'

/** A payload type of a stream, in the order in which they came. */
export type StreamCodec = PayloadFormat & { readonly payloadType: PayloadType; readonly packets: number }

export type StreamReport = {
  readonly from: string
  readonly to: string
  readonly ssrc: Ssrc
  /** From the first packet of the capture to the first of the stream. */
  readonly startMs: Milliseconds
  /** From its first packet to its last. */
  readonly durationMs: Milliseconds
  readonly encrypted: boolean
  readonly codecs: StreamCodec[]
  readonly packets: number
  /** Sequence numbers from the first to the last. */
  readonly expected: number
  readonly lost: number
  /** Packets whose sequence number had come before; the ends of an event of some senders among them. */
  readonly duplicates: number
  readonly reordered: number
  /** Mean and highest interarrival jitter of the sound. */
  readonly jitterMs: Milliseconds
  readonly jitterMaxMs: Milliseconds
  readonly presses: KeyPress[]
}

/** A step of the sequence number beyond this is a new beginning, not loss (RFC 3550 A.1). */
const MAX_DROPOUT = 3000

/** @param captureStartMs time of the first packet of the capture. */
export function reportStream(stream: RtpStream, captureStartMs: Milliseconds): StreamReport {
  const first = stream.packets[0]?.atMs ?? 0
  let last = first
  for (const packet of stream.packets) last = Math.max(last, packet.atMs)
  return {
    from: stream.from,
    to: stream.to,
    ssrc: stream.ssrc,
    startMs: first - captureStartMs,
    durationMs: last - first,
    encrypted: stream.encrypted,
    codecs: codecsOf(stream),
    packets: stream.packets.length,
    ...countSequence(stream),
    ...measureJitter(stream),
    presses: keysOf(stream),
  }
}

function codecsOf(stream: RtpStream): StreamCodec[] {
  const counts = new Map<PayloadType, number>()
  for (const { bytes } of stream.packets) {
    const type = rtp.payloadType(bytes)
    counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  return Array.from(counts, ([payloadType, packets]) => {
    const format = stream.formats.get(payloadType) ?? { name: 'dynamic', clockRate: 8000 }
    return { payloadType, name: format.name, clockRate: format.clockRate, packets }
  })
}

function countSequence(stream: RtpStream): Pick<StreamReport, 'expected' | 'lost' | 'duplicates' | 'reordered'> {
  const seen = new Set<number>()
  let lowest = 0
  let highest = 0
  let before = -1
  let place = 0
  let duplicates = 0
  let reordered = 0
  for (const { bytes } of stream.packets) {
    const sequence = rtp.sequence(bytes)
    const step = before < 0 ? 0 : sequenceDelta(before, sequence)
    // After a new beginning the numbers simply go on.
    place = Math.abs(step) > MAX_DROPOUT ? highest + 1 : place + step
    before = sequence
    if (seen.has(place)) duplicates++
    else if (place < highest) reordered++
    seen.add(place)
    lowest = Math.min(lowest, place)
    highest = Math.max(highest, place)
  }
  const expected = stream.packets.length === 0 ? 0 : highest - lowest + 1
  return { expected, lost: expected - seen.size, duplicates, reordered }
}

/** RFC 3550 A.8, over sound only: the timestamps of an event stand still. */
function measureJitter(stream: RtpStream): Pick<StreamReport, 'jitterMs' | 'jitterMaxMs'> {
  let jitter = 0
  let most = 0
  let sum = 0
  let steps = 0
  let atBefore = 0
  let timestampBefore = -1
  let sequenceBefore = -1
  for (const { atMs, bytes } of stream.packets) {
    const format = stream.formats.get(rtp.payloadType(bytes))
    const sequence = rtp.sequence(bytes)
    if (format === undefined || format.name === 'telephone-event' || sequence === sequenceBefore) continue
    const timestamp = rtp.timestamp(bytes)
    // A marker begins a talk-spurt: the time before it says nothing of the network.
    if (timestampBefore >= 0 && !rtp.marker(bytes)) {
      const sent = (timestampDelta(timestampBefore, timestamp) * 1000) / format.clockRate
      jitter += (Math.abs(atMs - atBefore - sent) - jitter) / 16
      most = Math.max(most, jitter)
      sum += jitter
      steps++
    }
    atBefore = atMs
    timestampBefore = timestamp
    sequenceBefore = sequence
  }
  return { jitterMs: steps === 0 ? 0 : sum / steps, jitterMaxMs: most }
}
