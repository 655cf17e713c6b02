/**
 * The keypad against RFC 4733 as the field sends it: all sequences of the fixture, loss, bursts, holes, new sources, redundancy, other
 * clocks and payload types that nobody agreed on. The reader's own tests are in `test/rtp`; here it is the vault's whole way in.
 */

import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Ticket } from '../../src/media/contract.ts'
import { createEncoder } from '../../src/rtp/codec.ts'
import { HEADER_SIZE, writeHeader } from '../../src/rtp/packet.ts'
import { writeKey } from '../../src/rtp/tone.ts'
import { openKey } from '../../src/vault/key.ts'
import { Keypad } from '../../src/vault/keypad.ts'
import { type Arrival, EVENT_PT, packetOf, press, RED_PT } from '../rtp/event-stream.ts'
import { SEED, seeded } from '../rtp/seeded.ts'
import { ticketFor } from './bench.ts'

type Sequence = {
  name: string
  clock: number
  audioPt: number
  eventPt: number
  redPt?: number
  digits: string
  reoffer?: { atMs: number; eventPt: number }
  packets: { atMs: number; seq: number; ts: number; ssrc: number; pt: number; m: number; hex: string }[]
}

const HERE = '127.0.0.1'
const PORT = 4000
const KEYS = '0123456789*#ABCD'
const SSRC = 0x5077
const file = new URL('../fixtures/rtp-events/rtp-events.json', import.meta.url)
const sequences = JSON.parse(readFileSync(file, 'utf8')) as Sequence[]

function makeKeypad(stream: Partial<Ticket['stream']> = {}, change: Partial<Ticket> = {}) {
  const base = ticketFor('PCMU', PORT, 5000)
  const keys: number[] = []
  const ticket = { ...base, remoteSsrc: SSRC, ...change, stream: { ...base.stream, ...stream } }
  const keypad = new Keypad(ticket, 0, (key) => keys.push(openKey(key)))
  return { keypad, keys, text: () => keys.map((key) => KEYS[key]).join('') }
}

/** 20 ms of near silence, since an empty packet of sound is no packet of sound. */
const quiet = new Uint8Array(160).fill(0xff)

function give(keypad: Keypad, arrivals: readonly Arrival[]): void {
  for (const arrival of arrivals) keypad.accept(packetOf(arrival), HERE, PORT, arrival.atMs)
}

for (const sequence of sequences) {
  t.test(`sequence: ${sequence.name}`, async (t) => {
    // A re-offer may move the number while the port is in the media process; the ticket then has the one in force.
    const { keypad, text } = makeKeypad({
      receivePayloadType: sequence.audioPt,
      receiveEventPayloadType: sequence.eventPt,
      ...(sequence.redPt === undefined ? {} : { receiveRedundantPayloadType: sequence.redPt }),
      ...(sequence.clock === 8000 ? {} : { eventClockRate: sequence.clock }),
    })
    for (const { atMs, seq, ts, ssrc, pt, m, hex } of sequence.packets) {
      const payload = pt === sequence.audioPt ? quiet : Buffer.from(hex, 'hex')
      const packet = packetOf({ atMs, seq, ts, ssrc, pt, marker: m === 1, payload })
      keypad.accept(packet, HERE, PORT, atMs)
      if (packet.some((octet) => octet !== 0)) t.fail('a packet was not overwritten')
    }
    t.equal(text(), sequence.digits)
    t.strictSame(keypad.presses, { event: sequence.digits.length, tone: 0, info: 0 })
  })
}

type Road = {
  /** Share of packets that are lost each by itself. */
  readonly loss: number
  /** Share of packets that begin a burst of three lost ones. */
  readonly bursts: number
  readonly doubled: number
  readonly jitterMs: number
}

/** What comes out of a bad road: lost, doubled and late packets. */
function after(road: Road, sent: readonly Arrival[], random: () => number): Arrival[] {
  let burst = 0
  const arrived: Arrival[] = []
  for (const arrival of sent) {
    if (burst === 0 && random() < road.bursts) burst = 3
    const lost = burst > 0 || random() < road.loss
    burst = Math.max(0, burst - 1)
    if (lost) continue
    const atMs = arrival.atMs + random() * road.jitterMs
    arrived.push({ ...arrival, atMs })
    if (random() < road.doubled) arrived.push({ ...arrival, atMs: atMs + random() * road.jitterMs })
  }
  return arrived.sort((a, b) => a.atMs - b.atMs)
}

/** Random keys with sound between them. */
function number(random: () => number, count: number, shortestMs: number) {
  const [codes, sent]: [number[], Arrival[]] = [[], []]
  let [seq, ts, atMs] = [Math.floor(random() * 65_536), Math.floor(random() * 2 ** 32), 1000]
  for (let i = 0; i < count; i++) {
    const code = Math.floor(random() * 16)
    const ms = shortestMs + 20 * Math.floor(random() * 6)
    codes.push(code)
    const all = press({ code, atMs, seq, ts, ms, ssrc: SSRC })
    sent.push(...all)
    seq += all.length
    const gapMs = 60 + 20 * Math.floor(random() * 5)
    ts = (ts + (ms + gapMs) * 8) >>> 0
    atMs += ms + gapMs
    for (let gap = 0; gap < 2; gap++) {
      sent.push({ atMs: atMs - 20 + gap, seq: seq & 0xffff, ts: (ts - 160) >>> 0, ssrc: SSRC, pt: 0, payload: quiet })
      seq += 1
    }
    seq &= 0xffff
  }
  return { codes, sent }
}

t.test(
  `10,000 keys with 10 % loss, bursts of three, doubled and late packets: none missed, none doubled (seed ${SEED})`,
  async (t) => {
    const random = seeded(SEED)
    const { keypad, keys } = makeKeypad()
    const road = { loss: 0.1, bursts: 0.02, doubled: 0.05, jitterMs: 35 }
    const { codes, sent } = number(random, 10_000, 100)
    const arrived = after(road, sent, random)
    t.ok(arrived.length < sent.length * 0.95, `${sent.length} sent, ${arrived.length} arrived`)
    give(keypad, arrived)
    t.equal(keys.length, codes.length)
    t.ok(keys.every((key, i) => key === codes[i]))
    keypad.close()
  },
)

t.test('20 % loss and worse: a key may be missed, none is doubled and none is wrong', async (t) => {
  for (let run = 0; run < 20; run++) {
    const random = seeded(SEED + run)
    const { keypad, keys } = makeKeypad()
    const { codes, sent } = number(random, 200, 40)
    give(keypad, after({ loss: 0.3, bursts: 0.05, doubled: 0.1, jitterMs: 30 }, sent, random))
    let at = 0
    for (const key of keys) {
      while (at < codes.length && codes[at] !== key) at++
      at++
    }
    t.ok(at <= codes.length, `seed ${SEED + run}: ${keys.length} of ${codes.length}, in their order`)
    keypad.close()
  }
})

t.test('a hole of 260 ms at every offset of a press, long or short: whole or missed, never two', async (t) => {
  for (const ms of [60, 100, 160, 300, 600]) {
    const all = [
      ...press({ code: 1, atMs: 0, seq: 0, ts: 0, ms: 100, ssrc: SSRC }),
      ...press({ code: 7, atMs: 400, seq: 20, ts: 3200, ms, ssrc: SSRC }),
      ...press({ code: 2, atMs: 900 + ms, seq: 90, ts: (900 + ms) * 8, ms: 100, ssrc: SSRC }),
    ]
    for (let fromMs = 100; fromMs < 420 + ms; fromMs += 5) {
      const { keypad, keys } = makeKeypad()
      give(
        keypad,
        all.filter(({ atMs }) => atMs < fromMs || atMs >= fromMs + 260),
      )
      const heard = keys.join()
      if (heard !== '1,7,2' && heard !== '1,2' && heard !== '7,2') t.fail(`${ms} ms, hole at ${fromMs}: ${heard}`)
      if (ms >= 300 && fromMs > 110 && heard !== '1,7,2') t.fail(`${ms} ms outlast the hole at ${fromMs}: ${heard}`)
    }
  }
})

t.test('another source of the same address, between keys and in the middle of one', async (t) => {
  const all = [...'1225'].flatMap((digit, i) =>
    press({ code: Number(digit), atMs: i * 300, seq: i * 20, ts: i * 2400, ms: 160, ssrc: SSRC }),
  )
  for (let at = 1; at < all.length; at++) {
    for (const shift of [0, 40_000]) {
      const { keypad, keys } = makeKeypad()
      give(
        keypad,
        all.map((arrival, i) =>
          i < at
            ? arrival
            : { ...arrival, ssrc: 0x99, seq: (arrival.seq + shift) & 0xffff, ts: arrival.ts + shift * 3 },
        ),
      )
      if (keys.join() !== '1,2,2,5') t.fail(`new source at packet ${at}, moved by ${shift}: ${keys}`)
    }
  }
})

t.test('the clock of the events is that of their payload type, whatever that of the sound', async (t) => {
  for (const clockRate of [8000, 16_000, 48_000]) {
    const { keypad, keys } = makeKeypad(clockRate === 8000 ? {} : { eventClockRate: clockRate })
    const scale = clockRate / 8000
    // The same key five times, 40 ms each and apart: whoever reads the durations in another clock takes some for copies.
    const all = [0, 1, 2, 3, 4].flatMap((i) =>
      press({ code: 5, atMs: i * 80, seq: i * 4, ts: i * 640, ms: 40, ssrc: SSRC }),
    )
    give(
      keypad,
      all.map((arrival) => ({
        ...arrival,
        ts: arrival.ts * scale,
        events: (arrival.events ?? []).map(([code, end, duration]) => [code, end, duration * scale] as const),
      })),
    )
    t.strictSame(keys, [5, 5, 5, 5, 5], `${clockRate} Hz`)
  }
})

t.test('redundancy is read only where it was agreed', async (t) => {
  const payload = Buffer.from('e50fa00465018a0320028a0320', 'hex')
  const arrival = { atMs: 100, seq: 5, ts: 8000, ssrc: SSRC, pt: RED_PT, payload }
  const agreed = makeKeypad({ receiveRedundantPayloadType: RED_PT })
  give(agreed.keypad, [arrival])
  t.strictSame(agreed.keys, [1, 2])
  const not = makeKeypad()
  give(not.keypad, [arrival])
  t.strictSame(not.keys, [])
})

t.test('events under a payload type that nobody agreed on', async (t) => {
  const keyed = [...'4002'].flatMap((digit, i) =>
    press({ code: Number(digit), atMs: 100 + i * 300, seq: 10 + i * 20, ts: i * 2400, ssrc: SSRC }).map((arrival) => ({
      ...arrival,
      pt: 96,
    })),
  )
  await t.test('of the source that is known are keys, each once', async (t) => {
    for (const stream of [{}, { receiveEventPayloadType: undefined }]) {
      const { keypad, keys } = makeKeypad(stream as Partial<Ticket['stream']>)
      give(keypad, keyed)
      t.strictSame(keys, [4, 0, 0, 2])
    }
  })
  await t.test('beside the agreed one, they are the same keys', async (t) => {
    const { keypad, keys } = makeKeypad()
    give(
      keypad,
      keyed.flatMap((arrival) => [{ ...arrival, pt: EVENT_PT }, arrival]),
    )
    t.strictSame(keys, [4, 0, 0, 2])
  })
  await t.test('of any other source are nothing, and make no source', async (t) => {
    const strange = makeKeypad({}, { remoteSsrc: 1 })
    give(strange.keypad, keyed)
    t.strictSame(strange.keys, [])
    const unknown = makeKeypad({}, { latched: undefined, remoteSsrc: undefined })
    give(unknown.keypad, keyed)
    t.strictSame(unknown.keys, [])
    t.equal(unknown.keypad.latched, undefined)
  })
  await t.test('sound of a codec that nobody agreed on is none', async (t) => {
    const { keypad, keys } = makeKeypad()
    for (let i = 0; i < 200; i++) {
      const packet = new Uint8Array(HEADER_SIZE + 33).fill(5)
      writeHeader(packet, 97, false, i, i * 160, SSRC)
      keypad.accept(packet, HERE, PORT, i * 20)
    }
    t.strictSame(keys, [])
  })
})

t.test('a key by INFO is a key, and the same one by event is not another', async (t) => {
  const { keypad, keys } = makeKeypad()
  keypad.told(4, 1000)
  keypad.told(-1, 1010)
  keypad.told(16, 1020)
  give(keypad, press({ code: 4, atMs: 1050, seq: 1, ts: 0, ssrc: SSRC }))
  give(keypad, press({ code: 1, atMs: 1400, seq: 20, ts: 2800, ssrc: SSRC }))
  keypad.told(1, 1600)
  keypad.told(1, 1700)
  t.strictSame(keys, [4, 1, 1])
  t.strictSame(keypad.presses, { event: 1, tone: 0, info: 2 })
  t.notOk(keypad.isQuiet(1800, 250))
  keypad.close()
  keypad.told(5, 2000)
  t.pass('after the end it may come, and is of no use to anybody')
})

t.test('tones through 5 % loss in runs of one to three packets: none doubled, hardly one missed', async (t) => {
  const random = seeded(SEED)
  const encoder = createEncoder('PCMU')
  const [codes, packets]: [number[], Uint8Array[]] = [[], []]
  const pcm = new Int16Array(160)
  for (let i = 0; i < 1500; i++) {
    const code = Math.floor(random() * 16)
    codes.push(code)
    // 160 ms of tone is what takes two packets lost in its middle; 100 ms apart.
    const sound = new Int16Array(2080)
    writeKey(sound, 40 + Math.floor(random() * 120), code, 160, -10, 8000)
    for (let at = 0; at < sound.length; at += 160) {
      pcm.set(sound.subarray(at, at + 160))
      const packet = new Uint8Array(HEADER_SIZE + 160)
      writeHeader(packet, 0, false, packets.length & 0xffff, packets.length * 160, SSRC)
      encoder.encode(pcm, 160, packet, HEADER_SIZE)
      packets.push(packet)
    }
  }
  const { keypad, keys } = makeKeypad()
  let run = 0
  let lost = 0
  for (const [i, packet] of packets.entries()) {
    if (run === 0 && random() < 0.025) run = 1 + Math.floor(random() * 3)
    if (run > 0) {
      run -= 1
      lost += 1
      continue
    }
    keypad.accept(packet, HERE, PORT, i * 20)
  }
  t.ok(lost > packets.length * 0.04, `${lost} of ${packets.length} lost`)
  let at = 0
  for (const key of keys) {
    while (at < codes.length && codes[at] !== key) at++
    at++
  }
  t.ok(at <= codes.length, 'none doubled, none wrong')
  t.ok(keys.length > codes.length * 0.985, `${keys.length} of ${codes.length} heard`)
})

t.test('a caller that moves is followed when signalling says so, between keys and in the middle of one', async (t) => {
  const all = [...'4012'].flatMap((digit, i) =>
    press({ code: Number(digit), atMs: i * 300, seq: i * 20, ts: i * 2400, ms: 100, ssrc: SSRC }),
  )
  const moved = { address: '192.0.2.44', rtpPort: 6000, rtcpPort: 6001 }
  const rows: readonly (readonly [
    what: string,
    latch: 'first' | 'signalling' | 'sdp',
    address: string,
    port: number,
    ssrc: number,
    keys: boolean,
  ])[] = [
    ['to where it said', 'first', '192.0.2.44', 6000, SSRC, true],
    ['to where it said, with a new source', 'first', '192.0.2.44', 6000, 9, true],
    ['behind another NAT', 'first', '198.51.100.9', 7777, SSRC, true],
    ['to where it said, bound to its description', 'sdp', '192.0.2.44', 6000, SSRC, true],
    ['somewhere else, bound to its description', 'sdp', '198.51.100.9', 7777, SSRC, false],
    ['behind the NAT of its signalling', 'signalling', '198.51.100.8', 7777, SSRC, true],
    ['elsewhere than its signalling', 'signalling', '198.51.100.9', 7777, SSRC, false],
    ['but a stranger speaks', 'first', '203.0.113.5', 6000, 9, false],
  ]
  for (const [what, latch, address, port, ssrc, follows] of rows) {
    for (let at = 1; at < all.length; at++) {
      const { keypad, keys } = makeKeypad({ latch, signalledFrom: at % 2 === 0 ? '198.51.100.8' : HERE })
      give(keypad, all.slice(0, at))
      const before = keys.length
      keypad.move({ remote: moved, signalledFrom: '198.51.100.8' })
      for (const arrival of all.slice(at)) keypad.accept(packetOf({ ...arrival, ssrc }), address, port, arrival.atMs)
      if (follows ? keys.join() !== '4,0,1,2' : keys.length !== before) t.fail(`${what}, at packet ${at}: ${keys}`)
      t.match(
        keypad.latched,
        follows
          ? { address, rtpPort: port }
          : latch === 'sdp'
            ? { address: moved.address, rtpPort: moved.rtpPort }
            : { address: HERE, rtpPort: PORT },
      )
    }
  }
  const { keypad, keys } = makeKeypad()
  for (const arrival of all) keypad.accept(packetOf(arrival), '192.0.2.44', 6000, arrival.atMs)
  t.strictSame(keys, [], 'without signalling nobody is followed')
})

t.test('once it has moved it is held to its new address', async (t) => {
  const { keypad, keys } = makeKeypad()
  const at = (digit: number, seq: number, address: string, port: number) => {
    for (const arrival of press({ code: digit, atMs: seq * 20, seq, ts: seq * 160, ssrc: SSRC })) {
      keypad.accept(packetOf(arrival), address, port, arrival.atMs)
    }
  }
  keypad.move({ remote: { address: '192.0.2.44', rtpPort: 6000, rtcpPort: 6001 } })
  at(1, 0, HERE, PORT)
  at(2, 20, '192.0.2.44', 6000)
  at(3, 40, HERE, PORT)
  at(4, 60, '198.51.100.9', 1)
  at(5, 80, '192.0.2.44', 6000)
  t.strictSame(keys, [1, 2, 5], 'from the old one until it comes from the new one')
})

t.test('a caller of whom nothing had come before he moved is heard where he said', async (t) => {
  const of = { latch: 'signalling', signalledFrom: HERE } as const
  const { keypad, keys } = makeKeypad(of, { latched: undefined, remoteSsrc: undefined })
  keypad.move({ remote: { address: '192.0.2.44', rtpPort: 6000, rtcpPort: 6001 }, signalledFrom: '198.51.100.8' })
  for (const arrival of press({ code: 4, atMs: 0, seq: 0, ts: 0, ssrc: SSRC })) {
    keypad.accept(packetOf(arrival), '192.0.2.44', 6000, arrival.atMs)
  }
  t.strictSame(keys, [4])
})
