import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import t from 'tap'

const PROGRAM = new URL('begun-anew.ts', import.meta.url).pathname
const ONE_CORE = ['--single-threaded-gc', '--max-semi-space-size=8', '--v8-pool-size=1']

/** @returns the flags of a program that was begun anew, behind one of its own. */
function flagsOf(...before: string[]): string[] {
  const [program = '', ...args] = [...before, process.execPath, '--no-warnings', PROGRAM]
  return JSON.parse(execFileSync(program, args, { env: { PATH: process.env['PATH'] ?? '' }, encoding: 'utf8' }))
}

t.test(
  'on one core garbage is collected without threads and in smaller portions, and one thread compiles',
  async (t) => {
    const [core] =
      execFileSync('taskset', ['-c', '-p', String(process.pid)], { encoding: 'utf8' }).match(/\d+(?=\D*$)/) ?? []
    t.strictSame(flagsOf('taskset', '-c', core ?? ''), [...ONE_CORE, '--no-warnings'])
  },
)

t.test('on more it is left as it is', async (t) => {
  t.strictSame(flagsOf(), availableParallelism() > 1 ? ['--no-warnings'] : [...ONE_CORE, '--no-warnings'])
})
