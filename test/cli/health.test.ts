/** `sotto health` as a container runs it: a process of its own beside a server that is ready, drains, or is not there; and whatever else may answer. */

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { type HealthInput, health } from '../../src/cli/health.ts'
import { furnish, startHttps } from '../peers/https-server.ts'
import { startSotto } from '../peers/sotto.ts'
import { talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

const CLI = resolve(import.meta.dirname, '../../src/cli.ts')

/** Runs the command with what its environment says. */
function run(
  env: Readonly<Record<string, string>>,
  ...more: readonly string[]
): Promise<{ code: number; said: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [CLI, 'health', ...more], { env }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
    )
  })
}

t.test('over HTTPS, with a certificate of an own authority', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-health-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const { port, authority } = await furnish(folder)
  const env = { SOTTO_CONFIG: join(folder, 'sotto.yaml') }
  const at = `https://127.0.0.1:${port}: `
  t.match(
    await run(env),
    { code: 1, said: new RegExp(`^${at}not reached \\(ECONNREFUSED\\)[^\n]*\n$`) },
    'not yet there',
  )
  const { stop } = await startHttps(t, folder, port, authority)
  t.strictSame(await run(env), { code: 0, said: `${at}ready.\n` })
  t.strictSame(await run({}, '--live', '--config', env.SOTTO_CONFIG), { code: 0, said: `${at}ready.\n` })
  appendFileSync(env.SOTTO_CONFIG, '\nroutes: [{ number: "1", to: { phone: nobody } }]\n')
  t.equal((await run(env)).code, 0, 'the file has a mistake, and the server goes on')
  const good = readFileSync(env.SOTTO_CONFIG, 'utf8')
  const edits = {
    'it is being edited': 'sip: [\n{{{',
    'another port waits for a restart': good.replace(String(port), '1'),
    'TLS waits for its end': good.replace(/^ +tls:.*$/m, ''),
    'a mistake in http': 'http: { port: none }',
  }
  for (const [what, text] of Object.entries(edits)) {
    writeFileSync(env.SOTTO_CONFIG, text)
    t.strictSame(await run(env, '--live'), { code: 0, said: `${at}ready.\n` }, what)
  }
  rmSync(env.SOTTO_CONFIG)
  t.equal((await run(env, '--live')).code, 0, 'the file is gone')
  writeFileSync(env.SOTTO_CONFIG, good)
  const written = join(folder, 'var/audit/.server.json')
  t.match(statSync(written), { mode: 0o100600 })
  await stop()
  t.notOk(existsSync(written), 'at its end it takes away what it wrote')
  for (const words of [[], ['--live']]) t.match(await run(env, ...words), { code: 1, said: /not reached/ }, 'gone')
})

t.test('a server that was killed is not taken for one that runs, nor in the way of the next', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-health-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const { port, authority } = await furnish(folder)
  const env = { SOTTO_CONFIG: join(folder, 'sotto.yaml') }
  const { kill } = await startHttps(t, folder, port, authority)
  await kill()
  t.ok(existsSync(join(folder, 'var/audit/.server.json')), 'what it wrote is there')
  t.match(await run(env, '--live'), { code: 1, said: /not reached/ })
  const other = createServer((_request, response) => response.end('{"ready":true,"draining":false}'))
  const otherPort = await portOf(t, other)
  writeFileSync(env.SOTTO_CONFIG, `http: { port: ${otherPort} }`)
  t.strictSame(await run(env), { code: 0, said: `http://127.0.0.1:${otherPort}: ready.\n` })
})

t.test('a second server with the same folder of the audit takes nothing away from the first', async (t) => {
  const [folder, second] = [0, 1].map(() => {
    const made = mkdtempSync(join(tmpdir(), 'sotto-health-'))
    t.teardown(() => rmSync(made, { recursive: true, force: true }))
    return made
  }) as [string, string]
  const first = await furnish(folder)
  await startHttps(t, folder, first.port, first.authority)
  const other = await furnish(second, `audit: { folder: ${join(folder, 'var/audit')} }\n`)
  const { stop } = await startHttps(t, second, other.port, other.authority)
  const env = { SOTTO_CONFIG: join(folder, 'sotto.yaml') }
  writeFileSync(env.SOTTO_CONFIG, readFileSync(env.SOTTO_CONFIG, 'utf8').replace(String(first.port), '1'))
  const told = { code: 0, said: `https://127.0.0.1:${first.port}: ready.\n` }
  t.strictSame(await run(env), told, 'while it runs')
  await stop()
  t.strictSame(await run(env), told, 'and when it has ended')
})

t.test('while the last call goes on: no calls are to be sent there, and nobody is to restart it', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    drainSeconds: 300,
  })
  const { caller } = await talk(t, sotto)
  const env = { SOTTO_CONFIG: join(sotto.folder, 'sotto.yaml') }
  const at = `http://127.0.0.1:${sotto.httpPort}: `
  t.strictSame(await run(env), { code: 0, said: `${at}ready.\n` })
  sotto.server.signal('SIGTERM')
  await sotto.logged(/control\.draining-began/)
  t.match(await run(env), { code: 1, said: new RegExp(`^${at}draining\\.[^\n]*\n$`) })
  t.match(await run(env, '--live'), { code: 0, said: /draining/ })
  await caller.signalling.hangUp()
  t.equal(await sotto.server.exited, 0)
  t.match(await run(env, '--live'), { code: 1, said: /not reached/ })
})

/** The command in this process, with a configuration. */
async function asked(t: Test, text: string, more: Partial<HealthInput> = {}) {
  const config = join(t.testdir(), 'sotto.yaml')
  writeFileSync(config, text)
  const lines: string[] = []
  const input = { config, shippedFolder: '/', env: {}, live: false, limitMs: 60_000, ...more }
  return { code: await health(input, (line) => lines.push(line)), lines }
}

async function portOf(t: Test, server: ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

const ANSWERS: readonly (readonly [string, RequestListener, RegExp, live: 0 | 1])[] = [
  [
    'a server without a vault',
    (_request, response) => response.writeHead(503).end('{"ready":false,"draining":false}'),
    /not ready: it starts, or has no vault/,
    0,
  ],
  ['another program', (_request, response) => response.writeHead(404).end('{}'), /something else .*HTTP 404/, 1],
  ['one that says no JSON', (_request, response) => response.end('<p>welcome'), /something else .*HTTP 200/, 1],
]
for (const [what, listener, said, live] of ANSWERS) {
  t.test(what, async (t) => {
    const text = `http: { port: ${await portOf(t, createServer(listener))} }`
    t.match(await asked(t, text), { code: 1, lines: [said] })
    t.match(await asked(t, text, { live: true }), { code: live, lines: [said] })
  })
}

t.test('one that says half of it, one that is stuck, and one that speaks no HTTP', async (t) => {
  const half = createServer((_request, response) => void response.write('{"ready":'))
  t.teardown(() => half.closeAllConnections())
  const stuck = createTcpServer((socket) => t.teardown(() => socket.destroy()))
  for (const server of [half, stuck])
    t.match(await asked(t, `http: { port: ${await portOf(t, server)} }`, { limitMs: 300 }), {
      code: 1,
      lines: [/no answer within 0\.3 s/],
    })
  const babbler = createTcpServer((socket) => socket.on('error', () => undefined).end('hello\r\n\r\n'))
  t.match(await asked(t, `http: { port: ${await portOf(t, babbler)} }`), { code: 1, lines: [/not reached \(HPE_/] })
})

t.test('where nobody can know whom to ask, that is the one line', async (t) => {
  t.match(await asked(t, 'http: { port: 0 }'), { code: 1, lines: [/http\.port is 0/] })
  const mistakes = await asked(t, 'log: { level: warn }\nhttp:\n  prot: 1\n  adress: x\n')
  t.match(mistakes, { code: 1, lines: [/sotto\.yaml:3: http\.prot: .*"port"/] })
  t.equal(mistakes.lines.length, 1)
  t.match(await asked(t, 'http: ['), { code: 1, lines: [/sotto\.yaml:1: /] })
  const env = { SOTTO_HTTP_PORT: 'x', SOTTO_SIP_RELAM: 'of no interest here' }
  t.match(await asked(t, '', { env }), { code: 1, lines: [/^SOTTO_HTTP_PORT: http\.port/] })
  t.match(await asked(t, '', { config: '/nowhere.yaml', live: true }), {
    code: 1,
    lines: [/^\/nowhere.*cannot be read/],
  })
})
