import t from 'tap'
import { Beat } from '../../src/vault/beat.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

t.test('one timer for all, which runs only while somebody is there', async (t) => {
  const clock = steppedClock()
  const beat = new Beat(clock)
  t.equal(clock.pending, 0)
  const beats: string[] = []
  const leaveA = beat.join(() => beats.push('a'))
  const leaveB = beat.join(() => beats.push('b'))
  t.equal(clock.pending, 1)
  clock.step(30)
  t.same(beats, ['a', 'b', 'a', 'b', 'a', 'b'])
  leaveA()
  leaveA()
  clock.step(10)
  t.equal(beats.length, 7)
  leaveB()
  t.equal(clock.pending, 0)
  clock.step(100)
  t.equal(beats.length, 7)
  beat.join(() => beats.push('c'))()
  t.equal(clock.pending, 0)
})

t.test('a member that leaves in a beat is not called again, and one may join in it', async (t) => {
  const clock = steppedClock()
  const beat = new Beat(clock)
  let calls = 0
  const leave = beat.join(() => {
    calls++
    leave()
    beat.join(() => (calls += 10))
  })
  clock.step(20)
  t.equal(calls, 11)
})
