/**
 * Replaces every digit of a capture so that it may be stored: keys in RTP, in SIP bodies, and numbers in text that may be of a card.
 * Changes the octets of the file in their place; lengths, times and everything that tells no digit stay as they are. Whether it was
 * done well is not decided here: see `verify.ts`.
 */

import type { Segment } from '../rtp/link-layer.ts'
import * as rtp from '../rtp/packet.ts'
import type { Capture } from '../rtp/pcap.ts'
import { parseCapture } from '../rtp/pcapng.ts'
import { STATIC_FORMATS } from '../rtp/sip-scan.ts'
import { type CaptureContents, findStreams, type RtpStream } from '../rtp/stream-finder.ts'
import { mendFrame, mendSegment } from './checksums.ts'
import { scrubRuns } from './digit-runs.ts'
import { DigitTrace } from './digit-trace.ts'
import { looksLikeEvents, newCode, scrubStrayEvents } from './event-scrub.ts'
import { InfoNumbers } from './info-numbers.ts'
import { scrubInfo } from './info-scrub.ts'
import { pcapngRest } from './pcapng-rest.ts'
import { digitFor, type Replacement } from './replacement.ts'
import { type ExpectedKeys, type StreamCounts, scrubStreams, undecodable } from './stream-scrub.ts'
import { type TcpRow, tcpRows, unreadableRow, writeRow } from './tcp-rows.ts'
import { openCapture, type Unreadable, writePieces } from './unreadable.ts'

export type ScrubOptions = {
  readonly replacement: Replacement
  /** Overwrite what nobody here can look into, instead of giving up. */
  readonly blankUnknown: boolean
}

export type ScrubCounts = StreamCounts & {
  readonly packets: number
  readonly changedPackets: number
  readonly streams: number
  readonly infoKeys: number
  readonly numbers: number
  readonly quotations: number
  readonly strayEvents: number
}

/** What was done, and what has to be found in the outcome. */
export type Scrubbed = {
  readonly counts: ScrubCounts
  /** What was overwritten whole. */
  readonly blanked: readonly string[]
  readonly expected: readonly ExpectedKeys[]
  /** Digits of the capture, to be searched for; the caller wipes it. */
  readonly trace: DigitTrace
}

/** Why it was not done: what could not be looked into. */
export type Refused = { readonly unreadable: readonly string[] }

/** @param octets of a capture file, changed in place. @returns undefined when it is no capture. */
export function scrubCapture(octets: Uint8Array, options: ScrubOptions): Scrubbed | Refused | undefined {
  // A Buffer's parts share its memory where those of a plain array are copies.
  const file = new Uint8Array(octets.buffer, octets.byteOffset, octets.length)
  const capture = parseCapture(file)
  if (capture === undefined) return undefined
  const before = file.slice()
  const opened = openCapture(capture)
  const trace = new DigitTrace()
  const texts = new Texts(opened.segments, capture.format === 'pcapng' ? file : undefined, options.replacement, trace)
  const infoKeys = texts.scrubInfo()
  let numbers = texts.scrubRuns(undefined)
  const media: Segment[] = []
  const contents = findStreams(capture, (segment) => {
    if (segment.over === 'udp' && rtp.isRtp(segment.payload)) media.push(segment)
  })
  const unreadable = [
    ...opened.unreadable,
    ...texts.unreadable,
    ...contents.streams.flatMap((stream, i) => undecodable(stream, i + 1) ?? []),
    ...cutOff(capture, file),
  ]
  if (unreadable.length > 0 && !options.blankUnknown) {
    before.fill(0)
    trace.wipe()
    return { unreadable: named(unreadable) }
  }
  const { strays, singles } = straysOf(contents, media, options.replacement)
  // After blanking nothing of an undecodable stream is heard; sound beside it in the same stream is.
  for (const one of unreadable) one.blank()
  const readable = contents.streams.filter(({ encrypted }) => !encrypted)
  const streams = scrubStreams([...readable, ...singles], options.replacement, trace)
  numbers += texts.scrubRuns(trace)
  for (const segment of new Set([...opened.segments, ...media])) mend(segment, file, before)
  const changedPackets = mendFrames(capture, file, before)
  before.fill(0)
  return {
    counts: {
      ...streams.counts,
      packets: capture.packets.length,
      changedPackets,
      streams: contents.streams.length,
      infoKeys,
      numbers,
      quotations: opened.quotations,
      strayEvents: strays,
    },
    blanked: named(unreadable),
    expected: streams.expected,
    trace,
  }
}

/** What of a capture is text, or may be. */
class Texts {
  readonly #rows: readonly TcpRow[]
  readonly #datagrams: readonly Segment[]
  readonly #rest: readonly Uint8Array[]
  readonly #replacement: Replacement
  readonly #trace: DigitTrace
  readonly unreadable: readonly Unreadable[]

  constructor(
    segments: readonly Segment[],
    pcapng: Uint8Array | undefined,
    replacement: Replacement,
    trace: DigitTrace,
  ) {
    const rest = pcapng === undefined ? undefined : pcapngRest(pcapng)
    this.#rows = tcpRows(segments)
    this.#datagrams = segments.filter(
      ({ over, payload }) => over === 'udp' && payload.length > 0 && !rtp.isRtp(payload),
    )
    this.#rest = rest?.texts ?? []
    this.#replacement = replacement
    this.#trace = trace
    this.unreadable = [...(rest?.unreadable ?? []), ...this.#rows.flatMap((row) => unreadableRow(row) ?? [])]
  }

  /** Replaces keys in SIP bodies. @returns how many. */
  scrubInfo(): number {
    const keys = new InfoNumbers(this.#replacement)
    let count = 0
    for (const { payload } of this.#datagrams) count += scrubInfo(payload, keys)
    for (const row of this.#rows) {
      count += scrubInfo(row.octets, keys)
      writeRow(row)
    }
    keys.remember(this.#trace)
    return count
  }

  /** Replaces numbers that may be of a card, or that hold what was keyed. @returns how many. */
  scrubRuns(known: DigitTrace | undefined): number {
    const digitAt = (n: number) => (this.#replacement.silence ? 0 : digitFor(this.#replacement, n))
    const run = (octets: Uint8Array) =>
      scrubRuns(octets, digitAt, known, (values) => {
        if (known === undefined) this.#trace.add(values, digitAt)
      })
    let count = 0
    for (const { payload } of this.#datagrams) count += run(payload)
    for (const octets of this.#rest) count += run(octets)
    for (const row of this.#rows) {
      count += run(row.octets)
      writeRow(row)
    }
    return count
  }
}

/**
 * RTP packets that belong to no stream, too few as they are: events are replaced at once, sound is looked at as a stream of its own.
 */
function straysOf(
  contents: CaptureContents,
  media: readonly Segment[],
  replacement: Replacement,
): { strays: number; singles: RtpStream[] } {
  const known = new Set(contents.streams.flatMap(({ packets }) => packets.map(({ bytes }) => bytes)))
  const stray = newCode(0, replacement.silence ? undefined : digitFor(replacement, 0))
  let strays = 0
  const singles = new Map<string, RtpStream>()
  for (const { from, to, atMs, payload } of media) {
    if (known.has(payload)) continue
    const type = rtp.payloadType(payload)
    if (looksLikeEvents(payload)) strays += scrubStrayEvents(payload, stray)
    else if (type === 0 || type === 8 || type === 9) {
      const key = `${from} ${to} ${rtp.ssrc(payload)}`
      const stream = singles.get(key) ?? newStream(from, to, rtp.ssrc(payload))
      singles.set(key, stream)
      stream.packets.push({ atMs, bytes: payload })
    }
  }
  return { strays, singles: [...singles.values()] }
}

function newStream(from: string, to: string, ssrc: number): RtpStream {
  return { from, to, ssrc, packets: [], formats: STATIC_FORMATS, encrypted: false }
}

/** A file that ends inside a packet may end inside a digit. */
function cutOff(capture: Capture, file: Uint8Array): Unreadable[] {
  if (!capture.cutShort) return []
  const last = capture.packets.at(-1)?.bytes
  const endOfPackets = last === undefined ? 24 : last.byteOffset - file.byteOffset + last.length
  const from = capture.format === 'pcapng' ? pcapngRest(file).end : endOfPackets
  return [{ what: 'the end of the file, which is cut off inside a packet', blank: () => void file.fill(0, from) }]
}

/** Writes the checksum of a segment that has changed, and a changed body back into its pieces. */
function mend(segment: Segment, file: Uint8Array, before: Uint8Array): void {
  const { body, pieces } = segment.origin
  if (pieces.length > 0) {
    const was = body.slice()
    for (const { at, bytes } of pieces)
      was.set(before.subarray(...placeOf(bytes, file)).subarray(0, was.length - at), at)
    if (Buffer.compare(was, body) !== 0) {
      mendSegment(segment, was)
      writePieces(body, pieces)
    }
    was.fill(0)
    return
  }
  const was = before.subarray(...placeOf(body, file))
  if (Buffer.compare(was, body) !== 0) mendSegment(segment, was)
}

/** @returns how many packets have changed. */
function mendFrames(capture: Capture, file: Uint8Array, before: Uint8Array): number {
  let changed = 0
  for (const { bytes } of capture.packets) {
    const was = before.subarray(...placeOf(bytes, file))
    if (Buffer.compare(was, bytes) === 0) continue
    changed++
    mendFrame(bytes, was)
  }
  return changed
}

function placeOf(part: Uint8Array, file: Uint8Array): [number, number] {
  const from = part.byteOffset - file.byteOffset
  return [from, from + part.length]
}

/** Each name once, with how often it came. */
function named(unreadable: readonly Unreadable[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const { what } of unreadable) counts.set(what, (counts.get(what) ?? 0) + 1)
  return Array.from(counts, ([what, count]) => (count === 1 ? what : `${what} (${count})`))
}
