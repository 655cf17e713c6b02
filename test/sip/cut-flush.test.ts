/** What a message left in the memory it was read through is overwritten, or a number sent by INFO could be found there. */

import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import t from 'tap'
import { clockFrom } from '../../src/base/clock.ts'
import { flushReceived } from '../../src/base/received-flush.ts'
import { until } from '../../src/demo/waiting.ts'
import { searchMemory } from '../../src/leak/memory-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'
import { createCutFlush } from '../../src/sip/cut-flush.ts'
import { makeAuthority } from '../peers/authority.ts'

const CANARY = '6011000990139424'
const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })

const authority = makeAuthority()
t.teardown(() => authority.close())
const identity = authority.issue(['DNS:localhost'])

/** A process that receives over UDP, TCP and TLS, blanks what it got, flushes and says so. */
const RECEIVER = `
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { clockFrom } from '${new URL('../../src/base/clock.ts', import.meta.url)}'
import { flushReceived } from '${new URL('../../src/base/received-flush.ts', import.meta.url)}'
import { flushDecrypted, flushStreams } from '${new URL('../../src/sip/cut-flush.ts', import.meta.url)}'
import { TlsTransport } from '${new URL('../../src/sip/tls-transport.ts', import.meta.url)}'
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
const secure = new TlsTransport({
  listener: { transport: 'tls', address: '127.0.0.1', port: 0 },
  index: 0,
  clock,
  terms: { server: () => ({ identities: [${JSON.stringify(identity)}], clientAuthorities: undefined }) },
  count: () => {},
  onFailure: () => {},
})
const opened = (port) => process.stdout.write(port + '\\n')
if (process.argv[1] === 'UDP') datagrams.bind(0, '127.0.0.1', () => opened(datagrams.address().port))
else if (process.argv[1] === 'TCP') streams.listen(0, '127.0.0.1', () => opened(streams.address().port))
else {
  const receive = (octets) => {
    octets.fill(0)
    flushDecrypted(clock, flushed)
  }
  secure.open(receive, () => {}).then(() => opened(secure.local.port))
}
`

for (const over of ['UDP', 'TCP', 'TLSv1.2', 'TLSv1.3'] as const) {
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
      const close = send(messageWith(CANARY, before, over), over, Number(said.split('\n')[0]))
      await until(() => said.includes('flushed'), 'the flush', 20_000)
      close()
      t.same(searchMemory(child.pid ?? 0, needlesOf(digitsOf(CANARY))).finds, [], `behind ${before} octets`)
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })
}

type Over = 'UDP' | 'TCP' | 'TLSv1.2' | 'TLSv1.3'

/** Over TLS it is a message, for the framer. */
function messageWith(digits: string, before: number, over: Over): string {
  const body = `${'x'.repeat(before)}Signal=${digits}\r\n`
  return over === 'UDP' || over === 'TCP' ? body : `INFO sip:a SIP/2.0\r\nl: ${body.length}\r\n\r\n${body}`
}

function send(text: string, over: Over, port: number): () => void {
  if (over === 'TLSv1.2' || over === 'TLSv1.3') {
    const versions = { minVersion: over, maxVersion: over }
    const socket = connectSecurely({ host: '127.0.0.1', port, rejectUnauthorized: false, ...versions })
    socket.write(text)
    return () => socket.destroy()
  }
  if (over === 'TCP') {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    return () => socket.destroy()
  }
  const socket = createSocket('udp4')
  socket.send(text, port, '127.0.0.1')
  return () => socket.close()
}

/** A process that listens as control does, and says when it has cut something out. */
const LISTENER = `
import { clockFrom } from '${new URL('../../src/base/clock.ts', import.meta.url)}'
import { createCutFlush } from '${new URL('../../src/sip/cut-flush.ts', import.meta.url)}'
import { cutInfo } from '${new URL('../../src/sip/info-cut.ts', import.meta.url)}'
import { TcpTransport } from '${new URL('../../src/sip/tcp-transport.ts', import.meta.url)}'
const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })
const flush = createCutFlush(clock)
const listener = { transport: 'tcp', address: '127.0.0.1', port: 0 }
const transport = new TcpTransport({ listener, index: 0, clock, count: () => {} })
const receive = (octets, flow) => {
  if (cutInfo(octets) === 0) return
  flush(flow.transport, octets.length)
  process.stdout.write('cut\\n')
}
transport.open(receive, () => {}).then(() => process.stdout.write(transport.local.port + '\\n'))
`

t.test('a number behind another message in the same read is overwritten, too', async (t) => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', LISTENER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')))
  await until(() => said.includes('\n'), 'the listener', 20_000)
  const body = `Signal=${CANARY}\r\n`
  const info = `INFO sip:a SIP/2.0\r\nc: application/dtmf-relay\r\nl: ${body.length}\r\n\r\n${body}`
  const other = `OPTIONS sip:a SIP/2.0\r\nSubject: ${'x'.repeat(3000)}\r\nl: 0\r\n\r\n`
  const close = send(other + info, 'TCP', Number(said.split('\n')[0]))
  t.teardown(close)
  await until(() => said.includes('cut'), 'the cut', 20_000)
  const isClean = () => searchMemory(child.pid ?? 0, needlesOf(digitsOf(CANARY))).finds.length === 0
  await until(isClean, 'nothing left of it', 20_000)
  t.pass('nothing is left of it')
})

t.test('asked for often, it flushes one after the other and comes to an end', async (t) => {
  const flush = createCutFlush(clock)
  for (let i = 0; i < 100; i++) flush((['udp', 'tcp', 'tls', 'ws', 'wss'] as const)[i % 5] ?? 'udp', 1000 + i)
  await new Promise<void>((flushed) => flushReceived('IPv6', clock, flushed))
  t.pass('no socket is left open: the test ends')
})
