/**
 * Signalling over networks that lose, double and reorder it: no call hangs, none is one-way, nothing remains. `bench/lossy.ts` goes on for
 * ten thousand calls.
 */

import t from 'tap'
import { runCalls } from '../peers/lossy-calls.ts'

const CALLS = 80

for (const [seed, loss, duplicates, delayMs] of [
  [1, 0.05, 0.05, 50],
  [2, 0.2, 0.1, 400],
] as const) {
  t.test(`${loss * 100} % lost, ${duplicates * 100} % doubled, up to ${delayMs} ms on the way`, async (t) => {
    const verdict = await runCalls({ seed, calls: CALLS, loss, duplicates, delayMs })
    t.strictSame(verdict.flaws, [])
    t.ok(verdict.bridged > CALLS / 2)
    t.ok(verdict.standing > CALLS / 10, 'calls survive it')
    for (const what of ['cancelled', 'sessions', 'vaultDeaths', 'retransmitted'] as const) t.ok(verdict[what] > 0, what)
  })
}
