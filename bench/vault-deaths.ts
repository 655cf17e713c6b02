/**
 * What a vault's death in mid-number costs the two people: one server, one call, and again and again a secure session whose vault is
 * killed with 8 of 16 digits keyed. In two of three repetitions the caller keys on, by events or in-band, as somebody does who noticed nothing. Prints a row a repetition
 * and a summary; ends with code 1 where a mark was missed. Usage: node bench/vault-deaths.ts [repetitions]
 */

import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import { keysInSound, stretchOf } from '../src/demo/listening.ts'
import { goertzelPower, levelOf } from '../src/rtp/tone.ts'
import { CANARY, startSotto } from '../test/peers/sotto.ts'
import { CALLER_HUM_HZ, type How, type Session, type Talk, talk } from '../test/peers/talk.ts'
import { startValidationPeer } from '../test/peers/validation-peer.ts'

const REPETITIONS = Number(process.argv[2] ?? 30)
const REJOINED_LIMIT_MS = 2000
const NEW_SESSION_LIMIT_MS = 5000
/** One packet of a hum is 7 dB above this; hold music is 8 dB below it at this pitch. */
const HUM_DBM0 = -20
/** What was on its way at the kill. */
const IN_FLIGHT_MS = 60
/** How long after the rejoin the agent is listened to where the caller keys on. */
const LISTEN_MS = 2000

type Row = {
  readonly keysOn: How | undefined
  readonly rejoinedMs: number
  /** From the kill; not measured where the caller keys on, since the time after the rejoin is listened to there. */
  readonly newSessionMs: number | undefined
  /** Packets of the caller's hum at the agent from the kill to the rejoin. */
  readonly humPackets: number
  /** Presses that the agent was sent from the kill on. */
  readonly pressesAtAgent: number
  /** Keys that can be made out in what the agent hears in that time. */
  readonly tonesAtAgent: number
  readonly finds: number
}

const ends: (() => unknown)[] = []
const stage = { teardown: (end: () => unknown) => void ends.push(end), pass: () => true } as unknown as Test

async function nextSession(talking: Talk, fromMs: number): Promise<{ session: Session; tookMs: number }> {
  for (;;) {
    const session = await talking.secure().catch(() => undefined)
    if (session !== undefined) return { session, tookMs: performance.now() - fromMs }
    if (performance.now() - fromMs > 3 * NEW_SESSION_LIMIT_MS) throw new Error('no new session')
    await pause(50)
  }
}

async function die(talking: Talk, session: Session, keysOn: How | undefined): Promise<{ row: Row; session: Session }> {
  const { sotto, agent } = talking
  await session.asked(0)
  await talking.key(CANARY.slice(0, 8))
  await session.event('secure.progress', 5000, ({ keys }) => keys === 8)
  const [vault, ...more] = sotto.processes().vault
  if (vault === undefined || more.length > 0) throw new Error('not one vault')
  const killedMs = performance.now()
  process.kill(vault, 'SIGKILL')
  const keyedOn = keysOn === undefined ? pause(0) : talking.key(CANARY.slice(8), keysOn)
  const rejoined = await session.event('secure.rejoined', 10_000)
  const rejoinedAtMs = sotto.whenMs(rejoined)
  await keyedOn
  await session.event('secure.ended')
  const early = keysOn === undefined ? await nextSession(talking, killedMs) : undefined
  if (keysOn !== undefined) await pause(Math.max(0, rejoinedAtMs + LISTEN_MS - performance.now()))
  const { heard, sampleRate } = agent.sound
  const pcm = agent.sound.pcm()
  const apart = heard.filter(
    ({ arrivedMs }) => arrivedMs > killedMs + IN_FLIGHT_MS && arrivedMs < rejoinedAtMs - Number(rejoined['gapMs']),
  )
  const hum = apart.filter(
    ({ at }) => levelOf(goertzelPower(pcm, at, sampleRate / 50, CALLER_HUM_HZ, sampleRate)) > HUM_DBM0,
  )
  const [first] = heard
  const presses = heard.filter(
    ({ arrivedMs, payloadType }) => arrivedMs > killedMs && payloadType !== first?.payloadType,
  )
  const finds = (await sotto.search()).length
  const { session: next } = early ?? (await nextSession(talking, killedMs))
  return {
    row: {
      keysOn,
      rejoinedMs: rejoinedAtMs - killedMs,
      newSessionMs: early?.tookMs,
      humPackets: hum.length,
      pressesAtAgent: new Set(presses.map(({ timestamp }) => timestamp)).size,
      tonesAtAgent: keysInSound(stretchOf(heard, pcm, sampleRate, killedMs, performance.now())),
      finds,
    },
    session: next,
  }
}

function summary(rows: readonly Row[]): string {
  const of = (pick: (row: Row) => number | undefined) => {
    const sorted = rows.flatMap((row) => pick(row) ?? []).toSorted((a, b) => a - b)
    return `median ${(sorted[sorted.length >> 1] ?? 0).toFixed(0)}, worst ${(sorted.at(-1) ?? 0).toFixed(0)}`
  }
  return [
    `${rows.length} deaths: rejoined ms: ${of((row) => row.rejoinedMs)} (limit ${REJOINED_LIMIT_MS})`,
    `new session ms: ${of((row) => row.newSessionMs)} (limit ${NEW_SESSION_LIMIT_MS})`,
    `packets of the caller at the agent before the rejoin: ${of((row) => row.humPackets)} (limit 0)`,
    `presses told to the agent: ${of((row) => row.pressesAtAgent)} (limit 0)`,
    `keys in the agent's sound: ${of((row) => row.tonesAtAgent)} (limit 0)`,
    `forms of the number found: ${of((row) => row.finds)} (limit 0)`,
  ].join('\n')
}

const validation = await startValidationPeer()
const sotto = await startSotto(stage, {
  validationUrl: `https://127.0.0.1:${validation.port}/`,
  caText: validation.authority,
})
const rows: Row[] = []
try {
  const talking = await talk(stage, sotto)
  let session = await talking.secure()
  for (let i = 0; i < REPETITIONS; i++) {
    const died = await die(talking, session, [undefined, 'event', 'in-band'][i % 3] as How | undefined)
    rows.push(died.row)
    session = died.session
    process.stdout.write(`${i + 1}: ${JSON.stringify(died.row)}\n`)
  }
} finally {
  for (const end of ends) await end()
  await validation.close()
}
process.stdout.write(`${summary(rows)}\n${JSON.stringify({ bench: 'vault-deaths', rows })}\n`)
const missed = rows.filter(
  (row) =>
    row.rejoinedMs > REJOINED_LIMIT_MS ||
    (row.newSessionMs ?? 0) > NEW_SESSION_LIMIT_MS ||
    row.humPackets + row.pressesAtAgent + row.tonesAtAgent + row.finds > 0,
)
process.exit(missed.length === 0 && rows.length === REPETITIONS ? 0 : 1)
