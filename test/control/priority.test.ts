import { execFileSync } from 'node:child_process'
import t from 'tap'

const PRIORITY = new URL('../../src/control/priority.ts', import.meta.url)

/** @param asks code that may throw. @returns the niceness of a process of its own after it, which began with `niceness`. */
function nicenessAfter(asks: string, niceness: number): number {
  const code = `
    import { getPriority, setPriority } from 'node:os'
    import { raiseSignalling } from '${PRIORITY}'
    setPriority(${niceness})
    try { ${asks} } catch {}
    process.stdout.write(String(getPriority()))`
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }))
}

t.test('signalling goes first where that is allowed, and nobody is told where it is not', async (t) => {
  t.equal(nicenessAfter('raiseSignalling()', 0), nicenessAfter('setPriority(-5)', 0))
})

t.test('who was started behind others stays there', async (t) => {
  t.equal(nicenessAfter('raiseSignalling()', 7), 7)
})
