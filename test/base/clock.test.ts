import t from 'tap'
import { clockFrom } from '../../src/base/clock.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

t.test('a clock over given timers', async (t) => {
  const set: [() => void, number][] = []
  const cleared: number[] = []
  const clock = clockFrom({
    now: () => 42,
    setTimeout: (call, ms) => set.push([call, ms]),
    clearTimeout: (handle) => cleared.push(handle),
  })
  t.equal(clock.now(), 42)
  const timer = clock.after(-5, () => undefined)
  t.equal(set[0]?.[1], 0, 'never a negative time')
  clock.after(2 ** 32 * 1000, () => undefined)
  t.equal(set[1]?.[1], 2 ** 31 - 1, 'nor one that Node takes for 1 ms')
  timer.cancel()
  t.strictSame(cleared, [1])
})

t.test('a timer that comes late waits until what came meanwhile has been read', async (t) => {
  let nowMs = 1000
  const set: [() => void, number][] = []
  const cleared: number[] = []
  const clock = clockFrom({
    now: () => nowMs,
    setTimeout: (call, ms) => set.push([call, ms]),
    clearTimeout: (handle) => cleared.push(handle),
  })
  const seen: string[] = []
  const given = clock.after(2000, () => seen.push('gave up'))
  clock.after(2000, () => seen.push('due'))
  clock.after(4900, () => seen.push('a little late'))
  nowMs = 6000
  for (const [call] of set.slice(0, 3)) call()
  t.strictSame(seen, ['a little late'], 'stopped for three seconds: nobody gives up before he has listened')
  t.equal(set[3]?.[1], 20)
  given.cancel()
  t.strictSame(cleared, [4], 'the answer was there')
  nowMs = 6600
  set[4]?.[0]()
  t.strictSame(seen, ['a little late', 'due'], 'once, however late')
})

t.test('the stepped clock', async (t) => {
  const clock = steppedClock(100)
  const seen: string[] = []
  const at = (name: string) => () => void seen.push(`${name}@${clock.now()}`)
  clock.after(20, at('late'))
  clock.after(10, at('early'))
  const cancelled = clock.after(15, at('never'))
  clock.after(5, function again() {
    at('again')()
    if (clock.now() < 125) clock.after(10, again)
  })
  cancelled.cancel()
  cancelled.cancel()
  clock.step(9)
  t.strictSame(seen, ['again@105'])
  clock.step(21)
  t.strictSame(
    seen,
    ['again@105', 'early@110', 'again@115', 'late@120', 'again@125'],
    'in order of time, re-armed ones within the step',
  )
  t.equal(clock.now(), 130)
  t.equal(clock.pending, 0)
})
