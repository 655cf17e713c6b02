import t from 'tap'
import { type CalmView, ownMemory, returnMemoryWhenCalm } from '../../src/control/calm-memory.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

const MEGABYTE = 1024 * 1024

t.test('collected when it is calm, few calls stand, the machine has time, and it is worth it', async (t) => {
  const clock = steppedClock()
  const now = { sessions: 0, cpuMs: 0, lateMs: 0, taken: 90 * MEGABYTE, collected: 0 }
  const view: CalmView = {
    sessions: () => now.sessions,
    cpuMs: () => now.cpuMs,
    takeLateness: () => now.lateMs,
    taken: () => now.taken,
    collect: () => {
      now.collected += 1
      now.taken = 40 * MEGABYTE
      now.cpuMs += 2000
    },
  }
  const end = returnMemoryWhenCalm(clock, view)
  /** Ten seconds in which control worked so long. */
  const beat = (busyMs: number): number => {
    now.cpuMs += busyMs
    clock.step(10_000)
    return now.collected
  }
  t.equal(beat(501), 0, 'it was busy')
  now.sessions = 101
  t.equal(beat(0), 0, 'many calls stand')
  now.sessions = 100
  now.lateMs = 10
  t.equal(beat(0), 0, 'others have the processors: collecting would take long')
  now.lateMs = 9.9
  t.equal(beat(499), 1)
  t.equal(beat(0), 1, 'not again: there is nothing more to be had')
  now.taken = 55 * MEGABYTE
  t.equal(beat(0), 1, 'nor for a little')
  now.taken = 56 * MEGABYTE
  t.equal(beat(0), 2, 'what collecting took was no work')
  now.taken = 200 * MEGABYTE
  end()
  t.equal(beat(0), 2)
})

t.test('this process gives back what it took for new objects', async (t) => {
  const own = ownMemory(
    () => 0,
    () => 0,
  )
  const kept = Array.from({ length: 100 }, () => Array.from({ length: 5000 }, (_, at) => ({ at })))
  const before = own.taken()
  t.ok(kept.length === 100 && own.cpuMs() > 0)
  kept.length = 0
  own.collect()
  t.ok(own.taken() < before - 8 * MEGABYTE, `${((before - own.taken()) / MEGABYTE).toFixed(0)} MB`)
})
