/**
 * The key presses in a captured RTP stream: told by telephone-events (RFC 4733), heard in the sound of PCMU, PCMA, G.722
 * and Opus, and which of them count, since one press may come both ways. For captures that an operator opens himself: the codes are
 * given back. What a call's vault hears never comes here.
 */

import { CODECS, type CodecName, codecNamed, type Milliseconds, type PayloadType } from '../base/units.ts'
import { createDecoder, type Decoder } from './codec.ts'
import { DtmfReceiver } from './dtmf-receiver.ts'
import { KeyArbiter } from './key-arbiter.ts'
import * as rtp from './packet.ts'
import { timestampDelta } from './sequence.ts'
import type { RtpStream, TimedPacket } from './stream-finder.ts'
import { EventReader } from './telephone-event.ts'

export type KeyPress = {
  /** Event code, 0 to 15. */
  readonly code: number
  /** Since the first packet of the stream: of the first event packet, or where the tone begins. */
  readonly afterMs: Milliseconds
  readonly by: 'rfc4733' | 'in-band'
  /** False for a press that was told by the other transport already. */
  readonly counted: boolean
}

type Told = { code: number; startMs: Milliseconds; knownMs: Milliseconds; by: KeyPress['by'] }

/** Silence and losses longer than this are shortened: nothing is pressed in them, ms. */
const LONGEST_GAP_MS = 1000
/** Longest packet that is decoded, octets: 120 ms and more. */
const MAX_PAYLOAD = 2000

/** @returns all presses in the order in which a listener would have known of them. */
export function keysOf(stream: RtpStream): KeyPress[] {
  const begunMs = stream.packets[0]?.atMs ?? 0
  const told = stream.encrypted ? [] : [...eventsOf(stream), ...tonesOf(stream)]
  told.sort((a, b) => a.knownMs - b.knownMs)
  const arbiter = new KeyArbiter()
  return told.map(({ code, startMs, knownMs, by }) => ({
    code,
    afterMs: Math.max(0, startMs - begunMs),
    by,
    counted: (by === 'rfc4733' ? arbiter.fromEvent(code, knownMs) : arbiter.fromTone(code, startMs, knownMs)) >= 0,
  }))
}

function eventsOf(stream: RtpStream): Told[] {
  const events = typesNamed(stream, 'telephone-event')
  const first = events[0]
  if (first === undefined) return []
  const redundant = typesNamed(stream, 'RED')
  const reader = new EventReader(stream.formats.get(first)?.clockRate ?? 8000)
  const told: Told[] = []
  // A first packet of duration 0 is no press yet: the press begins with it all the same. All packets of one share a timestamp.
  let timestamp = -1
  let startMs = 0
  for (const { atMs, bytes } of stream.packets) {
    const type = rtp.payloadType(bytes)
    const start = rtp.payloadStart(bytes)
    const end = rtp.payloadEnd(bytes)
    let code = -1
    if (events.includes(type)) {
      if (rtp.timestamp(bytes) !== timestamp) startMs = atMs
      timestamp = rtp.timestamp(bytes)
      code = reader.accept(bytes, start, end, atMs)
    } else if (redundant.includes(type)) code = reader.acceptRedundant(bytes, start, end, first, atMs)
    for (; code >= 0; code = reader.more()) {
      told.push({ code, startMs: events.includes(type) ? startMs : atMs, knownMs: atMs, by: 'rfc4733' })
    }
  }
  return told
}

function typesNamed(stream: RtpStream, name: string): PayloadType[] {
  return Array.from(stream.formats).flatMap(([type, format]) => (format.name === name ? [type] : []))
}

function codecOf(stream: RtpStream, type: PayloadType): CodecName | undefined {
  const name = stream.formats.get(type)?.name
  return CODECS.find((codec) => codec.name === name?.toUpperCase())?.name
}

/** Listens to the sound, one receiver for each rate that the stream has. */
function tonesOf(stream: RtpStream): Told[] {
  const told: Told[] = []
  const ears = new Map<CodecName, Ear>()
  for (const packet of inOrder(stream.packets)) {
    const codec = codecOf(stream, rtp.payloadType(packet.bytes))
    if (codec === undefined) continue
    let ear = ears.get(codec)
    if (ear === undefined) {
      ear = new Ear(codec)
      ears.set(codec, ear)
    }
    ear.hear(packet, told)
  }
  for (const ear of ears.values()) ear.close()
  return told
}

/** Decoder, receiver and clock of one codec in a stream. */
class Ear {
  readonly #decoder: Decoder
  readonly #receiver: DtmfReceiver
  readonly #pcm = new Int16Array(2 * MAX_PAYLOAD)
  /** Samples a unit of the RTP clock stands for: two in G.722 (RFC 3551 section 4.5.2), a third of one in Opus. */
  readonly #perUnit: number
  #samples = 0
  #expected = -1
  #sequence = -1

  constructor(codec: CodecName) {
    this.#decoder = createDecoder(codec)
    this.#receiver = new DtmfReceiver(this.#decoder.sampleRate)
    this.#perUnit = this.#decoder.sampleRate / codecNamed(codec).clockRate
  }

  hear({ atMs, bytes }: TimedPacket, told: Told[]): void {
    const start = rtp.payloadStart(bytes)
    const end = Math.min(rtp.payloadEnd(bytes), start + MAX_PAYLOAD)
    const timestamp = rtp.timestamp(bytes)
    const gap = this.#expected < 0 ? 0 : timestampDelta(this.#expected, timestamp)
    const lost = this.#sequence >= 0 && ((rtp.sequence(bytes) - this.#sequence) & 0xffff) > 1
    if (gap > 0)
      this.#pause(Math.min(Math.round(gap * this.#perUnit), (LONGEST_GAP_MS * this.#decoder.sampleRate) / 1000), lost)
    const count = this.#decoder.decode(bytes, start, end, this.#pcm)
    const begun = this.#samples
    this.#samples += count
    this.#expected = (timestamp + count / this.#perUnit) >>> 0
    this.#sequence = rtp.sequence(bytes)
    const known = this.#receiver.accept(this.#pcm, 0, count)
    for (let i = 0; i < known; i++) {
      const startMs = atMs - ((begun - this.#receiver.startSampleAt(i)) * 1000) / this.#decoder.sampleRate
      told.push({ code: this.#receiver.digitAt(i), startMs, knownMs: atMs, by: 'in-band' })
    }
  }

  close(): void {
    this.#decoder.wipe()
  }

  /** Silence instead of what was not sent, or was lost. */
  #pause(samples: number, lost: boolean): void {
    if (lost) this.#receiver.lost(samples)
    for (let left = samples; left > 0; left -= this.#pcm.length) {
      const count = Math.min(left, this.#pcm.length)
      this.#pcm.fill(0, 0, count)
      this.#receiver.accept(this.#pcm, 0, count)
      this.#samples += count
    }
  }
}

/** Packets by sequence number, each number once; a packet moves by at most a second's worth. */
function inOrder(packets: TimedPacket[]): TimedPacket[] {
  const numbered: { place: number; packet: TimedPacket }[] = []
  const seen = new Set<number>()
  let place = 0
  let before = -1
  for (const packet of packets) {
    const sequence = rtp.sequence(packet.bytes)
    const step = before < 0 ? 0 : ((sequence - before) << 16) >> 16
    place += Math.abs(step) > 3000 ? 100_000 : step
    before = sequence
    if (seen.has(place)) continue
    seen.add(place)
    numbered.push({ place, packet })
  }
  return numbered.sort((a, b) => a.place - b.place).map(({ packet }) => packet)
}
