/**
 * Every reader of octets from outside, with inputs that are wrong: each seed cut at every octet, and mutated ones. What fails names its seed and
 * round; `SEED=7 node test/fuzz/readers.test.ts` tries others, `bench/fuzz.ts` goes on for as long as one likes.
 */

import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { SEED } from '../rtp/seeded.ts'
import { mutated } from './mutate.ts'
import { emptyTally, SLOWEST_MS, type Tally, type Target, tryCuts, tryInput, tryRounds } from './target.ts'
import { allTargets } from './targets.ts'

t.setTimeout(300_000)

/** Inputs that fuzzing found, in a folder for each reader. */
const FOUND = new URL('../fixtures/fuzz/', import.meta.url)
/** Mutated inputs of each reader. */
const ROUNDS = 2000

t.test('an input can be had again', async (t) => {
  const seeds = [Buffer.from('one: two\r\nthree: 4\r\n'), Buffer.from('five')]
  const inputs = Array.from({ length: 300 }, (_, round) => mutated(seeds, 1, round))
  t.strictSame(
    inputs,
    inputs.map((_, round) => mutated(seeds, 1, round)),
  )
  t.ok(new Set(inputs.map(String)).size > 200, 'and is hardly ever another one')
  t.notSame(mutated(seeds, 2, 5), inputs[5])
})

t.test('a reader that fails or dawdles is found', async (t) => {
  const found = (check: Target['check']) => {
    const tally = emptyTally()
    tryInput({ name: 'bad', seeds: [], check }, Buffer.from('x'), { seed: 1, round: 2 }, tally)
    return tally
  }
  t.match(found(() => JSON.parse('{')).flaws, [{ target: 'bad', seed: 1, round: 2, says: /SyntaxError/ }])
  const dawdles = () => {
    const startMs = process.threadCpuUsage().user
    while (process.threadCpuUsage().user - startMs < (SLOWEST_MS + 20) * 1000) Math.random()
  }
  t.match(found(dawdles).flaws, [{ says: /took \d+ ms/ }])
  t.strictSame(found(() => {}).flaws, [])
})

const targets = await allTargets()

t.test('every kind of octets from outside has its reader here', async (t) => {
  const names = targets.map(({ name }) => name)
  const wanted = ['sip', 'framer', 'address', 'sdp', 'info', 'endpoint', 'websocket', 'stun', 'rtp', 'rtcp', 'srtp', 'capture', 'wav', 'xml', 'json', 'http', 'config', 'pem', 'recording', 'text', 'message'] // biome-ignore format: a list
  t.strictSame(names, wanted)
})

t.test('what once broke a reader does not any more', async (t) => {
  for (const name of readdirSync(FOUND)) {
    const target = targets.find((each) => each.name === name)
    if (target === undefined) throw new Error(`no reader is called ${name}`)
    const tally = emptyTally()
    for (const file of readdirSync(new URL(`${name}/`, FOUND)))
      tryInput(target, readFileSync(new URL(`${name}/${file}`, FOUND)), { seed: 0, round: 0 }, tally)
    t.ok(tally.rounds > 0)
    t.strictSame(flawsOf(tally), [], name)
  }
})

for (const target of targets) {
  t.test(target.name, async (t) => {
    const tally = emptyTally()
    tryCuts(target, tally)
    await tryRounds(target, SEED, 0, tally, (round) => round < (target.rounds ?? ROUNDS))
    t.strictSame(flawsOf(tally), [], `${tally.rounds} inputs, ${tally.slowestMs.toFixed(1)} ms at most`)
  })
}

/** The first of them, short enough to be read. */
function flawsOf({ flaws }: Tally): readonly string[] {
  return flaws
    .slice(0, 3)
    .map(
      ({ seed, round, says, octets }) =>
        `seed ${seed}, round ${round}: ${says.slice(0, 600)}: ${JSON.stringify(octets.toString('latin1').slice(0, 300))}`,
    )
}
