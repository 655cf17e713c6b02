/**
 * The sound of a stream as one piece per codec, in the order of its sequence numbers, with what was lost left open; and the way back
 * into the packets. A packet that came twice, and RFC 2198 blocks that repeat one, are twins and get the same octets.
 */

import { CODECS, type CodecName, type PayloadType, type SequenceNumber, type Timestamp } from '../base/units.ts'
import { createDecoder } from '../rtp/codec.ts'
import * as rtp from '../rtp/packet.ts'
import * as redundancy from '../rtp/redundancy.ts'
import { addTimestamp, sequenceDelta, timestampDelta } from '../rtp/sequence.ts'
import type { RtpStream } from '../rtp/stream-finder.ts'

/** From a sample or octet up to another, which is not in it. */
export type Span = { readonly from: number; readonly to: number }

export type SoundPiece = {
  /** Place in the track, octets: 8 a millisecond in every codec of ours. */
  readonly at: number
  readonly size: number
  /** Octets of the capture that hold it. */
  readonly copies: Uint8Array[]
  readonly atMs: number
}

export type SoundTrack = {
  readonly codec: CodecName
  /** Samples of one octet. */
  readonly perOctet: 1 | 2
  /** Octets from the first to the last. */
  readonly length: number
  readonly pieces: readonly SoundPiece[]
  /** What was lost, in octets, as a receiver would notice it. */
  readonly lost: readonly Span[]
}

/** A new beginning of the sequence numbers, as the reader of captures takes it. */
const MAX_STEP = 3000
/** Silence and losses longer than this are shortened, octets: a second. */
const LONGEST_GAP = 8000

type Found = {
  /** Sequence number without its wraps. */
  readonly place: number
  readonly sequence: SequenceNumber
  readonly timestamp: Timestamp
  readonly bytes: Uint8Array
  readonly atMs: number
}

/** @returns the tracks of a stream: one for each codec of ours, and one for each packet that contradicts another of its number. */
export function tracksIn(stream: RtpStream): readonly SoundTrack[] {
  const byCodec = new Map<CodecName, Found[]>()
  let place = 0
  let before = -1
  for (const { atMs, bytes } of stream.packets) {
    const sequence = rtp.sequence(bytes)
    const step = before < 0 ? 0 : sequenceDelta(before, sequence)
    place += Math.abs(step) > MAX_STEP ? 100_000 : step
    before = sequence
    for (const { type, back, from, to, timestamp } of soundsOf(stream, bytes)) {
      const codec = codecOf(stream, type)
      if (codec === undefined || to <= from) continue
      const list = byCodec.get(codec) ?? []
      byCodec.set(codec, list)
      const number = (sequence - back) & 0xffff
      list.push({ place: place - back, sequence: number, timestamp, bytes: bytes.subarray(from, to), atMs })
    }
  }
  return Array.from(byCodec, ([codec, found]) => tracksFrom(codec, found)).flat()
}

/** @returns the sound of a track; what was lost is silent. */
export function decodeTrack(track: SoundTrack): Int16Array {
  const pcm = new Int16Array(track.length * track.perOctet)
  const decoder = createDecoder(track.codec)
  for (const { at, size, copies } of track.pieces) {
    const from = at * track.perOctet
    decoder.decode(copies[0] as Uint8Array, 0, size, pcm.subarray(from, from + size * track.perOctet))
  }
  decoder.wipe()
  return pcm
}

/** @returns the codec that a payload type stands for, of those whose octets can be replaced one by one: Opus is not among them. */
export function codecOf(stream: RtpStream, type: PayloadType): CodecName | undefined {
  const name = stream.formats.get(type)?.name
  return CODECS.find((codec) => codec.bytesPerMs === 8 && codec.name === name)?.name
}

type Sound = {
  readonly type: PayloadType
  /** How many packets ago it was sent. */
  readonly back: number
  readonly from: number
  readonly to: number
  readonly timestamp: Timestamp
}

function* soundsOf(stream: RtpStream, p: Uint8Array): Generator<Sound> {
  const type = rtp.payloadType(p)
  const start = rtp.payloadStart(p)
  const end = rtp.payloadEnd(p)
  const now = rtp.timestamp(p)
  if (stream.formats.get(type)?.name !== 'RED') {
    yield { type, back: 0, from: start, to: end, timestamp: now }
    return
  }
  let body = redundancy.blockBodies(p, start, end)
  if (body < 0) return
  let at = start
  let back = 0
  while (redundancy.isOlderBlock(p, start + back * redundancy.BLOCK_HEADER_SIZE)) back++
  for (; redundancy.isOlderBlock(p, at); at += redundancy.BLOCK_HEADER_SIZE, back--) {
    const to = body + redundancy.blockLength(p, at)
    const timestamp = addTimestamp(now, -redundancy.blockOffset(p, at))
    yield { type: redundancy.blockPayloadType(p, at), back, from: body, to, timestamp }
    body = to
  }
  yield { type: redundancy.blockPayloadType(p, at), back: 0, from: body, to: end, timestamp: now }
}

function tracksFrom(codec: CodecName, found: Found[]): SoundTrack[] {
  const perOctet = codec === 'G722' ? 2 : 1
  const pieces: SoundPiece[] = []
  const lost: Span[] = []
  const strays: SoundTrack[] = []
  const byPlace = new Map<number, SoundPiece>()
  let length = 0
  let expected = -1
  let sequence = -1
  for (const one of found.toSorted((a, b) => a.place - b.place)) {
    const size = one.bytes.length
    const twin = byPlace.get(one.place)
    if (twin !== undefined && isSame(twin.copies[0], one.bytes)) {
      twin.copies.push(one.bytes)
      continue
    }
    if (twin !== undefined) {
      strays.push({
        codec,
        perOctet,
        length: size,
        pieces: [{ at: 0, size, copies: [one.bytes], atMs: one.atMs }],
        lost: [],
      })
      continue
    }
    const gap = expected < 0 ? 0 : Math.min(timestampDelta(expected, one.timestamp), LONGEST_GAP)
    if (gap > 0) {
      if (sequence >= 0 && ((one.sequence - sequence) & 0xffff) > 1) lost.push({ from: length, to: length + gap })
      length += gap
    }
    const piece = { at: length, size, copies: [one.bytes], atMs: one.atMs }
    byPlace.set(one.place, piece)
    pieces.push(piece)
    length += size
    expected = (one.timestamp + size) >>> 0
    sequence = one.sequence
  }
  return [{ codec, perOctet, length, pieces, lost }, ...strays]
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}

/** Puts coded octets back into the packets of a track. @param octets of the whole track. @param spans what of them is new, in order and apart. */
export function writeTrack(track: SoundTrack, octets: Uint8Array, spans: readonly Span[]): void {
  let next = 0
  for (const { at, size, copies } of track.pieces) {
    while ((spans[next]?.to ?? Infinity) <= at) next++
    for (let i = next; i < spans.length; i++) {
      const { from, to } = spans[i] as Span
      if (from >= at + size) break
      const first = Math.max(from, at)
      const changed = octets.subarray(first, Math.min(to, at + size))
      for (const copy of copies) copy.set(changed, first - at)
    }
  }
}
