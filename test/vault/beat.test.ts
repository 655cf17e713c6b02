import t from 'tap'
import { Beat } from '../../src/vault/beat.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

t.test('one timer for all, which runs only while somebody is there', async (t) => {
  const clock = steppedClock()
  const beat = new Beat(clock)
  t.equal(clock.pending, 0)
  const beats: string[] = []
  const leaveA = beat.join(20, () => beats.push('a'))
  const leaveB = beat.join(20, () => beats.push('b'))
  t.equal(clock.pending, 1)
  clock.step(60)
  t.same(beats, ['a', 'b', 'a', 'b', 'a', 'b'])
  leaveA()
  leaveA()
  clock.step(20)
  t.equal(beats.length, 7)
  leaveB()
  t.equal(clock.pending, 0)
  clock.step(100)
  t.equal(beats.length, 7)
  beat.join(20, () => beats.push('c'))()
  t.equal(clock.pending, 0)
})

t.test('a member that leaves in a beat is not called again, and one may join in it', async (t) => {
  const clock = steppedClock()
  const beat = new Beat(clock)
  let calls = 0
  const leave = beat.join(20, () => {
    calls++
    leave()
    beat.join(20, () => (calls += 10))
  })
  clock.step(40)
  t.equal(calls, 11)
})

t.test('the beat is as short as the shortest packet time needs, and as long as it may be again', async (t) => {
  const clock = steppedClock()
  const beat = new Beat(clock)
  let calls = 0
  beat.join(20, () => calls++)
  const leave = beat.join(30, () => undefined)
  // The beat that is under way when somebody joins is not cut short.
  clock.step(20)
  calls = 0
  clock.step(60)
  t.equal(calls, 6)
  leave()
  clock.step(10)
  calls = 0
  clock.step(60)
  t.equal(calls, 3)
})
