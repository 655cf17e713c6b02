/** What a datagram left in the memory it was read through is overwritten, or a number sent by INFO could be found there. */

import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import { clockFrom } from '../../src/base/clock.ts'
import { createReceivedFlush, flushReceived } from '../../src/base/received-flush.ts'
import { until } from '../../src/demo/waiting.ts'
import { searchMemory } from '../../src/leak/memory-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'

const CANARY = '6011000990139424'
const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })

/** A process that receives a datagram, blanks it, flushes and says so. */
const RECEIVER = `
import { createSocket } from 'node:dgram'
import { clockFrom } from '${new URL('../../src/base/clock.ts', import.meta.url)}'
import { flushReceived } from '${new URL('../../src/base/received-flush.ts', import.meta.url)}'
const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })
const socket = createSocket('udp4')
socket.on('message', (octets) => {
  octets.fill(0)
  flushReceived('IPv4', clock, () => process.stdout.write('flushed\\n'), octets.length)
})
socket.bind(0, '127.0.0.1', () => process.stdout.write(socket.address().port + '\\n'))
`

t.test('a number that came in a datagram is nowhere after the flush', async (t) => {
  for (const before of [100, 700, 3000]) {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', RECEIVER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.teardown(() => child.kill('SIGKILL'))
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1')
    })
    await until(() => said.includes('\n'), 'the receiver', 20_000)
    const socket = createSocket('udp4')
    socket.send(`${'x'.repeat(before)}Signal=${CANARY}\r\n`, Number(said.split('\n')[0]), '127.0.0.1')
    await until(() => said.includes('flushed'), 'the flush', 20_000)
    socket.close()
    t.same(searchMemory(child.pid ?? 0, needlesOf(digitsOf(CANARY))).finds, [], `behind ${before} octets`)
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

t.test('asked for often, it flushes one after the other and comes to an end', async (t) => {
  const flush = createReceivedFlush(clock)
  for (let i = 0; i < 100; i++) flush(1000 + i)
  await new Promise<void>((flushed) => flushReceived('IPv6', clock, flushed))
  t.pass('no socket is left open: the test ends')
})
