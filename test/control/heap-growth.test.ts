/** What dies old is collected before there is as much of it as of what is in use. */

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const MODULE = fileURLToPath(new URL('../../src/control/heap-growth.ts', import.meta.url))
/** Records that live for a while and are then replaced, as calls are. Tells the largest heap in parts of what is in use. */
const PLAY = `
const { getHeapStatistics } = await import('node:v8')
if (process.argv[1] === 'close') (await import(${JSON.stringify(MODULE)})).keepHeapClose()
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
