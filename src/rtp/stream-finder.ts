/**
 * Finds the RTP streams of a capture (RFC 3550), with the help of the SDP beside them or without any. A stream is one SSRC
 * on one pair of addresses. What shares the ports - STUN, DTLS, RTCP (RFC 7983, RFC 5761) - is told apart and counted; what
 * only looks like RTP is dropped for want of sequence numbers that go on.
 */

import type { Milliseconds, PayloadType, Ssrc } from '../base/units.ts'
import { PacketOpener, type Segment } from './link-layer.ts'
import * as rtp from './packet.ts'
import type { CapturedPacket } from './pcap.ts'
import * as redundancy from './redundancy.ts'
import { sequenceDelta, timestampDelta } from './sequence.ts'
import { type AnnouncedMedia, type PayloadFormat, SipScanner, STATIC_FORMATS } from './sip-scan.ts'

/** One RTP packet and when it was captured. */
export type TimedPacket = {
  /** Since 1970. */
  readonly atMs: Milliseconds
  /** Header and payload; `isRtp` holds. */
  readonly bytes: Uint8Array
}

export type RtpStream = {
  /** Address and port, IPv6 in brackets. */
  readonly from: string
  readonly to: string
  readonly ssrc: Ssrc
  /** In the order of the capture. */
  readonly packets: TimedPacket[]
  /** What its payload types stand for; a dynamic one that nobody announced has the name `dynamic` and a guessed clock. */
  readonly formats: ReadonlyMap<PayloadType, PayloadFormat>
  /** True when the payload cannot be read: SRTP by the SDP, or keys agreed by DTLS on the same ports. */
  readonly encrypted: boolean
}

/** Everything that was found in a capture. */
export type CaptureContents = {
  readonly streams: RtpStream[]
  readonly sipMessages: number
  readonly rtcpPackets: number
  readonly stunPackets: number
  readonly dtlsPackets: number
}

/** A stream that no SDP announced needs that many packets. */
const LEAST_PACKETS = 4
/** Part of the steps from packet to packet that have to be small and forward, or repeats. */
const LEAST_STEADY = 0.8
const FARTHEST_STEP = 64
/** More payload types than this are noise. */
const MOST_TYPES = 5
/** Payload types that RFC 3551 leaves for dynamic use begin here. */
const DYNAMIC = 96
const EVENT_SIZE = 4
const EVENT_CLOCKS = [8000, 16_000, 48_000]
const UNKNOWN_FORMAT: PayloadFormat = { name: 'dynamic', clockRate: 8000 }

type Found = {
  readonly from: string
  readonly to: string
  readonly ssrc: Ssrc
  readonly packets: TimedPacket[]
}

/**
 * @param see is shown every segment.
 * @param keep what of an RTP packet is kept for its stream: its payload, a view of the capture, or a copy; nothing leaves it out.
 * @returns the streams of a capture, in the order of their first packets, and what else was on the wire.
 */
export function findStreams(
  capture: { readonly packets: Iterable<CapturedPacket> },
  see: (segment: Segment) => void = () => undefined,
  keep: (segment: Segment) => Uint8Array | undefined = ({ payload }) => payload,
): CaptureContents {
  const opener = new PacketOpener()
  const sip = new SipScanner()
  const found = new Map<string, Found>()
  const dtls = new Set<string>()
  let rtcpPackets = 0
  let stunPackets = 0
  let dtlsPackets = 0
  for (const packet of capture.packets) {
    const segment = opener.open(packet)
    if (segment === undefined) continue
    see(segment)
    if (sip.take(segment) || segment.over === 'tcp') continue
    const p = segment.payload
    if (isStun(p)) stunPackets++
    else if (isDtls(p)) {
      dtlsPackets++
      dtls.add(pair(segment))
    } else if (rtp.isRtcp(p)) rtcpPackets++
    else if (rtp.isRtp(p)) note(found, segment, keep(segment))
  }
  const { messages, media } = sip.finish()
  const streams: RtpStream[] = []
  for (const stream of found.values()) {
    const announced = media.filter((one) => one.at === stream.to || one.at === stream.from)
    if (!isStream(stream, announced.length > 0)) continue
    const encrypted = dtls.has(pair(stream)) || announced.some((one) => one.encrypted)
    streams.push({ ...stream, formats: formatsOf(stream, media), encrypted })
  }
  return { streams, sipMessages: messages, rtcpPackets, stunPackets, dtlsPackets }
}

/**
 * The packets of a stream as they would have to be sent again.
 * @returns each packet with its distance from the first, in ms; never negative, in the order of the capture.
 */
export function* packetsWithTimes(stream: RtpStream): Generator<{ afterMs: Milliseconds; bytes: Uint8Array }> {
  const begun = stream.packets[0]?.atMs ?? 0
  for (const packet of stream.packets) yield { afterMs: Math.max(0, packet.atMs - begun), bytes: packet.bytes }
}

function note(found: Map<string, Found>, segment: Segment, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return
  const ssrc = rtp.ssrc(segment.payload)
  const key = `${segment.from} ${segment.to} ${ssrc}`
  let stream = found.get(key)
  if (stream === undefined) {
    stream = { from: segment.from, to: segment.to, ssrc, packets: [] }
    found.set(key, stream)
  }
  stream.packets.push({ atMs: segment.atMs, bytes })
}

function pair(ends: { readonly from: string; readonly to: string }): string {
  return ends.from < ends.to ? `${ends.from} ${ends.to}` : `${ends.to} ${ends.from}`
}

/** RFC 7983: first octet 0 to 3; RFC 3489 had no cookie, but the length has always been there. */
function isStun(p: Uint8Array): boolean {
  if (p.length < 20 || (p[0] as number) > 3) return false
  const length = ((p[2] as number) << 8) | (p[3] as number)
  return length % 4 === 0 && length + 20 === p.length
}

/** RFC 7983: first octet 20 to 63, then the version of DTLS 1.0 or 1.2. */
function isDtls(p: Uint8Array): boolean {
  const first = p[0] ?? 0
  return p.length >= 13 && first >= 20 && first <= 63 && p[1] === 0xfe && ((p[2] as number) >= 0xfc || p[2] === 0)
}

function isStream({ packets }: Found, announced: boolean): boolean {
  const types = new Set<number>()
  let steady = 0
  let before = -1
  let unknown = 0
  for (const { bytes } of packets) {
    const type = rtp.payloadType(bytes)
    types.add(type)
    if (type < DYNAMIC && !STATIC_FORMATS.has(type)) unknown++
    const sequence = rtp.sequence(bytes)
    const step = before < 0 ? 0 : sequenceDelta(before, sequence)
    if (before >= 0 && step >= -FARTHEST_STEP && step <= FARTHEST_STEP) steady++
    before = sequence
  }
  if (types.size > MOST_TYPES || (!announced && unknown > 0)) return false
  if (announced && packets.length < LEAST_PACKETS) return true
  return packets.length >= LEAST_PACKETS && steady >= LEAST_STEADY * (packets.length - 1)
}

/** By the SDP of the receiver, then of the sender, then of anybody, each as it was when the payload type came first. */
function formatsOf(stream: Found, media: AnnouncedMedia[]): Map<PayloadType, PayloadFormat> {
  const firsts = new Map<PayloadType, TimedPacket[]>()
  for (const packet of stream.packets) {
    const type = rtp.payloadType(packet.bytes)
    const list = firsts.get(type)
    if (list === undefined) firsts.set(type, [packet])
    else list.push(packet)
  }
  const formats = new Map<PayloadType, PayloadFormat>()
  for (const [type, packets] of firsts) {
    const atMs = packets[0]?.atMs ?? 0
    const format = formatOf(stream, media, type, atMs)
    formats.set(type, format ?? { name: 'dynamic', clockRate: clockOf(packets) })
  }
  guessEvents(firsts, formats)
  addRedundant(stream, firsts, formats, media)
  return formats
}

/** Formats of the blocks inside RFC 2198 packets: an event may travel in them alone. */
function addRedundant(
  stream: Found,
  packets: Map<PayloadType, TimedPacket[]>,
  formats: Map<PayloadType, PayloadFormat>,
  media: AnnouncedMedia[],
): void {
  for (const [type, list] of packets) {
    if (formats.get(type)?.name !== 'RED') continue
    for (const { atMs, bytes } of list) {
      for (const inner of blockTypes(bytes)) {
        if (!formats.has(inner)) formats.set(inner, formatOf(stream, media, inner, atMs) ?? UNKNOWN_FORMAT)
      }
    }
  }
}

function* blockTypes(p: Uint8Array): Generator<PayloadType> {
  const end = rtp.payloadEnd(p)
  let at = rtp.payloadStart(p)
  if (redundancy.blockBodies(p, at, end) < 0) return
  for (; redundancy.isOlderBlock(p, at); at += redundancy.BLOCK_HEADER_SIZE) yield redundancy.blockPayloadType(p, at)
  yield redundancy.blockPayloadType(p, at)
}

function formatOf(
  stream: Found,
  media: AnnouncedMedia[],
  type: PayloadType,
  atMs: Milliseconds,
): PayloadFormat | undefined {
  const known = media.filter((one) => one.formats.has(type))
  const at = (end: string) =>
    formatAt(
      known.filter((one) => one.at === end),
      type,
      atMs,
    )
  const fixed = type < DYNAMIC ? STATIC_FORMATS.get(type) : undefined
  return at(stream.to) ?? at(stream.from) ?? fixed ?? formatAt(known, type, atMs)
}

function formatAt(media: AnnouncedMedia[], type: PayloadType, atMs: Milliseconds): PayloadFormat | undefined {
  return (media.findLast((one) => one.atMs <= atMs) ?? media[0])?.formats.get(type)
}

/** An unannounced dynamic type whose packets all have the shape of a telephone-event is one (RFC 4733 section 2.3). */
function guessEvents(packets: Map<PayloadType, TimedPacket[]>, formats: Map<PayloadType, PayloadFormat>): void {
  const clocks = Array.from(formats.values(), (format) => format.clockRate)
  for (const [type, list] of packets) {
    if (formats.get(type)?.name !== 'dynamic' || !list.every((packet) => isEvent(packet.bytes))) continue
    // Its timestamps stand still, so that its clock is that of the sound beside it.
    const sound = clocks.find((clock, i) => Array.from(formats.keys())[i] !== type && EVENT_CLOCKS.includes(clock))
    formats.set(type, { name: 'telephone-event', clockRate: sound ?? 8000 })
  }
}

function isEvent(p: Uint8Array): boolean {
  const at = rtp.payloadStart(p)
  return rtp.payloadEnd(p) - at === EVENT_SIZE && (p[at] as number) <= 16 && ((p[at + 1] as number) & 0x40) === 0
}

/** The usual clock next to the pace of the timestamps. */
function clockOf(packets: TimedPacket[]): number {
  const first = packets[0]
  const last = packets.at(-1)
  if (first === undefined || last === undefined || last.atMs - first.atMs < 100) return 8000
  const pace = (timestampDelta(rtp.timestamp(first.bytes), rtp.timestamp(last.bytes)) * 1000) / (last.atMs - first.atMs)
  let best = 8000
  for (const clock of [16_000, 32_000, 48_000, 90_000]) {
    if (Math.abs(Math.log(Math.max(pace, 1) / clock)) < Math.abs(Math.log(Math.max(pace, 1) / best))) best = clock
  }
  return best
}
