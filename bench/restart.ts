/**
 * A whole server killed with SIGKILL while calls are up, most of them in a secure session, and begun again in the same folder with the same ports: how soon it answers OPTIONS and takes a call, what requests in
 * the calls of before get, whether a process, a port, a digit or half a file is left, and what audit and history say of what was cut. Then two servers that drain and are restarted one after the other while a
 * trunk offers calls, as docs/OPERATION.md says it: no call may be lost. Prints tables and a line of JSON; ends with code 1 where a mark was missed.
 * Usage: node bench/restart.ts [--rounds 10] [--calls 6] [--sessions 4] [--seed 1] [--rolls 1]
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Test } from 'tap'
import { startAnsweringEnd } from '../test/peers/held-calls.ts'
import { CANARY, type Sotto, type SottoOptions, startSotto } from '../test/peers/sotto.ts'
import { hearEachOther, talk } from '../test/peers/talk.ts'
import { startValidationPeer } from '../test/peers/validation-peer.ts'
import { seeded } from '../test/rtp/seeded.ts'
import { type Killed, killRound } from './peers/kill-rounds.ts'
import { type Offered, type Rolled, rollingRestart } from './peers/rolling-restart.ts'

/** ms until it answers, from the beginning of the new process on. */
const ANSWERS_MS = 3000
/** So long that a session that submits is still waiting at the kill. */
const THINK_MS = 3000
const DRAIN_SECONDS = 120

/** What is measured of a kill, ms; each with its column. */
const TIMES: Readonly<Record<string, (each: Killed) => number>> = {
  'processes gone': (each) => each.goneMs,
  'ports free': (each) => each.freeMs,
  'OPTIONS over UDP': (each) => each.udpMs,
  'OPTIONS over TCP': (each) => each.tcpMs,
  'a new call': (each) => each.callMs,
  ready: (each) => each.readyMs,
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    calls: { type: 'string', default: '6' },
    sessions: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    rolls: { type: 'string', default: '1' },
  },
})
const [rounds, calls, sessions] = [Number(values.rounds), Number(values.calls), Number(values.sessions)]
const ends: (() => unknown)[] = []
const stage = { teardown: (end: () => unknown) => void ends.unshift(end), pass: () => true } as unknown as Test
const startedMs = performance.now()
const folder = mkdtempSync(join(tmpdir(), 'sotto-restart-'))
let isMet = false
process.once('exit', () => {
  // Where something is wrong the logs and records tell more.
  if (isMet) rmSync(folder, { recursive: true, force: true })
  else process.stdout.write(`logs and records: ${folder}\n`)
})
const validation = await startValidationPeer({ thinkMs: THINK_MS })
const far = await startAnsweringEnd()
const common: SottoOptions = {
  validationUrl: `https://127.0.0.1:${validation.port}/`,
  caText: validation.authority,
  pbxUri: far.uri,
  phones: Math.max(2, calls),
  secureInput: ['sessionSeconds: 300', 'firstDigitSeconds: 60', 'interDigitSeconds: 60'],
  drainSeconds: DRAIN_SECONDS,
}
const killed: Killed[] = []
const rolled: Rolled[] = []
const offered: Offered[] = []
const flaws: string[] = []
try {
  const random = seeded(Number(values.seed))
  if (rounds > 0) {
    const terms = { ...common, folder: folderFor('killed') }
    let sotto = await startSotto(stage, terms)
    for (let round = 0; round < rounds; round += 1) {
      const done = await killRound(sotto, { stage, terms, calls, sessions, random })
      sotto = done.again
      killed.push(done.killed)
      process.stdout.write(`${rowOf(done.killed, round + 1)}\n`)
      for (const flaw of done.killed.flaws) process.stdout.write(`   FLAW ${flaw}\n`)
    }
    flaws.push(...killed.flatMap((each) => each.flaws), ...(await lastSession(sotto)))
  }
  for (let roll = 0; roll < Number(values.rolls); roll += 1) {
    const folders = ['one', 'other'].map((name) => folderFor(`${name}-${roll}`))
    const done = await rollingRestart({ stage, terms: common, folders, calls, sessions })
    rolled.push(...done.rolled)
    offered.push(done.offered)
    flaws.push(...done.flaws)
    for (const each of done.rolled) process.stdout.write(`drained and begun again: ${JSON.stringify(rounded(each))}\n`)
    process.stdout.write(`the trunk meanwhile: ${JSON.stringify(rounded(done.offered))}\n`)
    for (const flaw of done.flaws) process.stdout.write(`   FLAW ${flaw}\n`)
  }
} finally {
  for (const end of ends) await end()
  far.close()
  await validation.close()
}

const summary = {
  bench: 'restart',
  seed: Number(values.seed),
  seconds: Math.round((performance.now() - startedMs) / 1000),
  load: loadavg().map((each) => Math.round(each * 10) / 10),
  kills: killed.length,
  sessions: sessions * killed.length,
  interrupted: killed.reduce((sum, each) => sum + each.interrupted, 0),
  inDialog: summed(killed.map((each) => each.inDialog)),
  ms: Object.fromEntries(Object.entries(TIMES).map(([what, of]) => [what, spreadOf(killed.map(of))])),
  rolled: rolled.map(rounded),
  offered: offered.map(rounded),
  late: [
    ...killed.flatMap((each) => [each.udpMs, each.tcpMs, each.callMs]),
    ...rolled.flatMap((each) => [each.answersMs, each.callMs]),
  ].filter((ms) => ms > ANSWERS_MS).length,
  lost: offered.reduce((sum, each) => sum + each.lost, 0),
  flaws: flaws.length,
}
process.stdout.write(`${JSON.stringify(summary)}\n`)
isMet = summary.late + summary.lost + summary.flaws === 0 && killed.length === rounds
process.exit(isMet ? 0 : 1)

function folderFor(name: string): string {
  mkdirSync(join(folder, name))
  return join(folder, name)
}

/** After all kills a session goes from its beginning to its end. @returns what is wrong with it, in words. */
async function lastSession(sotto: Sotto): Promise<readonly string[]> {
  const talking = await talk(stage, sotto)
  const session = await talking.secure()
  await session.enter(CANARY)
  const { result } = (await session.event('secure.ended', 60_000))['outcome'] as { readonly result: string }
  await hearEachOther(stage, talking)
  return result === 'accepted' ? [] : [`a session after all kills ended as ${result}`]
}

function rowOf(each: Killed, round: number): string {
  const times = Object.entries(TIMES).map(([what, of]) => `${what} ${of(each).toFixed(0)}`)
  return `${round}: ${times.join(', ')} ms; in calls of before ${JSON.stringify(each.inDialog)}; ${each.interrupted} of ${sessions} sessions interrupted, one was at ${each.running}`
}

function rounded(of: object): Record<string, number> {
  return Object.fromEntries(Object.entries(of).map(([what, value]) => [what, Math.round(value)]))
}

function summed(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [of, count] of counts.flatMap((each) => Object.entries(each))) sums[of] = (sums[of] ?? 0) + count
  return sums
}

/** @returns median and worst, ms. */
function spreadOf(times: readonly number[]): readonly number[] {
  const sorted = times.toSorted((a, b) => a - b)
  return [sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0].map(Math.round)
}
