/** `sotto demo --desk` as whoever looks on uses it: Enter, log in, Secure Input; the caller keys, and Ctrl-C ends it all. */

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../../src/demo/waiting.ts'

t.setTimeout(180_000)

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname
const LIMIT_MS = 60_000

t.test('a caller calls, keys a test card when the desk asks for it, and is gone in the end', async (t) => {
  const child = spawn(process.execPath, [CLI, 'demo', '--desk', '--out', join(t.testdir(), 'out')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  t.teardown(async () => {
    child.kill('SIGTERM')
    await exited
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
  })
  await until(() => output.includes('Ctrl-C'), 'the demo says what to do', LIMIT_MS)
  const [, base, name, password] =
    /Open (http:\S+)\/desk\/ and log in as "(.+)" with the password "(.+)"/.exec(output) ?? []
  const ask = async (method: string, path: string, body?: object, cookie = '') =>
    fetch(`${base}/api/v1/${path}`, {
      method,
      headers: {
        ...{ 'sotto-request': '1', cookie },
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const loggedIn = await ask('POST', 'login', { name, password })
  t.match(await loggedIn.json(), { name, mustDo: 'nothing' })
  const cookie = loggedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''

  child.stdin.write('\n')
  await until(() => output.includes('hear each other'), 'the call', LIMIT_MS)
  const { calls } = (await (await ask('GET', 'calls', undefined, cookie)).json()) as { calls: { callId: string }[] }
  const fields = [
    { name: 'order number', value: 'A 17' },
    { name: 'charge amount', value: '12.50' },
  ]
  const path = `calls/${calls[0]?.callId}/secure-sessions`
  t.equal((await ask('POST', path, { form: 'order', fields }, cookie)).status, 202)
  await until(() => /wiped; accepted/.test(output), 'the verdict', LIMIT_MS)
  t.notMatch(output, /\d{8}/, 'no long run of digits on the screen')
  child.stdin.write('\n')
  await until(() => output.includes('over: caller-hung-up'), 'the caller hangs up', LIMIT_MS)
  child.kill('SIGINT')
  t.equal(await exited, 0)
})
