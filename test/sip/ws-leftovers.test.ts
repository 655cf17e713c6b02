/**
 * What a message left in the memory that its frames were read through is overwritten, or a number sent by INFO could be found there. The mask of the
 * frames is zero, so that nothing hides behind it.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import type { WebSocket } from 'ws'
import { environmentToBeginWith } from '../../src/base/freed-memory.ts'
import { until } from '../../src/demo/waiting.ts'
import { searchMemory } from '../../src/leak/memory-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'
import { makeAuthority } from '../peers/authority.ts'
import { connectWs } from '../peers/ws-wire.ts'

t.setTimeout(300_000)

const CANARY = '6011000990139424'

const authority = makeAuthority()
t.teardown(() => authority.close())
const identity = authority.issue(['DNS:localhost'])

/** A process that receives over WebSocket, blanks what it got, flushes as is done for its transport and says so. */
const RECEIVER = `
import { clockFrom } from '${new URL('../../src/base/clock.ts', import.meta.url)}'
import { flushDecrypted, flushStreams } from '${new URL('../../src/sip/cut-flush.ts', import.meta.url)}'
import { WsTransport } from '${new URL('../../src/sip/ws-transport.ts', import.meta.url)}'
const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })
const flushed = () => process.stdout.write('flushed\\n')
const transport = new WsTransport({
  listener: { transport: process.argv[1], address: '127.0.0.1', port: 0 },
  index: 0,
  clock,
  terms: { server: () => ({ identities: [${JSON.stringify(identity)}], clientAuthorities: undefined }) },
  count: () => {},
  onFailure: () => {},
})
const receive = (octets, flow) => {
  octets.fill(0)
  if (flow.transport === 'wss') flushDecrypted(clock, flushed)
  else flushStreams(clock, flushed, 65536)
}
transport.open(receive, () => {}).then(() => process.stdout.write(transport.local.port + '\\n'))
`

/** Who knows only AES gets it; what OpenSSL keeps of that is for the environment to keep away, which `sotto start` begins with. */
const CIPHERS = { ws: {}, wss: {}, 'wss by AES': { ciphers: 'TLS_AES_256_GCM_SHA384' } } as const

for (const way of ['ws', 'wss', 'wss by AES'] as const) {
  const transport = way === 'ws' ? 'ws' : 'wss'
  for (const [pieces, before] of [
    [1, 100],
    [1, 50_000],
    [4, 300],
    [40, 3000],
  ] as const) {
    t.test(`a number that came over ${way} in ${pieces} pieces is nowhere after the flush`, async (t) => {
      const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', RECEIVER, transport], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, OPENSSL_ia32cap: environmentToBeginWith({})?.['OPENSSL_ia32cap'] },
      })
      t.teardown(() => child.kill('SIGKILL'))
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')))
      await until(() => said.includes('\n'), 'the receiver', 20_000)
      const url = `${transport}://127.0.0.1:${Number(said.split('\n')[0])}`
      const socket = await connectWs(url, { ...CIPHERS[way], generateMask: (mask) => mask.fill(0) })
      await sendIn(socket, pieces, `${'x'.repeat(before)}Signal=${CANARY}\r\n`)
      await until(() => said.includes('flushed'), 'the flush', 20_000)
      t.same(searchMemory(child.pid ?? 0, needlesOf(digitsOf(CANARY))).finds, [])
      socket.terminate()
      child.kill('SIGKILL')
      await once(child, 'exit')
    })
  }
}

/** Each piece is a frame; the number lies in the last one. */
async function sendIn(socket: WebSocket, pieces: number, text: string): Promise<void> {
  const length = Math.floor((text.length - CANARY.length - 10) / pieces)
  for (let piece = 0; piece < pieces; piece++) {
    const isLast = piece === pieces - 1
    const part = text.slice(piece * length, isLast ? undefined : (piece + 1) * length)
    // One read each at the other end, as often as not.
    await new Promise<void>((sent) => socket.send(part, { fin: isLast }, () => sent()))
  }
}
