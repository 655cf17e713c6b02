/** A reader that goes away ends nothing with a stack trace. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { linesTo, onceUnread } from '../../src/cli/output.ts'
import { freePort } from '../peers/free-port.ts'

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const CAPTURE = fileURLToPath(new URL('../fixtures/captures/ulaw-2013785496.pcap', import.meta.url))

/** Runs the command with a standard output that nobody reads any more, from the start or after so many words. */
async function unread(t: Test, args: readonly string[], until?: string, then = async () => {}) {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const closed = once(child, 'close')
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  let read = ''
  if (until !== undefined) {
    for await (const chunk of child.stdout) {
      read += chunk
      if (read.includes(until)) break
    }
  }
  child.stdout.destroy()
  await then()
  const [code] = await closed
  return { code, said }
}

const COMMANDS = [
  ['--help'],
  ['replay', CAPTURE],
  ['replay', CAPTURE, '--json'],
  ['replay', CAPTURE, '--session'],
  ['flows', 'list'],
  ['flows', 'show', 'card-payment'],
  ['config', 'check', fileURLToPath(new URL('../../config.example.yaml', import.meta.url))],
  ['prompts', 'check', '--locale', 'en'],
]
for (const command of COMMANDS) {
  t.test(`${command.map((word) => word.replace(/.*\//, '')).join(' ')} | head`, async (t) => {
    t.same(await unread(t, command), { code: 0, said: '' })
  })
}

t.test('a command that did not work says so by its exit code all the same', async (t) => {
  t.same(await unread(t, ['replay', CLI]), { code: 1, said: '' })
})

t.test('a server that nobody reads ends as when it is told to', async (t) => {
  const httpPort = await freePort()
  const folder = t.testdir({
    'sotto.yaml': `sip: { listeners: [{ transport: udp, address: 127.0.0.1, port: ${await freePort()} }] }
http: { port: ${httpPort} }
secureInput: { enabled: false }
`,
  })
  const args = ['start', '--config', `${folder}/sotto.yaml`]
  const { code, said } = await unread(t, args, 'control.started', async () => {
    // Without a token: refused, with a line in the log. Where one of its other lines was not read any more, it has gone before it answers.
    await fetch(`http://127.0.0.1:${httpPort}/api/v1/calls`).catch(() => undefined)
  })
  t.equal(code, 0, said)
  t.notMatch(said, /EPIPE/)
})

for (const code of ['EPIPE', 'EIO'])
  t.test(`what comes after ${code} is not written, and it is told once`, async (t) => {
    const written: string[] = []
    const stream = new Writable({
      autoDestroy: false,
      write: (chunk, _, done) => {
        written.push(String(chunk))
        done()
      },
    })
    let told = 0
    onceUnread(() => told++)
    t.teardown(() => onceUnread(() => undefined))
    const write = linesTo(stream)
    write('one')
    const broken = Object.assign(new Error('broken pipe'), { code })
    stream.emit('error', broken)
    stream.emit('error', broken)
    write('two')
    t.same(written, ['one\n'])
    t.equal(told, 1)
    t.throws(() => stream.emit('error', Object.assign(new Error('full'), { code: 'ENOSPC' })), { code: 'ENOSPC' })
  })
