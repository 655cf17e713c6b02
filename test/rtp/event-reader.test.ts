import { readFileSync } from 'node:fs'
import t from 'tap'
import { EventReader } from '../../src/rtp/event-reader.ts'
import { type Arrival, packetOf, press, RED_PT, read } from './event-stream.ts'
import { hostile, SEED, seeded } from './seeded.ts'

type Sequence = {
  name: string
  clock: number
  eventPt: number
  redPt?: number
  digits: string
  reoffer?: { atMs: number; eventPt: number }
  packets: { atMs: number; seq: number; ts: number; ssrc: number; pt: number; m: number; hex: string }[]
}

const file = new URL('../fixtures/rtp-events/rtp-events.json', import.meta.url)
const sequences = JSON.parse(readFileSync(file, 'utf8')) as Sequence[]
const KEYS = '0123456789*#ABCD'

t.test('every sequence of the fixture gives its keys', async (t) => {
  t.equal(sequences.length, 46)
  for (const row of sequences) {
    const reader = new EventReader(row.clock)
    let keys = ''
    for (const p of row.packets) {
      const eventPt = row.reoffer !== undefined && p.atMs >= row.reoffer.atMs ? row.reoffer.eventPt : row.eventPt
      if (p.pt !== eventPt && p.pt !== row.redPt) continue
      const packet = packetOf({ ...p, marker: p.m === 1, payload: Buffer.from(p.hex, 'hex') })
      let code =
        p.pt === eventPt
          ? reader.accept(packet, 12, packet.length, p.atMs)
          : reader.acceptRedundant(packet, 12, packet.length, eventPt, p.atMs)
      for (; code >= 0; code = reader.more()) keys += KEYS[code]
    }
    t.equal(keys, row.digits, row.name)
  }
})

t.test('one press in any order, repeated at random, is one key', async (t) => {
  const random = seeded(SEED)
  for (let run = 0; run < 500; run++) {
    const all = press({ code: 9, atMs: 0, seq: Math.floor(random() * 65536), ts: random() * 2 ** 32, ms: 160 })
    const order = [...all, ...all.filter(() => random() < 0.5)]
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1))
      ;[order[i], order[j]] = [order[j] as Arrival, order[i] as Arrival]
    }
    const arrivals = order.map((a, i) => ({ ...a, atMs: i * 13 }))
    if (read(arrivals).join() !== '9') t.fail(`run ${run} of seed ${SEED}`)
  }
})

t.test('a key is down from its first packet to its end, or until nothing more comes', async (t) => {
  const reader = new EventReader()
  const all = press({ code: 6, atMs: 0, seq: 0, ts: 0 })
  t.equal(reader.keyDown, false)
  t.equal(reader.lapse(0), false, 'nothing to lapse')
  read(all.slice(0, 4), reader)
  t.equal(reader.keyDown, true)
  t.equal(reader.lapse(100), false, 'too soon')
  read(all.slice(4, 5), reader)
  t.equal(reader.keyDown, false, 'ended')
  read(all.slice(1, 2), reader)
  t.equal(reader.keyDown, false, 'a late update does not press it again')
  read(press({ code: 6, atMs: 1000, seq: 90, ts: 8000 }).slice(0, 2), reader)
  t.equal(reader.keyDown, true)
  t.equal(reader.lapse(1040 + 249), false)
  t.equal(reader.lapse(1040 + 250), true, 'released for want of packets')
  t.equal(reader.keyDown, false)
  t.equal(reader.lapse(5000), false, 'told once')
  read(press({ code: 7, atMs: 6000, seq: 190, ts: 80000 }).slice(0, 1), reader)
  reader.reset()
  t.equal(reader.keyDown, false, 'reset releases it')
  t.equal(reader.lapse(99_999), false)
  t.equal(reader.more(), -1)
})

t.test('what is no key is counted and not reported', async (t) => {
  const reader = new EventReader()
  const events: Arrival[] = [16, 36, 64, 255].map((code, i) => ({
    atMs: i,
    seq: i,
    ts: i,
    events: [[code, true, 800]],
  }))
  const lengths: Arrival[] = [0, 1, 2, 3, 5, 6, 7, 9].map((n) => ({
    atMs: 9,
    seq: 9,
    ts: 9,
    payload: new Uint8Array(n).fill(1),
  }))
  t.strictSame(read([...events, ...lengths], reader), [])
  t.strictSame([reader.notKeys, reader.malformed], [4, 8])
})

t.test('redundant blocks (RFC 2198)', async (t) => {
  const red = (...hex: string[]): Uint8Array => Buffer.from(hex.join(''), 'hex')
  const at = (seq: number, payload: Uint8Array, ts = 10_000 + seq * 160): Arrival => ({
    atMs: seq * 20,
    seq,
    ts,
    pt: RED_PT,
    payload,
  })
  const offset = (pt: number, back: number, length: number): string =>
    ((0x80000000 | (pt << 24) | (back << 10) | length) >>> 0).toString(16)
  const rows: [says: string, arrivals: Arrival[], codes: number[]][] = [
    ['no older block', [at(1, red('65', '018a0320'))], [1]],
    ['an older press rides along', [at(1, red(offset(101, 2000, 4), '65', '018a0320', '028a0320'))], [1, 2]],
    [
      'two older presses, oldest first',
      [at(1, red(offset(101, 4000, 4), offset(101, 2000, 4), '65', '018a0320', '028a0320', '038a0320'))],
      [1, 2, 3],
    ],
    ['older audio is stepped over', [at(1, red(offset(0, 160, 3), '65', 'd5d5d5', '048a0320'))], [4]],
    ['events behind the audio of now', [at(1, red(offset(101, 160, 4), '00', '058a00a0', 'd5d5'))], [5]],
    [
      'an update told again after the end does not press the key again',
      [
        at(1, red('65', '060a00a0'), 9000),
        at(2, red('65', '068a0140'), 9000),
        at(6, red(offset(101, 1000, 4), '00', '060a00a0', 'd5'), 10_000),
      ],
      [6],
    ],
    [
      'an older press after a younger one has lost its place',
      [at(1, red('65', '018a0320')), at(2, red(offset(101, 3000, 4), '00', '028a0320', 'd5'))],
      [1],
    ],
    ['the header of a block is cut', [at(1, red('e500'))], []],
    ['the body of a block is cut', [at(1, red(offset(101, 160, 9), '65', '018a'))], []],
    ['no block of now', [at(1, red(offset(101, 160, 4)))], []],
    ['nothing', [at(1, red(''))], []],
  ]
  for (const [says, arrivals, codes] of rows) t.strictSame(read(arrivals), codes, says)
  const reader = new EventReader()
  read([at(1, red('')), at(2, red('e5'))], reader)
  t.equal(reader.malformed, 2)
})

t.test('random keys through loss, repetition and reordering, with tones 40 ms long and apart', async (t) => {
  const random = seeded(SEED)
  for (let run = 0; run < 60; run++) {
    let seq = Math.floor(random() * 65536)
    let ts = Math.floor(random() * 2 ** 32)
    let atMs = 0
    const sent: Arrival[] = []
    const codes: number[] = []
    for (let key = 0; key < 20; key++) {
      const ms = 40 + 20 * Math.floor(random() * 8)
      const code = Math.floor(random() * 3)
      const all = press({ code, atMs, seq, ts, ms })
      const arrived = all.filter(() => random() > 0.3)
      if (arrived.length > 0) codes.push(code)
      sent.push(...arrived, ...arrived.filter(() => random() < 0.2))
      const gapMs = 40 + 20 * Math.floor(random() * 4)
      seq += all.length + gapMs / 20
      ts += (ms + gapMs) * 8
      atMs += ms + gapMs
    }
    // Jitter below half the shortest pause: packets of one press change places.
    const arrivals = sent.map((a) => ({ ...a, atMs: a.atMs + random() * 19 })).sort((x, y) => x.atMs - y.atMs)
    t.strictSame(read(arrivals), codes, `run ${run} of seed ${SEED}`)
  }
})

t.test(`hostile octets give a code or -1 (seed ${SEED})`, async (t) => {
  const reader = new EventReader()
  const event = packetOf({
    atMs: 0,
    seq: 1,
    ts: 2,
    events: [
      [1, true, 800],
      [2, true, 800],
    ],
  })
  const red = packetOf({
    atMs: 0,
    seq: 1,
    ts: 2,
    pt: RED_PT,
    payload: Buffer.from('e58c8004650' + '18a0320028a0320', 'hex'),
  })
  for (const sound of [event, red]) {
    hostile(sound, (bytes, what) => {
      // As the port does: nothing shorter than a header comes this far.
      const p = bytes.length < 12 ? Uint8Array.of(...bytes, ...new Uint8Array(12 - bytes.length)) : bytes
      for (let code = reader.accept(p, 12, p.length, 5); code !== -1; code = reader.more()) {
        if (!(code >= 0 && code <= 15)) t.fail(what)
      }
      for (let code = reader.acceptRedundant(p, 12, p.length, 101, 5); code !== -1; code = reader.more()) {
        if (!(code >= 0 && code <= 15)) t.fail(what)
      }
    })
  }
})
