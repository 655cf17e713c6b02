/**
 * Secure sessions while processes are killed, stopped and starved, the line loses and holds packets, and the validation service hangs and resets:
 * each at a random moment of a random state, all from one seed. Judges every session: a typed end, nobody left one-way, both people told within two
 * seconds, no digit in memory, files, or the agent's sound. Prints a line a wave and a summary; ends with code 1 where a mark was missed.
 * Ctrl-C ends it after the wave that runs. Usage: node bench/chaos.ts [--sessions 500] [--concurrent 10] [--seed 1] [--minutes 30]
 */

import { parseArgs } from 'node:util'
import type { Test } from 'tap'
import { type ControlDeath, startChaos, type Wave } from '../test/peers/chaos.ts'
import { startSotto } from '../test/peers/sotto.ts'
import type { Reaction } from '../test/peers/struck-verdict.ts'
import { startValidationPeer } from '../test/peers/validation-peer.ts'

const TOLD_LIMIT_MS = 2000
const MS_PER_MINUTE = 60_000

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '500' },
    concurrent: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '30' },
  },
})
const [wanted, concurrent, seed] = [Number(values.sessions), Number(values.concurrent), Number(values.seed)]
const startedMs = performance.now()
const ends: (() => unknown)[] = []
const stage = { teardown: (end: () => unknown) => void ends.push(end), pass: () => true } as unknown as Test

const validation = await startValidationPeer({ thinkMs: 300 })
const sotto = await startSotto(stage, {
  validationUrl: `https://127.0.0.1:${validation.port}/`,
  prompts: 'shipped',
  caText: validation.authority,
  phones: concurrent,
  timeoutSeconds: 3,
  secureInput: ['sessionSeconds: 60', 'interDigitSeconds: 3', 'firstDigitSeconds: 8'],
})
// Ctrl-C ends it after the wave that runs, with the summary of what there is.
let stopped = false
process.once('SIGINT', () => {
  stopped = true
})
const waves: Wave[] = []
let sessions = 0
let death: ControlDeath | undefined
let reactions: readonly Reaction[] = []
try {
  const chaos = await startChaos({ sotto, validation, seed, concurrent, strikesAWave: [2, 5] })
  ends.unshift(chaos.close)
  while (!stopped && sessions < wanted && performance.now() - startedMs < Number(values.minutes) * MS_PER_MINUTE) {
    const wave = await chaos.wave(waves.length)
    waves.push(wave)
    sessions += wave.verdicts.filter(({ outcome }) => outcome !== undefined).length
    reactions = waves.flatMap(({ verdicts }) => verdicts.flatMap(({ reaction }) => reaction ?? []))
    process.stdout.write(`${lineOf(wave, waves.length)}\n`)
  }
  death = await chaos.killControl(waves.length)
} finally {
  for (const end of ends) await end()
  await validation.close()
}

function lineOf({ strikes, verdicts, flaws }: Wave, number: number): string {
  const struck = strikes.map(
    ({ kind, moment, forMs }) => `${kind}${forMs > 0 ? ` ${(forMs / 1000).toFixed(1)} s` : ''} at ${moment}`,
  )
  const raw = Math.max(0, ...verdicts.map(({ reaction }) => reaction?.rawMs ?? 0))
  const told = raw > 0 ? `, told after ${raw.toFixed(0)} ms at most` : ''
  const ended = countsOf(verdicts.flatMap(({ outcome }) => outcome ?? []))
  return [
    `${number}: ${struck.join(', ') || 'nothing struck'}: ${ended}${told}`,
    ...flaws.map((flaw) => `   FLAW ${flaw}`),
  ].join('\n')
}

function countsOf(words: readonly string[]): string {
  const counts = Map.groupBy(words, (word) => word)
  return [...counts].map(([word, { length }]) => `${length} ${word}`).join(', ')
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(0)
  return `median ${at(0.5)}, 95th ${at(0.95)}, worst ${at(1)} ms of ${sorted.length}`
}

const flaws = [...waves.flatMap((wave) => wave.flaws), ...(death?.flaws ?? ['control was not killed'])]
const orphansGoneMs = Math.round(death?.orphansGoneMs ?? 0)
if (orphansGoneMs > TOLD_LIMIT_MS) flaws.push('media or vault outlived control')
const late = reactions.filter(({ toldMs }) => toldMs > TOLD_LIMIT_MS)
const strikes = waves.flatMap((wave) => wave.strikes)
const byKind = [...Map.groupBy(reactions, ({ kind }) => kind)]
const summary = {
  bench: 'chaos',
  seed,
  sessions,
  seconds: Math.round((performance.now() - startedMs) / 1000),
  strikes: strikes.length,
  toldLate: late.length,
  flaws: flaws.length,
  orphansGoneMs,
}
process.stdout.write(
  `${[
    `${sessions} sessions, ${strikes.length} strikes: ${countsOf(strikes.map(({ kind }) => kind))}`,
    `states struck: ${countsOf(waves.flatMap(({ stagesStruck }) => stagesStruck))}`,
    `ended: ${countsOf(waves.flatMap(({ verdicts }) => verdicts.flatMap(({ outcome }) => outcome ?? [])))}`,
    `searches of control and media while calls ran: ${waves.reduce((sum, { searches }) => sum + searches, 0)}`,
    ...byKind.map(([kind, of]) => `told after ${kind}: ${spread(of.map(({ rawMs }) => rawMs))}`),
    ...byKind.map(
      ([kind, of]) => `the same without hold-ups of the machine: ${kind}: ${spread(of.map(({ toldMs }) => toldMs))}`,
    ),
    ...byKind.map(
      ([kind, of]) =>
        `agent hears a caller who keyed no more, after ${kind}: ${spread(of.flatMap(({ heardMs }) => heardMs ?? []))}`,
    ),
    `control killed with ${death?.sessions} sessions: media and vault gone after ${orphansGoneMs} ms; ${death?.flaws.join(', ') || 'nothing found, silence'}`,
    `told later than ${TOLD_LIMIT_MS} ms: ${late.length}; flaws: ${flaws.length}`,
  ].join('\n')}\n${JSON.stringify(summary)}\n`,
)
process.exit(flaws.length + late.length === 0 && sessions >= wanted ? 0 : 1)
