/**
 * `sotto leak-test` end to end: it finds nothing in Sotto as it is, and each of several leaks that are planted in a copy, in the sink of each. The whole
 * set of plants takes half an hour: `node scripts/planted-leak-tests.ts`.
 */

import t from 'tap'
import { PLANTS } from '../../scripts/leak-plants.ts'
import { plantFlaw, quickTree, soundFlaw } from '../../scripts/planted-leak-tests.ts'
import { testLive } from './leak-test-live.ts'

/** One for each kind of sink, which do not stand in each other's way. */
const TOGETHER = [
  'UTF-16 in the memory of control',
  'a string built in the vault',
  'base64 in the log',
  'a temporary file',
  'a call of a web hook with the number',
  'tones mixed quietly into the music',
]

t.setTimeout(900_000)

t.test('nothing is found where nothing is planted; what is planted is found', async (t) => {
  const tree = quickTree()
  t.teardown(() => tree.close())
  const flaw = soundFlaw(tree)
  t.equal(flaw, undefined, flaw ?? 'nothing is found')
  const plants = PLANTS.filter(({ leak }) => TOGETHER.includes(leak))
  t.equal(plants.length, TOGETHER.length)
  const missed = plantFlaw(tree, ...plants)
  t.equal(missed, undefined, missed ?? 'all are found')
})

t.test('there are plants for every kind of sink', async (t) => {
  t.ok(PLANTS.length >= 20)
  const kinds = ['memory: control', 'memory: media', 'memory: vault', 'heap snapshot: control', 'heap snapshot: media']
  const more = ['core file: media', 'vault: not to be dumped', 'logs', 'files: open', 'API answers']
  const wire = ['everything on the wire', 'RTP legs: events', 'RTP legs: tones below', 'RTP legs: cadence']
  for (const kind of [...kinds, ...more, ...wire])
    t.ok(
      PLANTS.some(({ sink }) => sink.test(kind)),
      kind,
    )
})

testLive(t)
