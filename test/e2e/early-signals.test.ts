/** Signals before the start is complete: a HUP that comes with a restart kills nothing, and who is told to end before he has begun ends as one that runs. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { pause } from '../../src/demo/waiting.ts'
import { freePort } from '../peers/free-port.ts'

t.setTimeout(240_000)
const CLI = resolve(import.meta.dirname, '../../src/cli.ts')
const SIGHUP_BIT = 1n

type Starting = { readonly child: ChildProcess; readonly log: () => string; readonly exited: Promise<unknown[]> }

async function begin(t: Test): Promise<Starting> {
  const folder = t.testdir({
    'sotto.yaml': `sip: { listeners: [{ transport: udp, address: 127.0.0.1, port: ${await freePort()} }] }
http: { port: ${await freePort()} }
media: { processes: 1 }
secureInput: { enabled: false }
`,
  })
  const args = [CLI, 'start', '--config', join(folder, 'sotto.yaml')]
  const child = spawn(process.execPath, args, { env: {}, stdio: ['ignore', 'pipe', 'inherit'] })
  let log = ''
  child.stdout.on('data', (chunk) => {
    log += chunk
  })
  t.teardown(() => child.kill('SIGKILL'))
  return { child, log: () => log, exited: once(child, 'exit') }
}

async function logged({ child, log }: Starting, event: string): Promise<void> {
  while (!log().includes(`"event":"${event}"`)) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${event} did not come: ${log()}`)
    await pause(5)
  }
}

/** Until a signal has somebody who takes it. */
async function held({ child }: Starting): Promise<void> {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it has ended')
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'
    // Node itself takes one of those of numbers above; HUP is the first.
    if ((BigInt(`0x${caught}`) & SIGHUP_BIT) !== 0n) return
    await pause(1)
  }
}

/** @returns one that has come as far as is waited for, and no further than before this is logged: where we were held up and are late, it is another one. */
async function caught(t: Test, far: (starting: Starting) => Promise<void>, event: string): Promise<Starting> {
  for (;;) {
    const starting = await begin(t)
    await far(starting)
    if (!starting.log().includes(`"event":"${event}"`)) return starting
    starting.child.kill('SIGKILL')
    await starting.exited
  }
}

const early = (t: Test) => caught(t, held, 'control.configured')
const later = (t: Test) => caught(t, (starting) => logged(starting, 'control.configured'), 'control.started')

t.test('HUP before the program is read: the start goes on, and the reload comes after it', async (t) => {
  const starting = await early(t)
  starting.child.kill('SIGHUP')
  await logged(starting, 'control.reloaded')
  t.ok(starting.log().indexOf('control.started') < starting.log().indexOf('control.reloaded'))
  starting.child.kill('SIGTERM')
  t.strictSame(await starting.exited, [0, null])
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} before the program is read, and in the middle of the start: an end as it should be`, async (t) => {
    for (const which of [early, later]) {
      const starting = await which(t)
      starting.child.kill(signal)
      t.strictSame(await starting.exited, [0, null], starting.log())
      t.match(starting.log(), 'control.stopped')
    }
  })
}

t.test('at any moment: it ends at once, by the signal itself or as it should, and never goes on', async (t) => {
  for (const afterMs of [50, 300]) {
    const starting = await begin(t)
    await pause(afterMs)
    starting.child.kill('SIGTERM')
    const [code, signal] = await starting.exited
    t.ok(code === 0 || signal === 'SIGTERM', `after ${afterMs} ms: ${code ?? signal}`)
  }
})
