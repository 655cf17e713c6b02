/**
 * What the RTP room costs: microseconds of CPU a packet of 20 ms, as a part of those 20 ms, and how many octets the heap
 * takes for a million packets. Prints a table and, last, one line of JSON. Usage: node bench/rtp.ts
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { CODECS, type CodecName } from '../src/base/units.ts'
import { createDecoder, createEncoder, createTranscoder, LINEAR_PER_MS } from '../src/rtp/codec.ts'
import { KeyArbiter } from '../src/rtp/key-arbiter.ts'
import { OpusEncoder } from '../src/rtp/opus.ts'
import { SAMPLES_MAX } from '../src/rtp/opus-engine.ts'
import { isRtp, payloadEnd, payloadStart, setSequence, setSsrc, setTimestamp, writeHeader } from '../src/rtp/packet.ts'
import { ReorderBuffer } from '../src/rtp/reorder.ts'
import { createReception, noteReceived } from '../src/rtp/sequence.ts'
import { EventReader, EventSender } from '../src/rtp/telephone-event.ts'
import { writeSine } from '../src/rtp/tone.ts'

const BUDGET_US = 20_000
const WARM_UP = 20_000
const ROUNDS = 3
const OCTETS = 160

type Row = { what: string; usPerPacket: number; partOf20Ms: number; heapOctetsPerMillion: number }

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Octets taken from the heap so far, given back or not. */
function taken(): number {
  const heap = getHeapStatistics() as { total_allocated_bytes?: number }
  return heap.total_allocated_bytes ?? process.memoryUsage().heapUsed
}

/** One round: CPU time in microseconds, and octets taken from the heap. */
function round(packets: number, one: (n: number) => void): [us: number, octets: number] {
  collect()
  const before = taken()
  const begun = process.cpuUsage()
  for (let n = 0; n < packets; n++) one(n)
  const spent = process.cpuUsage(begun)
  return [spent.user + spent.system, taken() - before]
}

/**
 * Runs `one` for `packets` packets and for twice as many, `ROUNDS` times. The best round counts, since the others had company on
 * the machine; the heap is told by what the longer rounds take more, since V8 counts by blocks of 256 KiB.
 */
function measure(what: string, packets: number, one: (n: number) => void): Row {
  for (let n = 0; n < WARM_UP; n++) one(n)
  let us = Number.POSITIVE_INFINITY
  let short = Number.POSITIVE_INFINITY
  let long = Number.POSITIVE_INFINITY
  for (let i = 0; i < ROUNDS; i++) {
    const [shortUs, shortOctets] = round(packets, one)
    const [longUs, longOctets] = round(2 * packets, one)
    us = Math.min(us, shortUs / packets, longUs / (2 * packets))
    short = Math.min(short, shortOctets)
    long = Math.min(long, longOctets)
  }
  return {
    what,
    usPerPacket: Number(us.toFixed(3)),
    partOf20Ms: Number((us / BUDGET_US).toPrecision(3)),
    heapOctetsPerMillion: Math.max(0, Math.round(((long - short) / packets) * 1e6)),
  }
}

/** @returns a packet with 20 ms of a sine in that codec; in Opus as a phone would send it. */
function packetIn(name: CodecName): Uint8Array {
  const encoder = name === 'OPUS' ? talking() : createEncoder(name)
  const pcm = new Int16Array(encoder.sampleRate / 50)
  writeSine(pcm, 0, pcm.length, 440, -10, encoder.sampleRate)
  const packet = new Uint8Array(1500)
  const start = writeHeader(packet, 8, false, 0, 0, 1)
  // The first frame of a state is not like the others.
  for (let i = 0; i < 4; i++) encoder.encode(pcm, pcm.length, packet, start)
  return packet.slice(0, start + encoder.encode(pcm, pcm.length, packet, start))
}

function talking(): OpusEncoder {
  return OpusEncoder.ofTalk({ fec: true, constantRate: false, maxPlaybackRate: 48_000 })
}

function transcoders(): Row[] {
  const out = new Uint8Array(20 * LINEAR_PER_MS)
  const linear = new Int16Array(out.buffer)
  const coded = new Uint8Array(1500)
  return CODECS.flatMap(({ name: from }) =>
    CODECS.map(({ name: to }) => {
      const packet = packetIn(from)
      const transcoder = createTranscoder(from, to)
      // Opus is coded by the frame, behind the transcoder.
      const encoder = to === 'OPUS' && from !== 'OPUS' ? talking() : undefined
      return measure(`${from} to ${to}`, 20_000, () => {
        const octets = transcoder.run(packet, 12, packet.length, out, 0)
        encoder?.encode(linear, octets >> 1, coded, 0)
      })
    }),
  )
}

/** Opus alone: both encoders, and the decoder with and without a loss to make up. */
function opus(): Row[] {
  const packet = packetIn('OPUS')
  const pcm = new Int16Array(SAMPLES_MAX)
  const out = new Uint8Array(1500)
  const decoder = createDecoder('OPUS')
  const [clips, talk] = [OpusEncoder.ofClips(), talking()]
  decoder.decode(packet, 12, packet.length, pcm)
  return [
    measure('Opus: decode', 20_000, () => void decoder.decode(packet, 12, packet.length, pcm)),
    measure('Opus: make up a loss', 20_000, () => void decoder.bridge(320, packet, 12, packet.length, pcm)),
    measure('Opus: encode talk', 10_000, () => void talk.encode(pcm, 320, out, 0)),
    measure('Opus: encode a clip', 20_000, () => void clips.encode(pcm, 320, out, 0)),
  ]
}

/** Reads and rewrites a header as the relay does. */
function headers(): Row {
  const packet = packetIn('PCMA')
  let octets = 0
  return measure('header: check, rewrite', 1_000_000, (n) => {
    if (!isRtp(packet)) return
    octets += payloadEnd(packet) - payloadStart(packet)
    setSequence(packet, n)
    setTimestamp(packet, n * OCTETS)
    setSsrc(packet, octets)
  })
}

function reception(): Row {
  const state = createReception()
  return measure('reception: loss, jitter', 1_000_000, (n) => {
    noteReceived(state, n & 0xffff, n * OCTETS, n * OCTETS + (n % 7))
  })
}

function reordering(): Row {
  const buffer = new ReorderBuffer()
  const packet = packetIn('PCMA')
  const out = new Uint8Array(1500)
  return measure('reorder: in, out', 200_000, (n) => {
    setSequence(packet, n ^ 1)
    buffer.push(packet, packet.length)
    while (buffer.pull(out) !== 0);
  })
}

/** Presses of 100 ms, 7 packets each, through reader and arbiter. */
function events(): Row {
  const sender = new EventSender({ ssrc: 1, payloadType: 101, sequence: 0 })
  const reader = new EventReader()
  const arbiter = new KeyArbiter()
  const packet = new Uint8Array(16)
  let sum = 0
  return measure('event: reader, arbiter', 500_000, (n) => {
    if (sender.next(packet) === 0) {
      sender.press(n & 15, (n * OCTETS) >>> 0, 100)
      sender.next(packet)
    }
    const code = reader.accept(packet, 12, 16, n * 20)
    if (code >= 0) sum += arbiter.fromEvent(code, n * 20)
    if (sum < 0) throw new Error('a press was told twice')
  })
}

const rows: Row[] = [...transcoders(), ...opus(), headers(), reception(), reordering(), events()]
const line = (cells: string[]): string =>
  `${cells[0]?.padEnd(26)}${cells
    .slice(1)
    .map((cell) => cell.padStart(18))
    .join('')}\n`
process.stdout.write(line(['', 'us a packet', 'part of 20 ms', 'heap octets/10^6']))
for (const row of rows) {
  const part = `1/${Math.round(1 / row.partOf20Ms)}`
  process.stdout.write(line([row.what, row.usPerPacket.toFixed(3), part, String(row.heapOctetsPerMillion)]))
}
process.stdout.write(`${JSON.stringify({ bench: 'rtp', budgetUs: BUDGET_US, rows })}\n`)
