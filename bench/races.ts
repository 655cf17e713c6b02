/**
 * Messages that cross, come late, twice or never, through the whole server over UDP: CANCEL and 200, offers of both ends, offers while the legs
 * are parted, BYE at every change of state, lost ACKs and PRACKs, forked answers; all from one seed. Afterwards both ends of a call hear each other
 * or neither is in it, and nothing remains. Ends with code 1 where that is not so.
 *
 *     node bench/races.ts --races 10000 --seed 1 --concurrent 40 --minutes 30
 */

import { parseArgs } from 'node:util'
import type { Test } from 'tap'
import { runRaces } from '../test/peers/races.ts'
import { startValidationPeer } from '../test/peers/validation-peer.ts'

const MS_PER_MINUTE = 60_000

const { values } = parseArgs({
  options: {
    races: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    concurrent: { type: 'string', default: '40' },
    minutes: { type: 'string', default: '30' },
  },
})
const ends: (() => unknown)[] = []
const stage = { teardown: (end: () => unknown) => void ends.unshift(end), pass: () => true } as unknown as Test
const startedMs = performance.now()
const validation = await startValidationPeer()
try {
  const told = await runRaces(stage, {
    seed: Number(values.seed),
    races: Number(values.races),
    concurrent: Number(values.concurrent),
    untilMs: startedMs + Number(values.minutes) * MS_PER_MINUTE,
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    onRace: (done, flaws) => {
      for (const flaw of flaws) process.stdout.write(`  FLAW ${flaw}\n`)
      if (done % 500 === 0) process.stdout.write(`${done} after ${secondsGone()} s\n`)
    },
  })
  for (const [kind, count] of Object.entries(told.kinds)) process.stdout.write(`${kind}: ${count}\n`)
  const { races, heard, sessions, flaws } = told
  process.stdout.write(`${JSON.stringify({ races, heard, sessions, flaws: flaws.length, seconds: secondsGone() })}\n`)
  process.exitCode = flaws.length === 0 ? 0 : 1
  if (flaws.length > 0) process.stdout.write(`${flaws.slice(-20).join('\n')}\n`)
} finally {
  for (const end of ends) await end()
  await validation.close()
}

function secondsGone(): number {
  return Math.round((performance.now() - startedMs) / 1000)
}
