import t from 'tap'
import { kolmogorovSmirnov, timingVerdict } from '../../src/leak/timing.ts'

/** Numbers below 1, always the same. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 0x1_0000_0000
  }
}

const pressedMs = Array.from({ length: 24 }, (_, i) => 1000 + i * 263)

/** Packets every 20 ms, late by up to 2 ms, and by more while a key is down. */
function stream(random: () => number, lateWithKeyMs: number): number[] {
  return Array.from({ length: 400 }, (_, i) => {
    const atMs = i * 20
    const pressed = pressedMs.some((press) => atMs >= press && atMs < press + 20)
    return atMs + random() * 2 + (pressed ? lateWithKeyMs : 0)
  })
}

t.test('a steady cadence tells nothing, whatever its noise', async (t) => {
  const random = seeded(7)
  let low = 0
  for (let round = 0; round < 200; round++) {
    const { p, follows } = timingVerdict(stream(random, 0), pressedMs)
    if ((p ?? 1) <= 0.01) low += 1
    t.notOk(follows)
  }
  t.ok(low <= 4, `${low} of 200 sound rows were below one in a hundred by chance`)
})

t.test('a cadence that falters with the keys is found', async (t) => {
  const { p = 1, follows, keying, idle } = timingVerdict(stream(seeded(3), 9), pressedMs)
  t.ok(follows)
  t.ok(p < 0.001, `p ${p}`)
  t.ok(keying > 50 && idle > 100, `${keying} and ${idle} gaps`)
})

t.test('too few gaps tell nothing', async (t) => {
  t.equal(timingVerdict([0, 20, 40], [10]).p, undefined)
})

t.test('the test of two rows', async (t) => {
  t.equal(kolmogorovSmirnov([1, 2, 3, 4], [1, 2, 3, 4]), 1)
  const low = Array.from({ length: 50 }, (_, i) => i)
  t.ok(
    kolmogorovSmirnov(
      low,
      low.map((value) => value + 100),
    ) < 1e-6,
  )
  // Two rows of 50 that are 0.3 apart at the most: 0.0171 by the tables of the asymptotic distribution, 0.0217 uncorrected.
  const apart = kolmogorovSmirnov(
    low,
    low.map((value) => value + 15),
  )
  t.ok(apart > 0.01 && apart < 0.03, `p ${apart}`)
})
