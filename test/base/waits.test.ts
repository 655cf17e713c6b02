import t from 'tap'
import { Waits } from '../../src/base/waits.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

t.test('each is served when its own time has come, whatever lengths there are', async (t) => {
  const clock = steppedClock()
  const served: string[] = []
  const waits = new Waits<string>(clock, (item) => served.push(`${item}@${clock.now() - 1_000_000}`))
  waits.begin(500, 'first')
  clock.step(100)
  waits.begin(500, 'second')
  waits.begin(50, 'short')
  clock.step(10_000)
  t.strictSame(served, ['short@150', 'first@500', 'second@600'])
  t.equal(clock.pending, 0)
})

t.test('what is given up is not served, and when nothing waits there is no timer', async (t) => {
  const clock = steppedClock()
  const served: string[] = []
  const waits = new Waits<string>(clock, (item) => served.push(item))
  const [a, b, c] = ['a', 'b', 'c'].map((item) => waits.begin(500, item))
  t.equal(clock.pending, 1, 'one timer for all')
  a?.cancel()
  a?.cancel()
  clock.step(500)
  t.strictSame(served, ['b', 'c'])
  b?.cancel()
  c?.cancel()
  t.equal(clock.pending, 0)
  waits.begin(500, 'd').cancel()
  t.equal(clock.pending, 0)
  waits.begin(500, 'e')
  clock.step(500)
  t.strictSame(served, ['b', 'c', 'e'])
})

t.test('one that is served may give up others and begin new ones', async (t) => {
  const clock = steppedClock()
  const served: string[] = []
  const waits = new Waits<string>(clock, (item) => {
    served.push(item)
    if (item === 'a') other.cancel()
    if (item.length < 4) waits.begin(500, `${item}a`)
  })
  waits.begin(500, 'a')
  const other = waits.begin(500, 'b')
  clock.step(10_000)
  t.strictSame(served, ['a', 'aa', 'aaa', 'aaaa'])
  t.equal(clock.pending, 0)
})

t.test('a defect in serving one does not keep the others waiting', async (t) => {
  const clock = steppedClock()
  const served: string[] = []
  const waits = new Waits<string>(clock, (item) => {
    if (item === 'bad') throw new Error('a defect')
    served.push(item)
  })
  for (const item of ['bad', 'a', 'b']) waits.begin(500, item)
  t.throws(() => clock.step(500), { message: 'a defect' })
  clock.step(0)
  t.strictSame(served, ['a', 'b'])
})

t.test('many are kept in order, and the queue does not grow with those that are done', async (t) => {
  const clock = steppedClock()
  let served = 0
  const waits = new Waits<number>(clock, (item) => {
    if (item !== served) t.fail(`${item} after ${served}`)
    served += 1
  })
  for (let item = 0; item < 10_000; item++) {
    waits.begin(500, item)
    clock.step(1)
  }
  clock.step(500)
  t.equal(served, 10_000)
})

t.test('one that begins while another is served does not put off those that are due before it', async (t) => {
  const clock = steppedClock()
  const served: string[] = []
  const waits = new Waits<string>(clock, (item) => {
    served.push(`${item}@${clock.now() - 1_000_000}`)
    if (item === 'a') waits.begin(500, 'after a')
  })
  waits.begin(500, 'a')
  clock.step(100)
  waits.begin(500, 'b')
  clock.step(10_000)
  t.strictSame(served, ['a@500', 'b@600', 'after a@1000'])
  t.equal(clock.pending, 0)
})
