/** Some hundreds of races through the whole server; `bench/races.ts` runs ten thousand. */

import t from 'tap'
import { PLAYS } from '../peers/race-plays.ts'
import { runRaces } from '../peers/races.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(400_000)

const RACES = 240

t.test('nobody is left one-way or stuck, whatever crosses', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const told = await runRaces(t, {
    seed: 36,
    races: RACES,
    concurrent: 24,
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
  })
  t.strictSame(told.flaws, [])
  t.equal(told.races, RACES)
  for (const kind of Object.keys(PLAYS)) t.ok((told.kinds[kind] ?? 0) > 0, kind)
  t.ok(told.heard > RACES / 2, `${told.heard} calls were heard both ways`)
  t.ok(told.sessions > RACES / 20, `${told.sessions} secure sessions`)
})
