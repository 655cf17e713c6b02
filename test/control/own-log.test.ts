/** A log whose reader stands still: it does not grow in memory, what is lost is counted, and it goes on once it is read. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import t from 'tap'

const FLOODER = resolve(import.meta.dirname, '../peers/log-flooder.ts')

t.test('a pipe that nobody reads for a while', async (t) => {
  const child = spawn(process.execPath, [FLOODER], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let told = ''
  while (!told.includes('}')) {
    const [chunk] = await once(child.stderr, 'data')
    told += chunk
  }
  t.match(told, /^The log cannot be written: .*see to whoever reads it.*\n/)
  const state = JSON.parse(told.split('\n')[1] ?? '')
  t.match(state, { available: false })
  t.ok(state.dropped > 0, `${state.dropped} lines are counted as lost`)
  t.ok(state.unreadOctets < 5_000_000, `${state.unreadOctets} octets wait in memory`)
  let log = ''
  child.stdout.on('data', (chunk) => {
    log += chunk
  })
  const [code] = await once(child, 'close')
  t.equal(code, 0)
  t.match(log, /"event":"log\.resumed"/)
  const lost = log.split('\n').find((line) => line.includes('log.resumed')) ?? '{}'
  t.ok(JSON.parse(lost).dropped > 0)
})
