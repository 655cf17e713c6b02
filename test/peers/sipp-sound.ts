/**
 * What a sipp caller says: capture files of RTP for its `play_pcap_audio`, made of a hum and of keys as tones, and the lines of a scenario
 * that play them. It sends the packets of such a file at the times they bear, with ports of its own.
 */

import { writeFileSync } from 'node:fs'
import { createEncoder } from '../../src/rtp/codec.ts'
import { HEADER_SIZE, writeHeader } from '../../src/rtp/packet.ts'
import { pcapFileHeader, pcapUdpRecord } from '../../src/rtp/pcap.ts'
import { addSine, writeKey } from '../../src/rtp/tone.ts'

/** A piece of sound: a hum, silence, or keys. */
export type Said =
  | { readonly humHz: number; readonly ms: number }
  | { readonly silentMs: number }
  /** `0` to `9`, `*` and `#`. */
  | { readonly keys: string }

const RATE_HZ = 8000
const PACKET_SAMPLES = 160
const PACKET_MS = 20
const PCMA = 8
const KEY_MS = 80
const PAUSE_MS = 80
const HUM_LEVEL = -13
const KEY_LEVEL = -10
const KEYS = '0123456789*#'
/** Where a classic capture file names its link type, and the type sipp reads: Ethernet. */
const LINK_TYPE_AT = 20
const ETHERNET = 1
const RECORD_HEADER = 16
const ETHERNET_HEADER = 14
const LENGTHS_AT = [8, 12]

/** Writes a capture file of one PCMA stream. @returns its length, milliseconds. */
export function writeSound(file: string, said: readonly Said[], ssrc: number): number {
  const pcm = joined(said.map(samplesOf))
  const encoder = createEncoder('PCMA')
  const packet = new Uint8Array(HEADER_SIZE + PACKET_SAMPLES)
  const header = pcapFileHeader()
  new DataView(header.buffer).setUint32(LINK_TYPE_AT, ETHERNET, true)
  const parts: Uint8Array[] = [header]
  const packets = Math.floor(pcm.length / PACKET_SAMPLES)
  for (let i = 0; i < packets; i++) {
    writeHeader(packet, PCMA, i === 0, i, i * PACKET_SAMPLES, ssrc)
    encoder.encode(pcm.subarray(i * PACKET_SAMPLES), PACKET_SAMPLES, packet, HEADER_SIZE)
    parts.push(onEthernet(packet, 1000 + i * PACKET_MS))
  }
  writeFileSync(file, Buffer.concat(parts))
  return packets * PACKET_MS
}

/** @returns the action that plays a file of `writeSound`; the scenario goes on at once. */
export function playing(file: string): string {
  return `<nop><action><exec play_pcap_audio="${file}" /></action></nop>`
}

/** @returns the action that presses keys as telephone-events by sipp's own sender, at most eight and a `#`; the scenario goes on at once. */
export function pressing(keys: string): string {
  return `<nop><action><exec play_dtmf="${keys}" /></action></nop>`
}

/** @returns the scenario's pause. */
export function waiting(ms: number): string {
  return `<pause milliseconds="${ms}" />`
}

function samplesOf(piece: Said): Int16Array {
  if ('silentMs' in piece) return new Int16Array(perMs(piece.silentMs))
  if ('humHz' in piece) {
    const pcm = new Int16Array(perMs(piece.ms))
    addSine(pcm, 0, pcm.length, piece.humHz, HUM_LEVEL, RATE_HZ)
    return pcm
  }
  const pcm = new Int16Array(perMs(KEY_MS + PAUSE_MS) * piece.keys.length)
  for (const [i, key] of [...piece.keys].entries()) {
    writeKey(pcm, i * perMs(KEY_MS + PAUSE_MS), KEYS.indexOf(key), KEY_MS, KEY_LEVEL, RATE_HZ)
  }
  return pcm
}

function perMs(ms: number): number {
  return (ms * RATE_HZ) / 1000
}

function joined(pieces: readonly Int16Array[]): Int16Array {
  const pcm = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    pcm.set(piece, at)
    at += piece.length
  }
  return pcm
}

/** sipp reads no raw IP: an Ethernet header of zeros goes before it. */
function onEthernet(payload: Uint8Array, atMs: number): Uint8Array {
  const raw = pcapUdpRecord(atMs, { address: '192.0.2.1', port: 4000 }, { address: '192.0.2.2', port: 4000 }, payload)
  if (raw === undefined) throw new Error('no record of that')
  const record = new Uint8Array(raw.length + ETHERNET_HEADER)
  record.set(raw.subarray(0, RECORD_HEADER))
  record.set(raw.subarray(RECORD_HEADER), RECORD_HEADER + ETHERNET_HEADER)
  const view = new DataView(record.buffer)
  for (const at of LENGTHS_AT) view.setUint32(at, view.getUint32(at, true) + ETHERNET_HEADER, true)
  view.setUint16(RECORD_HEADER + ETHERNET_HEADER - 2, 0x0800)
  return record
}
