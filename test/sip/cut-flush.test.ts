/** What a message left in the memory it was read through is overwritten, or a number sent by INFO could be found there. */

import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { clockFrom } from '../../src/base/clock.ts'
import { flushReceived } from '../../src/base/received-flush.ts'
import { until } from '../../src/demo/waiting.ts'
import { searchMemory } from '../../src/leak/memory-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'
import { createCutFlush } from '../../src/sip/cut-flush.ts'

const CANARY = '6011000990139424'
const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })

/** A process that receives over UDP and TCP, blanks what it got, flushes and says so. */
const RECEIVER = `
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { clockFrom } from '${new URL('../../src/base/clock.ts', import.meta.url)}'
import { flushReceived } from '${new URL('../../src/base/received-flush.ts', import.meta.url)}'
import { flushStreams } from '${new URL('../../src/sip/cut-flush.ts', import.meta.url)}'
const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })
const flushed = () => process.stdout.write('flushed\\n')
const datagrams = createSocket('udp4', (octets) => {
  octets.fill(0)
  flushReceived('IPv4', clock, flushed, octets.length)
})
const streams = createServer((socket) =>
  socket.on('data', (octets) => {
    octets.fill(0)
    flushStreams(clock, flushed, octets.length)
  }),
)
const opened = () => process.stdout.write((process.argv[1] === 'TCP' ? streams : datagrams).address().port + '\\n')
datagrams.bind(0, '127.0.0.1', () => streams.listen(0, '127.0.0.1', opened))
`

for (const over of ['UDP', 'TCP'] as const) {
  t.test(`a number that came over ${over} is nowhere after the flush`, async (t) => {
    for (const before of [100, 700, 3000, 50_000]) {
      const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', RECEIVER, over], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      t.teardown(() => child.kill('SIGKILL'))
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString('latin1')
      })
      await until(() => said.includes('\n'), 'the receiver', 20_000)
      const close = send(`${'x'.repeat(before)}Signal=${CANARY}\r\n`, over, Number(said.split('\n')[0]))
      await until(() => said.includes('flushed'), 'the flush', 20_000)
      close()
      t.same(searchMemory(child.pid ?? 0, needlesOf(digitsOf(CANARY))).finds, [], `behind ${before} octets`)
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })
}

function send(text: string, over: 'UDP' | 'TCP', port: number): () => void {
  if (over === 'TCP') {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    return () => socket.destroy()
  }
  const socket = createSocket('udp4')
  socket.send(text, port, '127.0.0.1')
  return () => socket.close()
}

t.test('asked for often, it flushes one after the other and comes to an end', async (t) => {
  const flush = createCutFlush(clock)
  for (let i = 0; i < 100; i++) flush(i % 2 === 0 ? 'udp' : 'tcp', 1000 + i)
  await new Promise<void>((flushed) => flushReceived('IPv6', clock, flushed))
  t.pass('no socket is left open: the test ends')
})
