/** Signalling over networks that lose, double and reorder it: no call hangs, none is one-way, nothing remains. */

import t from 'tap'
import { runCalls } from '../peers/lossy-calls.ts'

for (const [seed, loss, duplicates, delayMs] of [
  [1, 0.05, 0.05, 50],
  [2, 0.2, 0.1, 400],
] as const) {
  t.test(`${loss * 100} % lost, ${duplicates * 100} % doubled, up to ${delayMs} ms on the way`, async (t) => {
    const verdict = await runCalls({ seed, calls: 150, loss, duplicates, delayMs })
    t.strictSame(verdict.flaws, [])
    t.ok(verdict.bridged > 100)
    t.ok(verdict.standing > 20, 'calls survive it')
    t.ok(verdict.cancelled > 5)
    t.ok(verdict.sessions > 20)
    t.ok(verdict.vaultDeaths > 0)
    t.ok(verdict.retransmitted > 100)
    t.comment(JSON.stringify(verdict))
  })
}
