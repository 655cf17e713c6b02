/**
 * The arbiter's memory after a reset, in a process of its own whose memory is searched: a garbage collector that moves what it
 * keeps would leave a copy behind that no reset overwrites.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { searchMemory } from '../../src/leak/memory-search.ts'

const ARBITER = new URL('../../src/rtp/key-arbiter.ts', import.meta.url).href
const SEED = 987_654_321

/** Sixteen codes, made of arithmetic so that they lie in no source. */
function codes(): number[] {
  let x = SEED
  return Array.from({ length: 16 }, () => {
    x = (x * 1_103_515_245 + 12_345) % 2_147_483_648
    return x % 10
  })
}

/** Tells the arbiter the codes, has the collector move all that moves, then resets it if so told, and stays. */
function teller(resets: boolean): string {
  return `
    import { KeyArbiter } from '${ARBITER}'
    const arbiter = new KeyArbiter()
    let x = ${SEED}
    for (let i = 0; i < 16; i++) {
      x = (x * 1103515245 + 12345) % 2147483648
      arbiter.fromEvent(x % 10, i * 1000)
    }
    x = 0
    gc({ type: 'minor' }); gc({ type: 'minor' }); gc()
    if (${resets}) arbiter.reset()
    globalThis.kept = arbiter
    process.stdout.write('ready')
    setInterval(() => undefined, 1000)`
}

async function started(t: Test, resets: boolean): Promise<number> {
  const args = ['--expose-gc', '--no-warnings', '--input-type=module', '--eval', teller(resets)]
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  if (child.stdout === null || child.pid === undefined) throw new Error('no process')
  await once(child.stdout, 'data')
  return child.pid
}

function needles() {
  return [{ form: 'codes as octets', octets: Buffer.from(codes()), alone: false }]
}

t.test('nothing of what was pressed is left after a reset, whatever the collector moved', async (t) => {
  t.strictSame(searchMemory(await started(t, true), needles()).finds, [])
})

t.test('the search finds it where it is known to be', async (t) => {
  t.not(searchMemory(await started(t, false), needles()).finds.length, 0)
})
