/** What dies old is collected before there is as much of it as of what is in use. */

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { growthFor, keepHeapClose } from '../../src/control/heap-growth.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

const MODULE = fileURLToPath(new URL('../../src/control/heap-growth.ts', import.meta.url))
/** Records that live for a while and are then replaced, as calls are. Tells the largest heap in parts of what is in use. */
const PLAY = `
const { getHeapStatistics } = await import('node:v8')
const clock = { now: () => 0, after: () => ({ cancel: () => {} }) }
if (process.argv[1] === 'close') (await import(${JSON.stringify(MODULE)})).keepHeapClose(clock, () => 0)
const make = (i) => ({ a: i, b: [i, i], c: 'x' + i })
const alive = Array.from({ length: 300_000 }, (_, i) => make(i))
gc()
const inUse = getHeapStatistics().used_heap_size
let most = 0
for (let i = 0; i < 4_000_000; i++) {
  alive[i % alive.length] = make(i)
  if (i % 1024 === 0) most = Math.max(most, getHeapStatistics().used_heap_size)
}
process.stdout.write(String(most / inUse))
`

function grown(how: 'close' | 'left alone'): number {
  return Number(
    execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', PLAY, how], { encoding: 'utf8' }),
  )
}

t.test('the heap stays close to what is in use', async (t) => {
  const [close, alone] = [grown('close'), grown('left alone')]
  t.ok(
    close < alone * 0.8,
    `${close.toFixed(2)} times what is in use, and ${alone.toFixed(2)} when the engine is left alone`,
  )
})

t.test('the less there is to do, the more closely', async (t) => {
  t.strictSame([0, 0.02, 0.05, 0.1, 0.25, 1.6].map(growthFor), [10, 10, 20, 40, 100, 100])
  const clock = steppedClock()
  const percents: number[] = []
  let usedMs = 500
  const end = keepHeapClose(
    clock,
    () => usedMs,
    (percent) => percents.push(percent),
  )
  for (const busyMs of [0, 1000, 5000]) {
    usedMs += busyMs
    clock.step(10_000)
  }
  t.strictSame(percents, [100, 10, 40, 100], 'a start makes much that stays')
  end()
  t.equal(clock.pending, 0)
})
