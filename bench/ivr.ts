/**
 * What a caller costs who is asked for a card: prompts out, keys in the sound and as events listened for. Sotto with all that belongs to a
 * secure session (the agent hears music meanwhile, and her sound is listened to for keys), beside an installed Asterisk that asks the same with `Read()`, with the same callers (sipp,
 * one capture file of speechless sound and tones) in the same run. CPU from the last caller's first prompt to the first one's last key.
 * The callers come twice: V8 compiles a program while it runs, and in the first half minute ours cost a fifth more. The second round counts.
 * Also how punctual the packets to Sotto's callers are, as the kernel saw them, and whether every number was read right.
 *
 * Usage: node bench/ivr.ts [--sessions 50]
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Test } from 'tap'
import { pause } from '../src/demo/waiting.ts'
import { startWireCapture } from '../src/leak/wire-capture.ts'
import { callsOf, find } from '../test/e2e/crowd-verdict.ts'
import { callsOnWire, segmentsOf } from '../test/peers/call-wire.ts'
import { testCard } from '../test/peers/cards.ts'
import { freePort } from '../test/peers/free-port.ts'
import { cpuMs, wakeUps } from '../test/peers/process-times.ts'
import { type Sipp, startSipp } from '../test/peers/sipp.ts'
import { playing, waiting, writeSound } from '../test/peers/sipp-sound.ts'
import { startSotto, TRUNK_ADDRESS } from '../test/peers/sotto.ts'
import { startValidationPeer } from '../test/peers/validation-peer.ts'
import { asteriskVersion, startAsterisk } from './peers/asterisk.ts'

const { values } = parseArgs({ options: { sessions: { type: 'string', default: '50' } } })
const SESSIONS = Number(values.sessions)
const PORTS = [24_000, 25_999] as const
const FIXTURES = resolve(import.meta.dirname, '../test/fixtures/sipp')
const CALLS_PER_SECOND = 10
const ROUNDS = 2
/** The callers come over this long, and are measured when all are there. */
const ARRIVAL_MS = (SESSIONS / CALLS_PER_SECOND) * 1000
const LIMIT_SECONDS = 200
const PTIME_MS = 20
const card = testCard(500)

/** One caller's sound: everybody keys when the last one has been answered, and hears much of each prompt. */
const SAID = [
  { silentMs: 6000 + ARRIVAL_MS },
  ...[{ keys: `${card.number}#` }, { silentMs: 6000 }, { keys: `${card.expiry}#` }],
  ...[{ silentMs: 6000 }, { keys: `${card.code}#` }, { silentMs: 12_000 }],
]

type Cost = {
  readonly cpuMsPerSessionSecond: number
  /** The same by process; of Sotto: control, media, vault. */
  readonly parts: readonly number[]
  /** Wake-ups by process, a second. */
  readonly wakeUps: readonly number[]
  /** CPU of the first round. */
  readonly cold: number
  readonly right: number
}

const ends: (() => unknown)[] = []
const stage = { teardown: (end: () => unknown) => void ends.push(end) } as unknown as Test
const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-ivr-'))
const sound = join(folder, 'said.pcap')
const talkMs = writeSound(sound, SAID, 1)
/** From a caller's answer to the first key, and to the last. */
const FIRST_KEY_MS = 6000 + ARRIVAL_MS
const LAST_KEY_MS = talkMs - 12_000

async function callers(name: string, target: string): Promise<Sipp> {
  const own = join(folder, name)
  mkdirSync(own)
  return startSipp({
    folder: own,
    scenarioFile: join(FIXTURES, 'caller.xml'),
    fill: { TURNS: [playing(sound), waiting(talkMs - 100)].join('\n  ') },
    target,
    service: '300',
    address: TRUNK_ADDRESS,
    transport: 'udp',
    calls: SESSIONS,
    rate: CALLS_PER_SECOND,
    limitSeconds: LIMIT_SECONDS,
  })
}

/** CPU of some processes over the time in which all callers are asked and key, milliseconds a session and second. */
async function measured(processIds: readonly number[]): Promise<Omit<Cost, 'right' | 'cold'>> {
  await pause(ARRIVAL_MS + 1000)
  const [before, wokenBefore] = [processIds.map(cpuMs), processIds.map(wakeUps)]
  const startMs = performance.now()
  await pause(LAST_KEY_MS - ARRIVAL_MS - 1500)
  const seconds = (performance.now() - startMs) / 1000
  const parts = processIds.map((pid, i) => (cpuMs(pid) - (before[i] ?? 0)) / seconds / SESSIONS)
  const woken = processIds.map((pid, i) => Math.round((wakeUps(pid) - (wokenBefore[i] ?? 0)) / seconds))
  return { cpuMsPerSessionSecond: parts.reduce((sum, part) => sum + part, 0), parts, wakeUps: woken }
}

/** Lets the callers come in rounds. */
async function measuredWarm(name: string, target: string, processIds: readonly number[]): Promise<Omit<Cost, 'right'>> {
  const costs: Omit<Cost, 'right' | 'cold'>[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const sipp = await callers(`${name}-${round}`, target)
    costs.push(await measured(processIds))
    await sipp.ended
  }
  const [first, last] = [costs[0], costs.at(-1)]
  if (first === undefined || last === undefined) throw new Error('no round')
  return { ...last, cold: first.cpuMsPerSessionSecond }
}

async function ofSotto(): Promise<Cost & { readonly late: readonly number[] }> {
  const validation = await startValidationPeer()
  ends.push(() => validation.close())
  const pbxPort = await freePort()
  const sotto = await startSotto(stage, {
    validationUrl: `https://127.0.0.1:${validation.port}/validate`,
    prompts: 'shipped',
    caText: validation.authority,
    pbxUri: `sip:300@127.0.0.1:${pbxPort}`,
    more: `media: { portMin: ${PORTS[0]}, portMax: ${PORTS[1]} }`,
    secureInput: ['firstDigitSeconds: 60'],
  })
  const capture = await startWireCapture(sotto.folder, `udp portrange ${PORTS[0]}-${PORTS[1]} or port ${sotto.sipPort}`)
  const pbx = await startSipp({
    folder: join(folder, 'pbx'),
    scenarioFile: join(FIXTURES, 'pbx.xml'),
    fill: {},
    transport: 'udp',
    port: pbxPort,
    calls: SESSIONS * ROUNDS,
    // Phones are not silent; who is for half a minute is asked whether he is there (`call/quiet.ts`), which this scenario has no answer to.
    echo: true,
    rate: CALLS_PER_SECOND,
    limitSeconds: LIMIT_SECONDS,
  })
  ends.push(() => pbx.stop())
  const asked = new Set<unknown>()
  const look = setInterval(() => {
    for (const { type, callId } of sotto.events) {
      if (type !== 'call.bridged' || asked.has(callId)) continue
      asked.add(callId)
      void sotto.startSecureSession(String(callId))
    }
  }, 20)
  ends.push(() => clearInterval(look))
  const { control, media, vault } = sotto.processes()
  const cost = await measuredWarm('sotto', `127.0.0.1:${sotto.sipPort}`, [control, ...media, ...vault])
  const { segments } = segmentsOf(await capture.stop())
  const told = callsOf(sotto.events)
  const onWire = callsOnWire(segments, PORTS)
  const late: number[] = []
  for (const { number, events } of told) {
    const [began, wiped] = [find(events, 'secure.began'), find(events, 'secure.wiped')]
    const heard = onWire.get(number)?.callerOut.heard ?? []
    if (began === undefined || wiped === undefined) continue
    const [fromMs, toMs] = [began, wiped].map((event) => performance.timeOrigin + sotto.whenMs(event))
    const inSession = heard.filter(({ arrivedMs }) => arrivedMs > (fromMs ?? 0) && arrivedMs < (toMs ?? 0))
    for (let i = 1; i < inSession.length; i++) {
      const [before, now] = [inSession[i - 1], inSession[i]]
      if (before !== undefined && now !== undefined) late.push(Math.abs(now.arrivedMs - before.arrivedMs - PTIME_MS))
    }
  }
  const right = validation.requests.filter(({ body }) => body.includes(`value="${card.number}"`)).length
  return { ...cost, right, late: late.sort((a, b) => a - b) }
}

async function ofAsterisk(): Promise<Cost> {
  const sipPort = await freePort()
  const asterisk = await startAsterisk(join(folder, 'asterisk'), sipPort)
  ends.push(() => asterisk.stop())
  const cost = await measuredWarm('beside', `127.0.0.1:${sipPort}`, [asterisk.processId])
  const right = asterisk.keyed().filter((keys) => keys.startsWith(`${card.number},`)).length
  return { ...cost, right }
}

const at = (sorted: readonly number[], part: number): number => sorted[Math.floor(sorted.length * part)] ?? Number.NaN

const version = asteriskVersion()
try {
  process.stdout.write(
    `${ROUNDS} rounds of ${SESSIONS} callers, ${(talkMs / 1000).toFixed(0)} s each, keys from second ${FIRST_KEY_MS / 1000}\n`,
  )
  const sotto = await ofSotto()
  const asterisk = version === undefined ? undefined : await ofAsterisk()
  const p99Ms = at(sotto.late, 0.99)
  process.stdout.write(
    [
      '| | CPU ms a session and second | first round | by process | wake-ups a second | numbers read right |',
      '|---|---|---|---|---|---|',
      `| Sotto, whole secure session | ${sotto.cpuMsPerSessionSecond.toFixed(2)} | ${sotto.cold.toFixed(2)} | ${sotto.parts.map((part) => part.toFixed(2)).join(' + ')} | ${sotto.wakeUps.join(' + ')} | ${sotto.right} of ${SESSIONS * ROUNDS} |`,
      asterisk === undefined
        ? '| Asterisk | not installed here | | | | |'
        : `| ${version}, Read() | ${asterisk.cpuMsPerSessionSecond.toFixed(2)} | ${asterisk.cold.toFixed(2)} | | ${asterisk.wakeUps.join(' + ')} | ${asterisk.right} of ${SESSIONS * ROUNDS} |`,
      '',
      `packets to the callers: ${sotto.late.length}, off their beat by ${at(sotto.late, 0.5).toFixed(2)} ms (median), ${p99Ms.toFixed(2)} ms (p99; mark 10), ${at(sotto.late, 0.9999).toFixed(1)} ms (p99.99)`,
      ...(asterisk === undefined
        ? []
        : [`ratio of CPU: ${(sotto.cpuMsPerSessionSecond / asterisk.cpuMsPerSessionSecond).toFixed(2)}`]),
      '',
    ].join('\n'),
  )
  const { late, ...cost } = sotto
  process.stdout.write(
    `${JSON.stringify({ bench: 'ivr', sessions: SESSIONS, sotto: { ...cost, p99Ms, packets: late.length }, asterisk })}\n`,
  )
  process.exitCode = sotto.right === SESSIONS * ROUNDS && p99Ms < 10 ? 0 : 1
} finally {
  for (const end of ends.reverse()) await end()
  rmSync(folder, { recursive: true, force: true })
}
