/** A phone that is closed leaves nothing behind, or the process that has it would never end. */

import { spawn } from 'node:child_process'
import t from 'tap'

const from = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href)

/** A phone is called, and hangs up when a re-INVITE is answered for which no ACK has come, after the timer of its first 200 has run out. */
const PHONE = `
import { Secret } from ${from('src/base/secret.ts')}
import { openSipPhone } from ${from('src/demo/sip-phone.ts')}
import { notes } from ${from('test/sip/endpoints.ts')}
import { realEndpoint, until } from ${from('test/sip/real-endpoint.ts')}
const account = { password: new Secret('right') }
const server = await realEndpoint(() => {}, {
  trunks: [],
  phones: { realm: 'sotto', accountOf: () => account, nonceKey: new Uint8Array(32) },
})
const phone = await openSipPhone({
  user: 'alice',
  password: 'right',
  address: '127.0.0.1',
  server: { address: '127.0.0.1', port: server.port },
  onDatagram: () => {},
  onInvite: () => ({ answer: 'answer', ringMs: 0 }),
  onReoffer: () => {
    // Longer than T1: as if the machine was busy.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600)
    return 'again'
  },
  onAnswered: () => {},
  onEnded: () => {},
})
await phone.register()
const told = notes()
const caller = { displayName: '', uri: 'sip:caller@127.0.0.1', user: 'caller' }
const session = server.sip.invite({ target: server.sip.contacts('alice')[0], from: caller, body: 'offer', events: told })
await until(() => told.told.includes('answered answer'))
await session.reoffer(() => 'hold')
await phone.hangUp()
await phone.close()
await server.sip.close()
process.stdout.write('closed')
`

t.test('its process ends', async (t) => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', PHONE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')))
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const code = await new Promise((ended) => child.once('close', ended))
  clearTimeout(limit)
  t.equal(said, 'closed')
  t.equal(code, 0, 'and is not waited for in vain')
})
