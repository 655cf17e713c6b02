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

/** Two presses of key 5, the second 40 ms after the first. */
const twice = (first = 100, second = 100): [Arrival[], Arrival[]] => {
  const ts = 0xfffffe00
  return [
    press({ code: 5, atMs: 0, seq: 65530, ts, ms: first }),
    press({ code: 5, atMs: first + 40, seq: 65530 + first / 20 + 4, ts: ts + (first + 40) * 8, ms: second }),
  ]
}
const only = (list: readonly Arrival[], ...at: number[]): Arrival[] => at.map((i) => list.at(i) as Arrival)

t.test('the same key twice, 40 ms apart, whatever is lost of either', async (t) => {
  for (const [first, second] of [
    [40, 40],
    [100, 100],
    [100, 40],
    [40, 200],
  ] as const) {
    const [a, b] = twice(first, second)
    const subsets = (list: Arrival[]) =>
      Array.from({ length: (1 << list.length) - 1 }, (_, bits) => list.filter((_, i) => ((bits + 1) >> i) & 1))
    let wrong = 0
    for (const left of subsets(a)) {
      for (const right of subsets(b)) if (read([...left, ...right]).join() !== '5,5') wrong++
    }
    t.equal(wrong, 0, `${first} ms and ${second} ms: every choice of what arrives`)
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

t.test('conduct of senders and relays', async (t) => {
  const one = press({ code: 1, atMs: 0, seq: 10, ts: 1000 })
  const rows: [says: string, arrivals: Arrival[], codes: number[]][] = [
    ['only the start arrives', only(one, 0), [1]],
    ['only one end arrives', only(one, -1), [1]],
    ['same timestamp, other key', [...one, ...press({ code: 2, atMs: 200, seq: 30, ts: 1000 })], [1, 2]],
    [
      'the timestamp does not move on after the key, and the same key comes again',
      [...one, ...press({ code: 1, atMs: 200, seq: 30, ts: 1000 })],
      [1, 1],
    ],
    [
      'the durations are doubled, and the same key comes again after 40 ms',
      [0, 140].flatMap((atMs, i) =>
        press({ code: 1, atMs, seq: 10 + 20 * i, ts: 1000 + atMs * 8 }).map((a) => ({
          ...a,
          events: [[1, a.events?.[0]?.[1] ?? false, 2 * (a.events?.[0]?.[2] ?? 0)] as const],
        })),
      ),
      [1, 1],
    ],
    ['the marker on every packet', one.map((a) => ({ ...a, marker: true })), [1]],
    [
      'the end of a press after the next press has begun',
      [...one.slice(0, 3), ...press({ code: 2, atMs: 120, seq: 30, ts: 2000 }), ...one.slice(3)],
      [1, 2],
    ],
    [
      'the only packet of a press after the next press has begun: its place is lost',
      [...press({ code: 2, atMs: 120, seq: 30, ts: 2000 }), ...only(one, 0)],
      [2],
    ],
    ['an end of duration 0 and no more', [{ atMs: 0, seq: 1, ts: 5, events: [[3, true, 0]] }], []],
    [
      'a press whose packets all say 0',
      [0, 1, 2, 3].map((i) => ({ atMs: i * 20, seq: i, ts: 5, events: [[3, i > 1, 0] as const] })),
      [3],
    ],
    [
      'four zero octets again and again are no key 0',
      Array.from({ length: 9 }, (_, i) => ({ atMs: i * 20, seq: i, ts: 5 + i * 160, payload: new Uint8Array(4) })),
      [],
    ],
    [
      'a start of duration 0, repeated under its sequence number, then lost',
      [0, 1].map((i) => ({ atMs: i, seq: 7, ts: 5, events: [[3, false, 0] as const] })),
      [],
    ],
    [
      'zero octets behind the event',
      [{ atMs: 0, seq: 1, ts: 5, payload: Uint8Array.of(4, 0x8a, 3, 32, 0, 0, 0, 0) }],
      [4],
    ],
    [
      'the same key twice in one packet, repeated',
      [0, 1, 2].map((i) => ({ atMs: i, seq: i, ts: 5, events: [[7, true, 800] as const, [7, true, 800] as const] })),
      [7, 7],
    ],
    [
      'nine keys in one packet: eight are taken',
      [{ atMs: 0, seq: 1, ts: 5, events: Array.from({ length: 9 }, (_, i) => [i, true, 80] as const) }],
      [0, 1, 2, 3, 4, 5, 6, 7],
    ],
    [
      'timestamps begin anew under the same SSRC',
      [
        ...one,
        ...press({ code: 1, atMs: 300, seq: 40, ts: 0xc0000000 }),
        ...press({ code: 1, atMs: 600, seq: 60, ts: 50 }),
      ],
      [1, 1, 1],
    ],
    [
      'the same timestamp comes back after the source has begun anew',
      [...one, ...press({ code: 1, atMs: 60_000, seq: 9, ts: 1000 })],
      [1, 1],
    ],
    [
      'a new SSRC in mid-press and a packet of the old one after it',
      [...one.slice(0, 2), ...one.slice(3).map((a) => ({ ...a, ssrc: 9 })), ...one.slice(2, 3)],
      [1],
    ],
    [
      'a new SSRC, sequence and timestamp in mid-press',
      [...one.slice(0, 3), ...one.slice(3).map((a) => ({ ...a, ssrc: 9, seq: a.seq + 9999, ts: a.ts + 7777 }))],
      [1],
    ],
    ['a new SSRC, and the same key again', [...one, ...press({ code: 1, atMs: 140, seq: 1, ts: 9, ssrc: 3 })], [1, 1]],
    [
      'a new SSRC, and the same key again, whose packets but the end are lost, much later',
      [...one, ...only(press({ code: 1, atMs: 900, seq: 1, ts: 9, ssrc: 3 }), -1)],
      [1, 1],
    ],
  ]
  for (const [says, arrivals, codes] of rows) t.strictSame(read(arrivals), codes, says)
})

t.test('a long press is one key', async (t) => {
  /** A press of 20 s; `name` gives timestamp and duration of the update that ends after `units`. */
  const long = (stepMs: number, name: (units: number) => [ts: number, duration: number]): Arrival[] =>
    Array.from({ length: 20_000 / stepMs }, (_, i) => {
      const units = (i + 1) * stepMs * 8
      const [ts, duration] = name(units)
      return {
        atMs: (i + 1) * stepMs,
        seq: i,
        ts,
        marker: i === 0,
        events: [[5, units === 160_000, duration]] as const,
      }
    })
  const rows: [says: string, arrivals: Arrival[]][] = [
    ['segments of 0xFFFF', long(20, (u) => [Math.floor((u - 1) / 65535) * 65535, ((u - 1) % 65535) + 1])],
    [
      'segments of 0xFFFF, seldom updated',
      long(1000, (u) => [Math.floor((u - 1) / 65535) * 65535, ((u - 1) % 65535) + 1]),
    ],
    ['segments of whole packets', long(20, (u) => [Math.floor((u - 1) / 65440) * 65440, ((u - 1) % 65440) + 1])],
    ['the duration wraps', long(20, (u) => [0, u & 0xffff])],
    ['the duration stops at its most', long(20, (u) => [0, Math.min(65535, u)])],
    ['a timestamp of its own in every packet', long(20, (u) => [u - 160, Math.min(65535, u)]).slice(0, 400)],
    ['updates half a second apart', long(500, (u) => [0, Math.min(65535, u)])],
  ]
  for (const [says, arrivals] of rows) t.strictSame(read(arrivals), [5], says)
  const ended = long(20, (u) => [Math.floor((u - 1) / 65535) * 65535, ((u - 1) % 65535) + 1]).map((a) =>
    a.events?.[0]?.[2] !== 65535 ? a : { ...a, events: [[5, true, 65535] as const] },
  )
  t.strictSame(read(ended), [5], 'segments that are ended, wrongly')
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
