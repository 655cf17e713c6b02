import t from 'tap'
import { type Arrival, press, read } from './event-stream.ts'

const only = (list: readonly Arrival[], ...at: number[]): Arrival[] => at.map((i) => list.at(i) as Arrival)

/** Two presses of key 5, the second 40 ms after the first. */
const twice = (first = 100, second = 100): [Arrival[], Arrival[]] => {
  const ts = 0xfffffe00
  return [
    press({ code: 5, atMs: 0, seq: 65530, ts, ms: first }),
    press({ code: 5, atMs: first + 40, seq: 65530 + first / 20 + 4, ts: ts + (first + 40) * 8, ms: second }),
  ]
}

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
    [
      'the same key seconds later from a new SSRC whose timestamps begin where those of the first did, as sipp plays keys',
      [...one, ...press({ code: 1, atMs: 1400, seq: 30, ts: 1000, ssrc: 3 })],
      [1, 1],
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
