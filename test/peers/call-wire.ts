/**
 * The four RTP streams of each call of a capture on loopback, told apart by what SIP said in the same capture. Callers dial from
 * `+4930` and their number, as in the scenario of our sipp callers.
 */

import type { HeardPacket } from '../../src/demo/rtp-phone.ts'
import type { Captured } from '../../src/leak/wire-capture.ts'
import { createDecoder, type Decoder } from '../../src/rtp/codec.ts'
import { PacketOpener, type Segment } from '../../src/rtp/link-layer.ts'
import * as rtp from '../../src/rtp/packet.ts'

/** One direction of one leg: packets as a phone would have heard them, `arrivedMs` since 1970. */
export type WireLine = {
  readonly heard: HeardPacket[]
  readonly pcm: Int16Array
  readonly sampleRate: 8000 | 16000
}

/** `In` is towards the server. */
export type CallOnWire = {
  readonly callerIn: WireLine
  readonly callerOut: WireLine
  readonly agentIn: WireLine
  readonly agentOut: WireLine
}

const CODECS = new Map([
  [0, 'PCMU'],
  [8, 'PCMA'],
  [9, 'G722'],
] as const)
const INVITES =
  /^INVITE [^\n]*\r\n(?:[^\n]+\r\n)*?From:[^\n]*\+4930(\d+)@(?:[^\n]+\r\n)+\r\n(?:[a-z]=[^\n]*\r\n)*?m=audio (\d+) /gm
const ANSWERS =
  /^SIP\/2\.0 200 [^\n]*\r\n(?:[^\n]+\r\n)*?From:[^\n]*\+4930(\d+)@(?:[^\n]+\r\n)+\r\n(?:[a-z]=[^\n]*\r\n)*?m=audio (\d+) /gm

/** Everything that was captured, opened; and why it is not everything. */
export function segmentsOf({ packets, missing }: Captured): { segments: readonly Segment[]; missing: string } {
  const opener = new PacketOpener()
  const segments = Array.from(packets, (packet) => opener.open(packet)).filter((segment) => segment !== undefined)
  return { segments, missing: missing() }
}

/** @param serverPorts the server's media ports, both ends included. @returns calls by their number. */
export function callsOnWire(
  segments: readonly Segment[],
  serverPorts: readonly [number, number],
): ReadonlyMap<number, CallOnWire> {
  const isServers = (port: number): boolean => port >= serverPorts[0] && port <= serverPorts[1]
  const ports = { caller: new Map<number, number>(), agent: new Map<number, number>() }
  const lines = { in: new Map<number, Segment[]>(), out: new Map<number, Segment[]>() }
  for (const segment of segments) {
    const [from, to] = [portOf(segment.from), portOf(segment.to)]
    if (isServers(from) || isServers(to)) {
      if (segment.over !== 'udp' || !rtp.isRtp(segment.payload)) continue
      if (isServers(from)) addTo(lines.out, from, segment)
      if (isServers(to)) addTo(lines.in, to, segment)
    } else {
      const text = Buffer.from(segment.payload).toString('latin1')
      for (const [, call, port] of text.matchAll(INVITES)) {
        if (isServers(Number(port))) ports.agent.set(Number(call), Number(port))
      }
      for (const [, call, port] of text.matchAll(ANSWERS)) {
        if (isServers(Number(port))) ports.caller.set(Number(call), Number(port))
      }
    }
  }
  const calls = new Map<number, CallOnWire>()
  for (const [call, callerPort] of ports.caller) {
    const agentPort = ports.agent.get(call) ?? 0
    calls.set(call, {
      callerIn: lineOf(lines.in.get(callerPort)),
      callerOut: lineOf(lines.out.get(callerPort)),
      agentIn: lineOf(lines.in.get(agentPort)),
      agentOut: lineOf(lines.out.get(agentPort)),
    })
  }
  return calls
}

function portOf(end: string): number {
  return Number(end.slice(end.lastIndexOf(':') + 1))
}

function addTo(lines: Map<number, Segment[]>, port: number, segment: Segment): void {
  const line = lines.get(port)
  if (line === undefined) lines.set(port, [segment])
  else line.push(segment)
}

function lineOf(segments: readonly Segment[] = []): WireLine {
  let decoder: Decoder | undefined
  let codec: number | undefined
  const heard: HeardPacket[] = []
  const parts: Int16Array[] = []
  let at = 0
  for (const { atMs, payload: bytes, from } of segments) {
    const [start, end] = [rtp.payloadStart(bytes), rtp.payloadEnd(bytes)]
    const type = rtp.payloadType(bytes)
    const name = CODECS.get(type as 0 | 8 | 9)
    heard.push({
      arrivedMs: atMs,
      payloadType: type,
      marker: rtp.marker(bytes),
      sequence: rtp.sequence(bytes),
      timestamp: rtp.timestamp(bytes),
      ssrc: rtp.ssrc(bytes),
      payload: bytes.subarray(start, end),
      at,
      fromPort: portOf(from),
    })
    codec ??= name === undefined ? undefined : type
    if (name === undefined || type !== codec) continue
    decoder ??= createDecoder(name)
    const pcm = new Int16Array((end - start) * 2)
    const samples = decoder.decode(bytes, start, end, pcm)
    parts.push(pcm.subarray(0, samples))
    at += samples
  }
  const pcm = new Int16Array(at)
  let filled = 0
  for (const part of parts) {
    pcm.set(part, filled)
    filled += part.length
  }
  return { heard, pcm, sampleRate: decoder?.sampleRate ?? 8000 }
}
