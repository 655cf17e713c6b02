import t from 'tap'
import { mosOf, type Path, ratingOf } from '../../src/rtp/e-model.ts'

const clean: Path = { codec: 'PCMA', lossFraction: 0, oneWayMs: 0, concealed: true }
const near = (a: number, b: number, by: number) => Math.abs(a - b) <= by

t.test('the corners of G.107 annex B', async (t) => {
  t.equal(mosOf(0), 1)
  t.equal(mosOf(-5), 1)
  t.equal(mosOf(100), 4.5)
  // Table B.1 of G.107: the limits of the speech quality categories.
  for (const [rating, mos] of [
    [90, 4.34],
    [80, 4.03],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
  ] as const) {
    t.ok(near(mosOf(rating), mos, 0.01), `${rating}: ${mosOf(rating)}`)
  }
  t.ok(near(mosOf(ratingOf(clean)), 4.41, 0.01), 'G.711 without a flaw')
})

t.test('loss costs, and less so where it is concealed', async (t) => {
  const at = (lossFraction: number, concealed: boolean) => ratingOf({ ...clean, lossFraction, concealed })
  // G.113: at a loss of Bpl per cent half of 95 is gone.
  t.ok(near(at(0.251, true), 93.2 - 47.5, 0.01))
  t.ok(near(at(0.043, false), 93.2 - 47.5, 0.01))
  for (const loss of [0.01, 0.05, 0.2]) t.ok(at(loss, true) > at(loss, false))
  t.ok(at(0.01, true) > at(0.02, true))
  t.ok(ratingOf({ ...clean, lossFraction: 0.05, burstRatio: 2 }) < at(0.05, true), 'in bursts more')
  t.equal(ratingOf({ ...clean, lossFraction: 1, concealed: false }) >= 0, true)
  t.equal(ratingOf({ ...clean, lossFraction: -3 }), ratingOf(clean))
})

t.test('delay is little noticed up to 177 ms, and then more', async (t) => {
  const at = (oneWayMs: number) => ratingOf({ ...clean, oneWayMs })
  t.ok(near(at(0) - at(100), 2.4, 0.01))
  t.ok(at(177) - at(277) > 3 * (at(0) - at(100)))
})

t.test('wide sound is on the same scale', async (t) => {
  const wide = ratingOf({ ...clean, codec: 'G722' })
  t.ok(near(wide, 116 / 1.29, 0.01))
  t.ok(mosOf(wide) > 4.3)
})
