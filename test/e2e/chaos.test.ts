/**
 * A few secure sessions at once while processes are killed and stopped, packets are lost, and the validation service resets: whatever is done, every
 * session has a typed end, nobody is left one-way, and no digit is anywhere. The long form, at random, is `bench/chaos.ts`.
 */

import t from 'tap'
import { startChaos } from '../peers/chaos.ts'
import { startSotto } from '../peers/sotto.ts'
import type { Strike } from '../peers/strikes.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const CALLERS = 3
/** The mark is 2 s; the rest is for machines with other work. */
const TOLD_MS = 10_000
/** A step of a session that takes longer is taken for failed. */
const STEP_LIMIT_MS = 2000

const WAVES: readonly (readonly [string, readonly Strike[]])[] = [
  [
    'control is stopped while they are parted, the line loses packets, and the vault dies with half a number',
    [
      { kind: 'control-stop', moment: 'parting', victim: 0, delayMs: 0, forMs: 2500 },
      { kind: 'lossy-line', moment: 'asking', victim: 1, delayMs: 200, forMs: 1000 },
      { kind: 'vault-kill', moment: 'half-keyed', victim: 2, delayMs: 100, forMs: 0 },
    ],
  ],
  [
    'the vault and media are stopped for less than anybody notices, and the service resets',
    [
      { kind: 'vault-stop', moment: 'half-keyed', victim: 0, delayMs: 0, forMs: 400 },
      { kind: 'media-stop', moment: 'asking', victim: 1, delayMs: 300, forMs: 400 },
      { kind: 'service-resets', moment: 'half-keyed', victim: 2, delayMs: 0, forMs: 6000 },
    ],
  ],
  [
    'the vault is stopped for good, and media dies while the caller is told',
    [
      { kind: 'vault-stop', moment: 'half-keyed', victim: 1, delayMs: 0, forMs: 3000 },
      { kind: 'media-kill', moment: 'renewing', victim: 0, delayMs: 500, forMs: 0 },
    ],
  ],
]

t.test('under kills, stops and losses', async (t) => {
  const validation = await startValidationPeer({ thinkMs: 300 })
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    phones: CALLERS,
    timeoutSeconds: 3,
  })
  const chaos = await startChaos({ sotto, validation, seed: 20, concurrent: CALLERS, strikesAWave: [1, 1] })
  t.teardown(() => chaos.close())
  for (const [i, [what, strikes]] of WAVES.entries()) {
    await t.test(what, async (t) => {
      const wave = await chaos.wave(i, strikes)
      t.strictSame(wave.flaws, [], 'a typed end each, nobody one-way, nothing found')
      t.ok(wave.strikes.length > 0, `${wave.strikes.length} strikes fell`)
      t.ok(wave.searches > 0, 'control and media were searched meanwhile')
      for (const { outcome, reaction, heldMs, story } of wave.verdicts) {
        // What is not confirmed in time ends in silence, and a machine with other work may keep all processes waiting for that long.
        const typed = outcome !== undefined && (outcome !== 'internal-error' || heldMs > STEP_LIMIT_MS)
        t.ok(typed, `ended: ${outcome}, held up for ${heldMs.toFixed(0)} ms (${story})`)
        if (reaction !== undefined)
          t.ok(reaction.toldMs < TOLD_MS, `told ${reaction.toldMs.toFixed(0)} ms after ${reaction.kind}`)
      }
    })
  }
})
