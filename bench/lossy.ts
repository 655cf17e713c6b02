/**
 * Calls over networks that lose, double and reorder signalling, in stepped time (`test/peers/lossy-calls.ts`): ten thousand calls of a minute each take
 * some minutes. Every round has a seed, and gives the same again.
 *
 *     node bench/lossy.ts --calls 10000 --seed 1
 */

import { parseArgs } from 'node:util'
import { type Network, runCalls } from '../test/peers/lossy-calls.ts'

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    round: { type: 'string', default: '200' },
  },
})
const [calls, firstSeed, perRound] = [Number(values.calls), Number(values.seed), Number(values.round)]

/** Taken in turns. */
const NETWORKS: readonly Omit<Network, 'seed' | 'calls'>[] = [
  { loss: 0, duplicates: 0, delayMs: 100 },
  { loss: 0.05, duplicates: 0.05, delayMs: 50 },
  { loss: 0.1, duplicates: 0.1, delayMs: 300 },
  { loss: 0.2, duplicates: 0.1, delayMs: 600 },
]

const sums = { calls: 0, bridged: 0, cancelled: 0, sessions: 0, vaultDeaths: 0, retransmitted: 0, flaws: 0 }
for (let seed = firstSeed; sums.calls < calls; seed += 1) {
  const network = NETWORKS[seed % NETWORKS.length]
  if (network === undefined) break
  const verdict = await runCalls({ ...network, seed, calls: Math.min(perRound, calls - sums.calls) })
  sums.calls += Math.min(perRound, calls - sums.calls)
  for (const what of ['bridged', 'cancelled', 'sessions', 'vaultDeaths', 'retransmitted'] as const)
    sums[what] += verdict[what]
  sums.flaws += verdict.flaws.length
  process.stdout.write(`seed ${seed}, ${network.loss * 100} % lost: ${verdict.standing} stand, ${sums.calls} calls\n`)
  for (const flaw of verdict.flaws) process.stdout.write(`  FLAW ${flaw}\n`)
}
process.stdout.write(`${JSON.stringify(sums)}\n`)
process.exitCode = sums.flaws === 0 ? 0 : 1
