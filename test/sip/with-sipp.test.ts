import { spawn } from 'node:child_process'
import t from 'tap'
import { isBound } from '../peers/bound-ports.ts'
import { freePort } from '../peers/free-port.ts'
import { notes } from './endpoints.ts'
import { realEndpoint, until } from './real-endpoint.ts'

/** Runs Debian's sipp with a scenario. @returns its exit code, 0 when every call went well, and what it printed. */
function sipp(...parameters: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('sipp', ['-i', '127.0.0.1', '-nostdin', '-timeout', '30s', '-timeout_error', ...parameters], {
      env: { ...process.env, TERM: 'dumb' },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output = (output + chunk).slice(-4000)))
    child.once('error', () => reject(new Error('sipp is not installed')))
    child.once('close', (code) => resolve({ code: code ?? -1, output }))
  })
}

const CALLS = 100
const CALLEE = new URL('../fixtures/sipp/callee.xml', import.meta.url).pathname

for (const transport of ['udp', 'tcp'] as const) {
  const mode = transport === 'udp' ? 'u1' : 't1'
  t.test(`sipp calls us over ${transport}`, async (t) => {
    let ended = 0
    const server = await realEndpoint((session) => {
      session.attach({ ...notes(), onEnded: () => (ended += 1) })
      session.progress(180)
      session.accept('v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n')
    })
    t.teardown(() => server.sip.close())
    const port = server.sip.listening.find((each) => each.transport === transport)?.port
    const { code, output } = await sipp(
      '-sn',
      'uac',
      '-t',
      mode,
      '-m',
      String(CALLS),
      '-r',
      '100',
      '-d',
      '50',
      '-p',
      String(await freePort()),
      `127.0.0.1:${port}`,
    )
    t.equal(code, 0, code === 0 ? 'every call went as sipp says' : output)
    t.ok(await until(() => ended === CALLS))
    t.equal(server.sip.sessionCount, 0)
    t.strictSame(server.defects, [])
  })

  t.test(`we call sipp over ${transport}`, async (t) => {
    const port = await freePort()
    const peer = sipp('-sf', CALLEE, '-t', mode, '-m', String(CALLS), '-p', String(port))
    const client = await realEndpoint(() => {})
    t.teardown(() => client.sip.close())
    // sipp says nothing when it is ready, and a refused TCP connection would rightly be a refused call.
    t.ok(await until(() => isBound(transport, port)))
    let ended = 0
    let refused = 0
    const uri = `sip:42@127.0.0.1:${port}${transport === 'tcp' ? ';transport=tcp' : ''}`
    for (let i = 0; i < CALLS; i += 1) {
      const told = notes()
      const session = client.sip.invite({
        target: { uri },
        from: { displayName: '', uri: 'sip:us@127.0.0.1', user: 'us' },
        body: 'v=0\r\n',
        events: {
          ...told,
          onAnswered: () => void setTimeout(() => session.end(), 20),
          onRefused: () => (refused += 1),
          onEnded: () => (ended += 1),
        },
      })
    }
    const { code, output } = await peer
    t.equal(code, 0, code === 0 ? 'every call went as sipp says' : output)
    t.ok(await until(() => ended === CALLS))
    t.equal(refused, 0)
    t.strictSame(client.defects, [])
  })
}
