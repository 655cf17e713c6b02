import t from 'tap'
import { watchQuiet } from '../../src/call/quiet.ts'
import { settle } from '../peers/call-bench.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

function bench() {
  const clock = steppedClock()
  const state = { packets: 100, exempt: false, dead: 0, fails: false, asked: 0, answer: Promise.resolve(false) }
  const watch = watchQuiet({
    clock,
    limitMs: 30_000,
    packetsReceived: async () => {
      if (state.fails) throw new Error('no media')
      return state.packets
    },
    exempt: () => state.exempt,
    isThere: () => {
      state.asked++
      return state.answer
    },
    onDead: () => state.dead++,
  })
  const step = async (ms: number) => {
    await settle()
    clock.step(ms)
    await settle()
  }
  return { clock, state, watch, step }
}

t.test('a far end is dead when nothing came for the limit', async (t) => {
  const { state, watch, step } = bench()
  watch.fellQuiet(5000)
  await step(24_999)
  t.equal(state.dead, 0)
  await step(1)
  t.equal(state.dead, 1)
})

t.test('one that spoke again lives', async (t) => {
  const { state, watch, step, clock } = bench()
  watch.fellQuiet(5000)
  await step(20_000)
  state.packets++
  await step(60_000)
  t.equal(state.dead, 0)
  t.equal(clock.pending, 0)
})

t.test('one on hold is looked at again when it is not', async (t) => {
  const { state, watch, step } = bench()
  state.exempt = true
  watch.fellQuiet(5000)
  await step(25_000)
  await step(30_000)
  t.equal(state.dead, 0)
  state.exempt = false
  await step(30_000)
  t.equal(state.dead, 1)
})

t.test('a closed watch is silent', async (t) => {
  const { state, watch, step, clock } = bench()
  watch.fellQuiet(5000)
  watch.close()
  await step(60_000)
  watch.close()
  watch.fellQuiet(5000)
  await step(60_000)
  t.equal(state.dead, 0)
  t.equal(clock.pending, 0)
})

t.test('a second silence begins anew', async (t) => {
  const { state, watch, step } = bench()
  watch.fellQuiet(5000)
  await step(20_000)
  state.packets++
  watch.fellQuiet(5000)
  await step(24_999)
  t.equal(state.dead, 0)
  await step(1)
  t.equal(state.dead, 1)
})

t.test('one that has nothing to say is asked, and left alone for as long as it answers', async (t) => {
  const { state, watch, step, clock } = bench()
  state.answer = Promise.resolve(true)
  watch.fellQuiet(5000)
  await step(25_000)
  t.same([state.asked, state.dead], [1, 0])
  await step(30_000)
  t.same([state.asked, state.dead], [2, 0])
  state.answer = Promise.resolve(false)
  await step(30_000)
  t.same([state.asked, state.dead], [3, 1])
  t.equal(clock.pending, 0)
})

t.test('an answer that comes when the watch is closed counts for nothing', async (t) => {
  const { state, watch, step, clock } = bench()
  let answer = (_: boolean): void => undefined
  state.answer = new Promise((resolve) => {
    answer = resolve
  })
  watch.fellQuiet(5000)
  await step(25_000)
  watch.close()
  answer(false)
  await step(60_000)
  t.equal(state.dead, 0)
  t.equal(clock.pending, 0)
})

for (const [says, change] of [
  ['speaks', { packets: 101 }],
  ['is put on hold, or goes to a vault,', { exempt: true }],
] as const) {
  t.test(`one that ${says} while its answer is waited for lives`, async (t) => {
    const { state, watch, step } = bench()
    let answer = (_: boolean): void => undefined
    state.answer = new Promise((resolve) => {
      answer = resolve
    })
    watch.fellQuiet(5000)
    await step(25_000)
    t.equal(state.asked, 1)
    Object.assign(state, change)
    answer(false)
    await step(4000)
    t.equal(state.dead, 0)
    if ('packets' in change) return
    state.exempt = false
    await step(30_000)
    t.same([state.asked, state.dead], [2, 1], 'and is asked again when that is over')
  })
}
