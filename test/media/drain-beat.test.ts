import t from 'tap'
import { DrainBeat } from '../../src/media/drain-beat.ts'

/** Drains for a while. @returns the waits that were asked for. */
function waits(beat: DrainBeat, fromMs: number, forMs: number, perMs: number, workMs = 0): number[] {
  const asked: number[] = []
  let lastMs = fromMs - 2
  for (let nowMs = fromMs; nowMs < fromMs + forMs; ) {
    const count = Math.round((nowMs - lastMs) * perMs)
    lastMs = nowMs
    const wait = beat.next(count, nowMs + workMs)
    asked.push(wait)
    nowMs += workMs + wait
  }
  return asked
}

t.test('many packets are fetched every 3 ms, few every 4, and where none come every 8', async (t) => {
  const beat = new DrainBeat()
  beat.start(0)
  t.equal(waits(beat, 0, 1000, 50).at(-1), 3)
  t.equal(waits(beat, 1000, 1000, 2).at(-1), 4)
  t.equal(waits(beat, 2000, 1000, 0).at(-1), 8)
  t.equal(beat.next(1, 3000), 4, 'one packet ends the quiet')
  beat.start(4000)
  t.equal(beat.next(0, 4000), 4, 'a new beginning is not quiet')
})

t.test('a load between few and many keeps its wait', async (t) => {
  const beat = new DrainBeat()
  beat.start(0)
  waits(beat, 0, 1000, 2)
  t.strictSame(new Set(waits(beat, 1000, 1000, 20).slice(20)), new Set([4]))
  waits(beat, 2000, 1000, 50)
  t.strictSame(new Set(waits(beat, 3000, 1000, 20).slice(20)), new Set([3]))
})

t.test('work is not added to the wait, and beats that were missed are not made up for', async (t) => {
  const beat = new DrainBeat()
  beat.start(0)
  t.strictSame(new Set(waits(beat, 0, 100, 50, 1).slice(5)), new Set([2]))
  t.equal(beat.next(500, 500), 1)
  t.equal(beat.next(500, 501), 2)
  t.equal(beat.next(100, 502), 3, 'after a beat at once it is the ideal one again')
})
