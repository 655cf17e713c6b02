/** Guidance is worth something: with the same seed and count of inputs it finds what blind mutation does not. */

import t from 'tap'
import { SEED } from '../rtp/seeded.ts'
import { Counting } from './coverage.ts'
import { Guide } from './guided.ts'
import { emptyTally, type Target, tryRounds } from './target.ts'

const ROUNDS = 100_000

const counting = new Counting((url) => url.endsWith('/nested-reader.ts'))
t.teardown(() => counting.close())
const { readNested } = await import('./nested-reader.ts')

const SOUND = Buffer.from('nothing of it')
const nested: Target = {
  name: 'nested',
  seeds: [SOUND],
  check: (octets) => void readNested(octets),
}

t.test('what blind mutation does not reach is reached, step by step', async (t) => {
  const blind = emptyTally()
  await tryRounds(nested, SEED, 0, blind, (round) => round < ROUNDS)
  t.equal(blind.rounds, ROUNDS)
  t.strictSame(blind.flaws, [])

  const tally = emptyTally()
  const kept: Uint8Array[] = []
  const guide = new Guide(nested, counting, { onKept: (octets) => kept.push(octets) })
  for (let round = 0; round < ROUNDS; ) round = await guide.tryRounds(SEED, round, tally)
  t.match(tally.flaws[0], { target: 'nested', says: /the bottom/ })
  t.strictSame(kept.map(depthOf), [1, 2, 3, 4, 'bottom'], 'one input for each step, in their order')
  t.equal(guide.kept, kept.length)
  t.ok(
    kept.every(({ length }, at) => length === at + 1),
    'and nothing in them that is not needed',
  )
  t.strictSame(nested.seeds, [SOUND], 'the reader has the seeds that it had')

  const again = new Guide({ ...nested, seeds: [SOUND, ...kept.slice(0, -1)] }, counting)
  const found = emptyTally()
  for (let round = 0; round < ROUNDS && again.kept === 0; ) round = await again.tryRounds(SEED, round, found)
  t.match(found.flaws[0], { says: /the bottom/ }, 'what was kept is where the next one begins')
  t.equal(again.reached.blocks.reached, guide.reached.blocks.reached)
  t.ok(found.rounds < tally.rounds)
})

function depthOf(octets: Uint8Array): number | 'bottom' {
  try {
    return readNested(octets)
  } catch {
    return 'bottom'
  }
}
