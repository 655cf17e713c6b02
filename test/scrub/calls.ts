/** Captures made for the tests of the scrubber: what a caller keys, in every dress, with known digits. */

import type { CodecName } from '../../src/base/units.ts'
import { codecNamed } from '../../src/base/units.ts'
import { createEncoder } from '../../src/rtp/codec.ts'
import { ComfortNoise } from '../../src/rtp/comfort-noise.ts'
import { writeHeader } from '../../src/rtp/packet.ts'
import { pcapFileHeader, pcapUdpRecord } from '../../src/rtp/pcap.ts'
import { writeKey } from '../../src/rtp/tone.ts'

export const CALLER = { address: '192.0.2.1', port: 4000 }
export const SERVER = { address: '192.0.2.2', port: 5000 }
const SIP_CALLER = { address: '192.0.2.1', port: 5060 }
const SIP_SERVER = { address: '192.0.2.2', port: 5060 }
/** The day on which the captures were taken. */
export const TAKEN_MS = Date.UTC(2026, 5, 15, 12)

export type Record = { readonly atMs: number; readonly bytes: Uint8Array }

/** @returns a file of these records, in the order of time. */
export function fileOf(records: readonly Record[]): Uint8Array {
  const sorted = records.toSorted((a, b) => a.atMs - b.atMs)
  return new Uint8Array(Buffer.concat([pcapFileHeader(), ...sorted.map(({ bytes }) => bytes)]))
}

export function datagram(atMs: number, payload: Uint8Array, from = CALLER, to = SERVER): Record {
  const bytes = pcapUdpRecord(TAKEN_MS + atMs, from, to, payload)
  if (bytes === undefined) throw new Error('no record')
  return { atMs, bytes }
}

export function sip(atMs: number, text: string): Record {
  return datagram(atMs, new Uint8Array(Buffer.from(text, 'latin1')), SIP_CALLER, SIP_SERVER)
}

/** A packet over any protocol of IPv4, as a record. */
export function ipRecord(atMs: number, protocol: number, body: Uint8Array, more = 0): Record {
  const out = Buffer.alloc(16 + 20 + body.length)
  const micros = (TAKEN_MS + atMs) * 1000
  out.writeUInt32LE(Math.floor(micros / 1e6), 0)
  out.writeUInt32LE(micros % 1e6, 4)
  out.writeUInt32LE(20 + body.length, 8)
  out.writeUInt32LE(20 + body.length, 12)
  out[16] = 0x45
  out.writeUInt16BE(20 + body.length, 18)
  out.writeUInt16BE(7, 20)
  out.writeUInt16BE(more, 22)
  out[24] = 64
  out[25] = protocol
  out.set([192, 0, 2, 1, 192, 0, 2, 2], 28)
  let sum = 0
  for (let i = 16; i < 36; i += 2) sum += out.readUInt16BE(i)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  out.writeUInt16BE(~sum & 0xffff, 26)
  out.set(body, 36)
  return { atMs, bytes: out }
}

/** A segment of TCP with a right checksum. */
export function tcp(atMs: number, sequence: number, text: string, ports = [5060, 5060]): Record {
  const payload = Buffer.from(text, 'latin1')
  const body = Buffer.alloc(20 + payload.length)
  body.writeUInt16BE(ports[0] as number, 0)
  body.writeUInt16BE(ports[1] as number, 2)
  body.writeUInt32BE(sequence, 4)
  body[12] = 0x50
  body[13] = 0x18
  body.set(payload, 20)
  let sum = 0xc000 + 0x0201 + 0xc000 + 0x0202 + 6 + body.length
  for (let i = 0; i < body.length; i += 2) sum += ((body[i] as number) << 8) | (body[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  body.writeUInt16BE(~sum & 0xffff, 16)
  return ipRecord(atMs, 6, body)
}

export function rtp(type: number, sequence: number, timestamp: number, payload: Uint8Array, ssrc = 5): Uint8Array {
  const out = new Uint8Array(12 + payload.length)
  writeHeader(out, type, false, sequence & 0xffff, timestamp >>> 0, ssrc)
  out.set(payload, 12)
  return out
}

/** Three updates and three ends of one press, 100 ms long, 20 ms apart. */
export function press(
  code: number,
  atMs: number,
  sequence: number,
  timestamp: number,
  perMs = 8,
  type = 101,
): Record[] {
  return [0, 1, 2, 3, 4, 4].map((n, i) => {
    const duration = (n + 1) * 20 * perMs
    const end = i >= 3 ? 0x80 : 0
    const payload = Uint8Array.of(code, end | 10, duration >> 8, duration & 0xff)
    return datagram(atMs + i * 20, rtp(type, sequence + i, timestamp, payload))
  })
}

/** An announcement of what the server wants to receive. */
export function announcement(...lines: string[]): Record {
  const sdp = ['v=0', 'o=- 1 1 IN IP4 192.0.2.2', 's=-', 'c=IN IP4 192.0.2.2', 't=0 0', ...lines, ''].join('\r\n')
  return sip(0, `SIP/2.0 200 OK\r\nContent-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`)
}

export type Tone = { readonly code: number; readonly atMs: number; readonly ms: number; readonly level?: number }

/** Sound with keys in it, 20 ms a packet. @param mix adds to the sound before it is coded. */
export function sound(
  codec: CodecName,
  lengthMs: number,
  tones: readonly Tone[],
  mix: (pcm: Int16Array, rate: number) => void = () => undefined,
): Record[] {
  const encoder = createEncoder(codec)
  const rate = encoder.sampleRate
  const pcm = new Int16Array((lengthMs * rate) / 1000)
  new ComfortNoise(-60, 3).fill(pcm, pcm.length)
  for (const { code, atMs, ms, level = -10 } of tones) writeKey(pcm, (atMs * rate) / 1000, code, ms, level, rate)
  mix(pcm, rate)
  const { payloadType: type, bytesPerMs, clockRate } = codecNamed(codec)
  const size = 20 * bytesPerMs
  const octets = new Uint8Array(lengthMs * bytesPerMs)
  encoder.encode(pcm, pcm.length, octets, 0)
  encoder.wipe()
  return Array.from({ length: Math.floor(lengthMs / 20) }, (_, i) =>
    datagram(i * 20, rtp(type, i, (i * clockRate) / 50, octets.subarray(i * size, (i + 1) * size))),
  )
}
