/** Replaces the keys of every RTP stream of a capture, in events and in the sound, and names the streams that nobody here can decode. */

import type { PayloadType } from '../base/units.ts'
import * as rtp from '../rtp/packet.ts'
import * as redundancy from '../rtp/redundancy.ts'
import type { RtpStream } from '../rtp/stream-finder.ts'
import type { DigitTrace } from './digit-trace.ts'
import { type EventRow, eventsIn, isDigit, newCode, writeEvents } from './event-scrub.ts'
import { digitFor, type Replacement } from './replacement.ts'
import { codecOf, type SoundTrack, tracksIn } from './sound-track.ts'
import { scrubTones, type ToneMark, tonesIn } from './tone-scrub.ts'
import type { Unreadable } from './unreadable.ts'

export type StreamCounts = {
  readonly eventPresses: number
  readonly eventPackets: number
  readonly tonePresses: number
  readonly toneMs: number
  readonly leftSilent: number
}

/** What has to be found in a stream once it is scrubbed: event codes in their order. */
export type ExpectedKeys = {
  readonly from: string
  readonly to: string
  readonly ssrc: number
  readonly events: readonly number[]
  /** Of the tracks that came in packets of their own. */
  readonly tones: readonly number[]
}

export type StreamScrub = { readonly counts: StreamCounts; readonly expected: readonly ExpectedKeys[] }

/** A tone this soon after an event of the same key is the same press, heard through a microphone or a slow relay, ms. */
const ECHO_MS = 1500
/** Tones may be in the sound a little before the first event packet, ms. */
const EARLY_MS = 150

type Heard = {
  readonly stream: RtpStream
  readonly events: EventRow
  readonly tracks: readonly { readonly track: SoundTrack; readonly found: ReturnType<typeof tonesIn> }[]
}

/** @returns the parts of a stream that nobody here can decode; blanking overwrites their payloads. */
export function undecodable(stream: RtpStream, number: number): Unreadable | undefined {
  const { from, to, ssrc, encrypted } = stream
  const types = new Set<PayloadType>()
  for (const { bytes } of stream.packets) {
    const type = rtp.payloadType(bytes)
    if (encrypted || !isKnown(stream, type, bytes)) types.add(type)
  }
  if (types.size === 0) return undefined
  const names = Array.from(types, (type) => {
    const format = stream.formats.get(type)
    return format === undefined ? `type ${type}` : `${format.name}/${format.clockRate}`
  })
  const what = `stream ${number} ${from} -> ${to} SSRC 0x${ssrc.toString(16).toUpperCase().padStart(8, '0')}: `
  const blank = () => {
    for (const { bytes } of stream.packets) {
      if (types.has(rtp.payloadType(bytes)))
        bytes.fill(0, rtp.payloadStart(bytes), encrypted ? bytes.length : rtp.payloadEnd(bytes))
    }
  }
  return { what: what + (encrypted ? 'encrypted' : names.join(', ')), blank }
}

/** Scrubs streams of one capture, each with a direction of its own. Keys that were found go into `trace`. */
export function scrubStreams(streams: readonly RtpStream[], replacement: Replacement, trace: DigitTrace): StreamScrub {
  const heard = streams.map((stream): Heard => {
    const tracks = tracksIn(stream).map((track) => ({ track, found: tonesIn(track) }))
    return { stream, events: eventsIn(stream), tracks }
  })
  const counts = { eventPresses: 0, eventPackets: 0, tonePresses: 0, toneMs: 0, leftSilent: 0 }
  const expected: ExpectedKeys[] = []
  for (const direction of Map.groupBy(heard, ({ stream }) => `${stream.from} ${stream.to}`).values()) {
    number(direction, replacement, trace)
    for (const { stream, events, tracks } of direction) {
      counts.eventPresses += events.presses.filter(({ was }) => isDigit(was)).length
      counts.eventPackets += writeEvents(events, newCode(0, digitOrNone(replacement, 0)))
      for (const { track, found } of tracks) {
        counts.tonePresses += found.marks.length
        const { cutMs, leftSilent } = scrubTones(track, found)
        counts.toneMs += cutMs
        counts.leftSilent += leftSilent
      }
      expected.push(expectedOf({ stream, events, tracks }))
    }
  }
  return { counts, expected }
}

/** Decides what each press becomes: first those told by events, then those heard, which may be the same ones. */
function number(direction: readonly Heard[], replacement: Replacement, trace: DigitTrace): void {
  const events = direction.flatMap(({ events: { presses } }) => presses).toSorted((a, b) => a.atMs - b.atMs)
  const marks = direction
    .flatMap(({ tracks }) => tracks.flatMap(({ found }) => found.marks))
    .toSorted((a, b) => a.atMs - b.atMs)
  remember(trace, replacement, events)
  remember(trace, replacement, marks)
  let digits = 0
  for (const press of events) {
    press.now = newCode(press.was, digitOrNone(replacement, digits))
    if (isDigit(press.was)) digits++
  }
  digits = 0
  for (const mark of marks) {
    const told = events.findLast(
      ({ was, atMs }) => was === mark.code && atMs - EARLY_MS <= mark.atMs && mark.atMs - atMs < ECHO_MS,
    )
    if (replacement.silence) mark.now = -1
    else if (!isDigit(mark.code)) mark.now = mark.code
    else if (told !== undefined) mark.now = told.now
    else mark.now = digitFor(replacement, digits++)
  }
}

function remember(
  trace: DigitTrace,
  replacement: Replacement,
  presses: readonly ({ readonly was: number } | ToneMark)[],
): void {
  const codes = presses.map((press) => ('was' in press ? press.was : press.code)).filter(isDigit)
  const values = Uint8Array.from(codes)
  trace.add(values, (n) => digitFor(replacement, n))
  values.fill(0)
}

function digitOrNone(replacement: Replacement, n: number): number | undefined {
  return replacement.silence ? undefined : digitFor(replacement, n)
}

function expectedOf({ stream, events, tracks }: Heard): ExpectedKeys {
  const { from, to, ssrc } = stream
  // What RFC 2198 packets hold of the sound, and packets that contradict others, is heard by no reader of captures.
  const own = hasRedundancy(stream) ? [] : tracks.filter(({ track }) => track.pieces.length > 1)
  return {
    from,
    to,
    ssrc,
    events: events.presses.map(({ now }) => now).filter((code) => code <= 15),
    tones: own.flatMap(({ found }) => found.marks.map(({ now }) => now).filter((code) => code >= 0)),
  }
}

function hasRedundancy(stream: RtpStream): boolean {
  return Array.from(stream.formats.values()).some(({ name }) => name === 'RED')
}

function isKnown(stream: RtpStream, type: PayloadType, p: Uint8Array): boolean {
  const name = stream.formats.get(type)?.name
  if (name !== 'RED') return name === 'telephone-event' || name === 'CN' || codecOf(stream, type) !== undefined
  const start = rtp.payloadStart(p)
  if (redundancy.blockBodies(p, start, rtp.payloadEnd(p)) < 0) return false
  for (let at = start; ; at += redundancy.BLOCK_HEADER_SIZE) {
    const inner = redundancy.blockPayloadType(p, at)
    const format = stream.formats.get(inner)?.name
    if (format !== 'telephone-event' && format !== 'CN' && codecOf(stream, inner) === undefined) return false
    if (!redundancy.isOlderBlock(p, at)) return true
  }
}
