/** Who of a capture is the caller, what came from there, and the terms under which a vault would have received it. */

import { CODECS, type CodecName, codecNamed, type Milliseconds } from '../base/units.ts'
import type { Ticket } from '../media/contract.ts'
import { payloadType } from '../rtp/packet.ts'
import type { Capture } from '../rtp/pcap.ts'
import { type AnnouncedMedia, SipScanner } from '../rtp/sip-scan.ts'
import { findStreams, type RtpStream } from '../rtp/stream-finder.ts'
import { keysOf } from '../rtp/stream-keys.ts'
import type { Arrival } from './impairment.ts'
import { type InfoPress, InfoPresses } from './info-presses.ts'

/** A key by SIP INFO and when it came. */
export type ToldKey = { readonly atMs: Milliseconds; readonly code: number }

export type Caller = {
  readonly ticket: Ticket
  /** Address and port that the packets come from. */
  readonly address: string
  readonly port: number
  /** In the order of the capture, with times since its first packet. */
  readonly packets: readonly Arrival[]
  /** Likewise. */
  readonly told: readonly ToldKey[]
  /** When the first key begins; undefined when none is pressed. */
  readonly firstKeyMs: Milliseconds | undefined
}

type Heard = {
  readonly begunMs: Milliseconds
  readonly streams: readonly RtpStream[]
  readonly media: readonly AnnouncedMedia[]
  readonly presses: readonly InfoPress[]
}

/** Of a stream that has events and no sound of ours, the codec beside them is anybody's guess. */
const GUESSED_CODEC: CodecName = 'PCMA'

/**
 * @param number of the caller's stream, from 1; the one with the most keys when absent, and without any stream whoever keys by INFO.
 * @returns undefined when there is nobody whose keys could be read.
 */
export function findCaller(capture: Capture, number?: number): Caller | undefined {
  const scanner = new SipScanner()
  const info = new InfoPresses()
  const { streams } = findStreams(capture, (segment) => {
    scanner.take(segment)
    info.take(segment)
  })
  const begunMs = capture.packets[0]?.atMs ?? 0
  const heard: Heard = { begunMs, streams, media: scanner.finish().media, presses: info.presses }
  const stream = number === undefined ? mostKeyed(heard) : streams[number - 1]
  if (stream !== undefined) return callerOf(heard, stream)
  return number === undefined && !streams.some((each) => termsOf(each) !== undefined) ? callerByInfo(heard) : undefined
}

function mostKeyed(heard: Heard): RtpStream | undefined {
  let best: RtpStream | undefined
  let most = -1
  for (const stream of heard.streams) {
    if (termsOf(stream) === undefined) continue
    const keys = Math.max(keysOf(stream).filter(({ counted }) => counted).length, toldBy(heard, stream).length)
    if (keys <= most) continue
    best = stream
    most = keys
  }
  return best
}

function callerOf(heard: Heard, stream: RtpStream): Caller | undefined {
  const { streams, begunMs } = heard
  const terms = termsOf(stream)
  if (terms === undefined) return undefined
  // A source may change in mid-call: all streams of the direction are the caller's.
  const together = streams.filter(({ from, to, encrypted }) => from === stream.from && to === stream.to && !encrypted)
  const packets = together.flatMap((one) => one.packets).toSorted((a, b) => a.atMs - b.atMs)
  const told = toldBy(heard, stream)
  const firstKeys = together.flatMap((one) => {
    const [first] = keysOf(one)
    return first === undefined ? [] : [(one.packets[0]?.atMs ?? 0) - begunMs + first.afterMs]
  })
  const at = stream.from.lastIndexOf(':')
  const address = bare(stream.from)
  const port = Number(stream.from.slice(at + 1))
  return {
    ticket: ticketFor(terms, address, port, stream.ssrc),
    address,
    port,
    packets: packets.map(({ atMs, bytes }) => ({ atMs: atMs - begunMs, bytes })),
    told,
    firstKeyMs: least([...firstKeys, ...told.map(({ atMs }) => atMs)]),
  }
}

/** Nobody's sound was captured: whoever sent the most keys by INFO. */
function callerByInfo({ presses, begunMs }: Heard): Caller | undefined {
  const senders = Map.groupBy(presses, ({ from }) => bare(from))
  const [most] = [...senders].toSorted((a, b) => b[1].length - a[1].length)
  if (most === undefined) return undefined
  const [address, sent] = most
  const told = sent.map(({ atMs, code }) => ({ atMs: atMs - begunMs, code }))
  const terms: Terms = { codec: GUESSED_CODEC, type: codecNamed(GUESSED_CODEC).payloadType }
  return {
    ticket: ticketFor(terms, address, 1, 1),
    address,
    port: 1,
    packets: [],
    told,
    firstKeyMs: least(told.map(({ atMs }) => atMs)),
  }
}

/** Keys by INFO from where the stream comes from, or from where it was announced: signalling may go by another address. */
function toldBy({ presses, media, begunMs }: Heard, { from }: RtpStream): readonly ToldKey[] {
  const announcers = media.filter(({ at }) => at === from).map(({ by }) => bare(by))
  const addresses = new Set([bare(from), ...announcers])
  return presses
    .filter((press) => addresses.has(bare(press.from)))
    .map(({ atMs, code }) => ({ atMs: atMs - begunMs, code }))
}

/** An address without its port and brackets. */
function bare(end: string): string {
  return end.slice(0, end.lastIndexOf(':')).replace(/[[\]]/g, '')
}

function least(times: readonly Milliseconds[]): Milliseconds | undefined {
  return times.length === 0 ? undefined : Math.min(...times)
}

type Terms = {
  readonly codec: CodecName
  readonly type: number
  readonly event?: { readonly type: number; readonly clockRate: number }
  readonly redundantType?: number
}

function termsOf(stream: RtpStream): Terms | undefined {
  if (stream.encrypted) return undefined
  const used = new Set(stream.packets.map(({ bytes }) => payloadType(bytes)))
  const formats = Array.from(stream.formats)
  const redundantType = formats.find(([type, { name }]) => name === 'RED' && used.has(type))?.[0]
  // Inside redundant packets an event has a type that no packet has.
  const events = formats.filter(([, { name }]) => name === 'telephone-event')
  const told = events.find(([type]) => used.has(type)) ?? events[0]
  const around = {
    ...(told === undefined ? {} : { event: { type: told[0], clockRate: told[1].clockRate } }),
    ...(redundantType === undefined ? {} : { redundantType }),
  }
  for (const [type, { name }] of formats) {
    const codec = CODECS.find((one) => one.name === name.toUpperCase())?.name
    if (codec !== undefined && used.has(type)) return { codec, type, ...around }
  }
  if (told === undefined) return undefined
  return { codec: GUESSED_CODEC, type: codecNamed(GUESSED_CODEC).payloadType, ...around }
}

function ticketFor({ codec, type, event, redundantType }: Terms, address: string, port: number, ssrc: number): Ticket {
  return {
    stream: {
      remote: { address, rtpPort: port, rtcpPort: 0 },
      codec,
      receivePayloadType: type,
      sendPayloadType: type,
      ...(event === undefined ? {} : { receiveEventPayloadType: event.type, sendEventPayloadType: event.type }),
      ...(event === undefined || event.clockRate === codecNamed(codec).clockRate
        ? {}
        : { eventClockRate: event.clockRate }),
      ...(redundantType === undefined ? {} : { receiveRedundantPayloadType: redundantType }),
      sendPtimeMs: 20,
      rtcpMux: false,
      send: true,
      receive: true,
      latch: 'first',
    },
    family: address.includes(':') ? 'IPv6' : 'IPv4',
    localPort: 0,
    ssrc: 1,
    nextSequence: 0,
    nextTimestamp: 0,
    sinceLastSentMs: 0,
    packetsSent: 0,
    octetsSent: 0,
    latched: { address, rtpPort: port },
    remoteSsrc: ssrc,
  }
}
