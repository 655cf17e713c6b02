import t from 'tap'
import { createLogWriter } from '../../src/control/log-writer.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

function bench(mostWaiting?: number) {
  const clock = steppedClock()
  const disk = { text: '', room: Number.POSITIVE_INFINITY }
  const told: (string | number)[] = []
  const writer = createLogWriter({
    put: (octets) => {
      const taken = Math.min(octets.length, disk.room - disk.text.length)
      if (taken <= 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      disk.text += Buffer.from(octets.subarray(0, taken)).toString()
      return taken
    },
    clock,
    onFailed: () => told.push('failed'),
    onResumed: (dropped) => {
      told.push(dropped)
      writer.write('resumed\n')
    },
    ...(mostWaiting === undefined ? {} : { mostWaiting }),
  })
  return { clock, disk, told, writer }
}

t.test('what a full disk does not take waits, and a torn line is finished', async (t) => {
  const { clock, disk, told, writer } = bench()
  writer.write('one\n')
  disk.room = 6
  writer.write('two\n')
  writer.write('three\n')
  t.equal(disk.text, 'one\ntw')
  t.notOk(writer.available)
  t.same(told, ['failed'], 'once')
  clock.step(2000)
  t.equal(disk.text, 'one\ntw')
  disk.room = Number.POSITIVE_INFINITY
  clock.step(2000)
  t.equal(disk.text, 'one\ntwo\nthree\nresumed\n')
  t.ok(writer.available)
  t.same(told, ['failed', 0])
})

t.test('what waits is bounded, and what was lost is told', async (t) => {
  const { clock, disk, told, writer } = bench(3)
  disk.room = 2
  for (const line of ['1\n2\n', 'a\n', 'b\n', 'c\n', 'd\n']) writer.write(line)
  t.equal(writer.dropped, 2)
  disk.room = Number.POSITIVE_INFINITY
  clock.step(2000)
  t.equal(disk.text, '1\n2\nc\nd\nresumed\n', 'the oldest go, but for the one that was begun')
  t.same(told, ['failed', 2])
})

t.test('the end tries once more, and leaves no timer', async (t) => {
  const { clock, disk, writer } = bench()
  disk.room = 0
  writer.write('last\n')
  disk.room = 100
  writer.close()
  t.equal(disk.text, 'last\nresumed\n')
  disk.room = 0
  writer.write('after\n')
  clock.step(10_000)
  t.equal(disk.text, 'last\nresumed\n')
})
