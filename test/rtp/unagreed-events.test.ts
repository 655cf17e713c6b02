import t from 'tap'
import { UnagreedEvents } from '../../src/rtp/unagreed-events.ts'
import { type Arrival, packetOf, press } from './event-stream.ts'

/** Which of the arrivals are taken for events. */
function admitted(arrivals: readonly Arrival[]): boolean[] {
  const events = new UnagreedEvents()
  return arrivals.map((arrival) => {
    const packet = packetOf(arrival)
    return events.admits(packet, 12, packet.length, arrival.atMs)
  })
}

const one = press({ code: 5, atMs: 0, seq: 1, ts: 1000 }).map((arrival) => ({ ...arrival, pt: 101 }))
const change = (how: Partial<Arrival>) => one.map((arrival) => ({ ...arrival, ...how }))

t.test('a payload type is believed from its second event packet on', async (t) => {
  t.same(admitted(one), [false, ...one.slice(1).map(() => true)])
  const next = press({ code: 6, atMs: 400, seq: 40, ts: 4000 })
  t.ok(
    admitted([...one, ...next.map((arrival) => ({ ...arrival, pt: 101 }))])
      .slice(one.length)
      .every(Boolean),
  )
})

t.test('ends alone are enough', async (t) => {
  t.same(admitted(one.slice(-3)), [false, true, true])
})

t.test('what does not go on as an event does is none', async (t) => {
  const first = one[0] as Arrival
  const second = one[1] as Arrival
  const rows: readonly (readonly [what: string, arrivals: readonly Arrival[]])[] = [
    ['alone', [first]],
    ['twice the same packet', [first, first]],
    ['late', [first, { ...second, atMs: first.atMs + 251 }]],
    ['another timestamp', [first, { ...second, ts: 1160 }]],
    ['another payload type', [first, { ...second, pt: 102 }]],
    ['another source', [first, { ...second, ssrc: 9 }]],
    ['a duration that shrinks', [second, { ...first, seq: 3 }]],
    ['no duration', [first, second].map((arrival) => ({ ...arrival, events: [[5, false, 0]] }))],
    ['static payload types', change({ pt: 77 })],
    ['codes that are no keys', change({ events: [[16, false, 800]] })],
    [
      'two events',
      change({
        events: [
          [1, true, 800],
          [2, true, 800],
        ],
      }),
    ],
    ['sound', change({ payload: new Uint8Array(160) })],
    ['comfort noise', change({ payload: Uint8Array.of(10) })],
    ['the reserved bit', change({ payload: Uint8Array.of(5, 0x4a, 1, 0) })],
  ]
  for (const [what, arrivals] of rows) t.notOk(admitted(arrivals).some(Boolean), what)
})

t.test('another source is believed anew, and so is any after a reset', async (t) => {
  const other = change({ ssrc: 9 })
  t.same(admitted([...one, ...other]).slice(one.length), [false, ...other.slice(1).map(() => true)])
  const events = new UnagreedEvents()
  const take = (arrival: Arrival) => events.admits(packetOf(arrival), 12, 16, arrival.atMs)
  one.map(take)
  events.reset()
  t.equal(take(one[2] as Arrival), false)
})
