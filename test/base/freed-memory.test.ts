import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import {
  environmentAsGiven,
  environmentToBeginWith,
  overwritingTunables,
  TUNABLES,
} from '../../src/base/freed-memory.ts'
import { until } from '../../src/demo/waiting.ts'
import { searchMemory } from '../../src/leak/memory-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'

const OURS = 'glibc.malloc.perturb=255:glibc.malloc.tcache_count=0'

t.test('the settings of others are kept, and ours win', async (t) => {
  for (const [given, expected] of [
    [undefined, OURS],
    ['', OURS],
    [OURS, OURS],
    ['glibc.malloc.arena_max=2', `glibc.malloc.arena_max=2:${OURS}`],
    ['glibc.malloc.perturb=0:glibc.malloc.arena_max=2', `glibc.malloc.arena_max=2:${OURS}`],
  ] as const) {
    t.equal(overwritingTunables({ [TUNABLES]: given }), expected)
  }
})

t.test('a program is begun anew once, with all that stood in its environment', async (t) => {
  const first = environmentToBeginWith({ HOME: '/home/sotto', ABSENT: undefined })
  t.match(first, { HOME: '/home/sotto', [TUNABLES]: OURS, OPENSSL_ia32cap: ':~0x60000000000' })
  t.match(environmentToBeginWith({ OPENSSL_ia32cap: ':0' }), { OPENSSL_ia32cap: ':0' }, 'who set it knows why')
  t.notOk('ABSENT' in (first ?? {}))
  t.equal(environmentToBeginWith(first ?? {}), undefined)
  const { [TUNABLES]: _, ...scrubbed } = first ?? {}
  t.equal(environmentToBeginWith(scrubbed), undefined, 'nor when its settings were taken away')
})

const CANARY = '6011000990139424'
const DATAGRAMS = 20
/** Receives and blanks what it is given, and does nothing about what Node read it through. */
const RECEIVER = `
import { createSocket } from 'node:dgram'
let count = 0
const socket = createSocket('udp4', (octets) => {
  octets.fill(0)
  if (++count === ${DATAGRAMS}) process.stdout.write('all\\n')
})
socket.bind(0, '127.0.0.1', () => process.stdout.write(socket.address().port + '\\n'))
`

t.test(
  'what was received is left lying by a program as it comes, and by one with these settings it is not',
  async (t) => {
    t.not(await findsIn(t, {}), 0, 'there is something to overwrite')
    t.equal(await findsIn(t, { [TUNABLES]: overwritingTunables({}) }), 0)
  },
)

/** @returns how many forms of the canary lie in a receiver that was sent it. */
async function findsIn(t: Test, env: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', RECEIVER], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1')
  })
  await until(() => said.includes('\n'), 'the receiver', 20_000)
  const socket = createSocket('udp4')
  for (let i = 0; i < DATAGRAMS; i++) {
    socket.send(`${'x'.repeat(500)}Signal=${CANARY}\r\n`, Number(said.split('\n')[0]), '127.0.0.1')
  }
  await until(() => said.includes('all'), 'all datagrams', 20_000)
  socket.close()
  const { finds } = searchMemory(child.pid ?? 0, needlesOf(digitsOf(CANARY)))
  child.kill('SIGKILL')
  await once(child, 'exit')
  return finds.length
}

t.test('the environment of a program that runs is known again as the kernel shows it', async (t) => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { env: { [TUNABLES]: OURS } })
  t.teardown(() => child.kill('SIGKILL'))
  const shown = () => readFileSync(`/proc/${child.pid}/environ`, 'latin1')
  await until(() => shown().includes(TUNABLES), 'the environment', 20_000)
  t.equal(environmentAsGiven(shown()), `${TUNABLES}=${OURS}\0`)
})
