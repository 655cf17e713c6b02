/**
 * Calls for hours: some begun every second, every fifth with a secure session, and on demand some that are held all the time. Samples memory and
 * handles of every process, and tells whether either grows: slope of the memory in the second half, what a call takes, handles and ports after the
 * last call against those before the first. Callers and PBX are sipp; the callers of secure sessions key a card as tones.
 *
 *   node bench/soak.ts [--minutes 30] [--rate 5] [--hold 10] [--held 0]
 *
 * The slope is judged from half an hour on: before that it is what the engine takes while it warms up. Ends with code 1 where a mark was missed.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Test } from 'tap'
import { pause } from '../src/demo/waiting.ts'
import { testCard } from '../test/peers/cards.ts'
import { freePort } from '../test/peers/free-port.ts'
import { type Sample, sampleOf, slopeOf } from '../test/peers/memory-samples.ts'
import { type Sipp, type SippOptions, startSipp } from '../test/peers/sipp.ts'
import { playing, type Said, waiting, writeSound } from '../test/peers/sipp-sound.ts'
import { type Sotto, startSotto, TRUNK_ADDRESS } from '../test/peers/sotto.ts'
import { startValidationPeer } from '../test/peers/validation-peer.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '5' },
    hold: { type: 'string', default: '10' },
    held: { type: 'string', default: '0' },
  },
})
const [MINUTES, RATE, HOLD_S, HELD] = [values.minutes, values.rate, values.hold, values.held].map(Number) as [
  number,
  number,
  number,
  number,
]
const FIXTURES = resolve(import.meta.dirname, '../test/fixtures/sipp')
const MS_PER_MINUTE = 60_000
const SECURE_EVERY = 5
/** Callers of secure sessions are known by their numbers. */
const SECURE_PREFIX = '+4940'
const PORTS = [20_000, 29_999] as const
const SAMPLE_MS = 5000
/** From this length on, in minutes, the slope is judged. */
const JUDGED_FROM = 30
const MOST_MB_PER_HOUR = 1
/** Lone timers of dialogs and transactions run this long after the last call (64 T1), and freed ports rest. */
const SETTLED_MS = 40_000
const card = testCard(500)
const KEYED: readonly Said[] = [
  ...[{ silentMs: 3000 }, { keys: `${card.number}#` }, { silentMs: 6000 }, { keys: `${card.expiry}#` }],
  ...[{ silentMs: 6000 }, { keys: `${card.code}#` }, { silentMs: 8000 }],
]

const ends: (() => unknown)[] = []
const stage = { teardown: (end: () => unknown) => void ends.push(end) } as unknown as Test
const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-soak-'))
const say = (line: string) => void process.stdout.write(`${line}\n`)

type Crowd = { readonly name: string; readonly calls: number; readonly rate: number; readonly turns: string }

function play(name: string, options: Omit<SippOptions, 'folder' | 'transport'>): Promise<Sipp> {
  const own = join(folder, name)
  mkdirSync(own)
  return startSipp({ folder: own, transport: 'udp', ...options })
}

/** Callers of one kind. @returns how many of them did not go as their scenario says; all when sipp cannot tell. */
async function failedOf(sotto: Sotto, { name, calls, rate, turns }: Crowd): Promise<number> {
  if (calls === 0) return 0
  const prefix: Record<string, string> =
    name === 'secure' ? { '+4930[call_number]': `${SECURE_PREFIX}[call_number]` } : {}
  const sipp = await play(name, {
    scenarioFile: join(FIXTURES, 'caller.xml'),
    fill: { TURNS: turns, ...prefix },
    target: `127.0.0.1:${sotto.sipPort}`,
    service: '300',
    address: TRUNK_ADDRESS,
    calls,
    rate,
    limitSeconds: MINUTES * 60 + 180,
  })
  ends.push(() => sipp.stop())
  const { code, output } = await sipp.ended
  if (code === 0) return 0
  return Number(/Failed call\s*\|[^|]*\|\s*(\d+)/.exec(output)?.[1] ?? calls)
}

/** Starts a session in each call of the secure crowd as soon as it is bridged. @returns how many were not taken on. */
function startSessions(sotto: Sotto): () => number {
  const keying = new Set<unknown>()
  let seen = 0
  let refused = 0
  const look = setInterval(() => {
    for (; seen < sotto.events.length; seen++) {
      const event = sotto.events[seen]
      if (event?.type === 'call.arrived' && String(event['from']).startsWith(SECURE_PREFIX)) keying.add(event['callId'])
      if (event?.type !== 'call.bridged' || !keying.delete(event['callId'])) continue
      void sotto.startSecureSession(String(event['callId'])).then(({ status }) => {
        if (status !== 202) refused++
      })
    }
  }, 20)
  ends.push(() => clearInterval(look))
  return () => refused
}

async function soak(): Promise<boolean> {
  const validation = await startValidationPeer()
  ends.push(() => validation.close())
  const pbxPort = await freePort()
  const sotto = await startSotto(stage, {
    validationUrl: `https://127.0.0.1:${validation.port}/validate`,
    prompts: 'shipped',
    caText: validation.authority,
    pbxUri: `sip:300@127.0.0.1:${pbxPort}`,
    // As it is delivered: one media process a core, and calls refused when they are late.
    more: `media: { portMin: ${PORTS[0]}, portMax: ${PORTS[1]} }`,
    admission: 'admission: { enabled: true }',
  })
  const runMs = MINUTES * MS_PER_MINUTE
  const secureRate = RATE / SECURE_EVERY
  const sound = (name: string, said: readonly Said[]): string => {
    const file = join(folder, `${name}.pcap`)
    writeSound(file, said, 1)
    return file
  }
  const hum = sound('hum', [{ humHz: 1850, ms: HOLD_S * 1000 }])
  const minute = sound('minute', [{ humHz: 1850, ms: MS_PER_MINUTE }])
  const keyed = sound('keyed', KEYED)
  const keyedMs = KEYED.reduce((sum, said) => sum + lengthOf(said), 0)
  // Both kinds of crowd end with the time.
  const plainCalls = Math.floor((RATE - secureRate) * Math.max(0, MINUTES * 60 - HOLD_S))
  const secureCalls = Math.floor(secureRate * Math.max(0, MINUTES * 60 - keyedMs / 1000))
  const total = plainCalls + secureCalls + HELD
  const pbx = await play('pbx', {
    scenarioFile: join(FIXTURES, 'pbx.xml'),
    fill: {},
    port: pbxPort,
    calls: total,
    rate: 100,
    limitSeconds: MINUTES * 60 + 180,
    echo: true,
  })
  ends.push(() => pbx.stop())
  const refused = startSessions(sotto)
  await pause(SAMPLE_MS)
  const samples: Sample[] = [sampleOf(sotto)]
  const startedMs = performance.now()
  const crowds: readonly Crowd[] = [
    { name: 'held', calls: HELD, rate: 20, turns: `${playing(minute)}\n${waiting(MS_PER_MINUTE)}\n`.repeat(MINUTES) },
    { name: 'plain', calls: plainCalls, rate: RATE - secureRate, turns: `${playing(hum)}\n${waiting(HOLD_S * 1000)}` },
    { name: 'secure', calls: secureCalls, rate: secureRate, turns: `${playing(keyed)}\n${waiting(keyedMs)}` },
  ]
  const done = Promise.all(crowds.map((crowd) => failedOf(sotto, crowd)))
  say(`${total} calls in ${MINUTES} minutes, ${secureCalls} with a secure session, ${HELD} held all the time`)
  while (performance.now() - startedMs < runMs) {
    await pause(SAMPLE_MS)
    samples.push(sampleOf(sotto))
  }
  const failed = (await done).reduce((sum, each) => sum + each, 0)
  await pause(SETTLED_MS)
  return report(sotto, samples, sampleOf(sotto), { total, failed: failed + refused(), secureCalls })
}

function lengthOf(said: Said): number {
  if ('silentMs' in said) return said.silentMs
  // A key and the pause behind it, 80 ms each.
  return 'keys' in said ? said.keys.length * 160 : said.ms
}

/** How many calls ended in each way. */
function endingsOf(sotto: Sotto): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { type, ending } of sotto.events as readonly { type: string; ending?: unknown }[]) {
    if (type === 'call.ended') counts[String(ending)] = (counts[String(ending)] ?? 0) + 1
  }
  return counts
}

type Counted = { readonly total: number; readonly failed: number; readonly secureCalls: number }

function report(
  sotto: Sotto,
  samples: readonly Sample[],
  after: Sample,
  { total, failed, secureCalls }: Counted,
): boolean {
  const before = samples[0] as Sample
  const running = samples.slice(1)
  const judged = running.slice(running.length >> 1)
  const rows = Object.entries(before.processes).map(([name, first]) => {
    const of = (sample: Sample) => sample.processes[name]
    const megabytes = (sample: Sample) => of(sample)?.megabytes ?? Number.NaN
    const most = Math.max(...running.map(megabytes))
    return {
      name,
      before: first.megabytes,
      most,
      after: of(after)?.megabytes ?? Number.NaN,
      slope: slopeOf(judged.map((sample) => [sample.atMs, megabytes(sample)])),
      handles: [first.handles, of(after)?.handles ?? 0] as const,
    }
  })
  const open = Math.max(1, ...running.map(({ calls }) => calls))
  const count = (fits: (event: Sotto['events'][number]) => boolean) => sotto.events.filter(fits).length
  const oneWay = count(({ type, ...event }) => type === 'secure.one-way' || event['ending'] === 'no-audio')
  const accepted = count(
    ({ type, ...event }) =>
      type === 'secure.ended' && (event['outcome'] as { readonly result?: string } | undefined)?.result === 'accepted',
  )
  const arrived = count(({ type }) => type === 'call.arrived')
  const errors = sotto
    .log()
    .split('\n')
    .filter((line) => line.includes('"level":"error"')).length
  say('| process | MB before | most | after | MB/h in the second half | handles before, after |')
  say('|---|---|---|---|---|---|')
  for (const { name, handles, ...row } of rows) {
    const numbers = [row.before, row.most, row.after, row.slope].map((each) => each.toFixed(1)).join(' | ')
    say(`| ${name} | ${numbers} | ${handles.join(', ')} |`)
  }
  const grown = rows.reduce((sum, { before: from, most }) => sum + most - from, 0)
  const perCallKb = (grown * 1024) / open
  say(
    `${open} calls at once at most: ${perCallKb.toFixed(0)} kB of memory each, all processes together, caches and garbage included`,
  )
  say(
    `${total} calls, ${failed} failed, ${oneWay} one-way; ${accepted} of ${secureCalls} sessions accepted; media ports left: ${after.ports}; errors in the log: ${errors}`,
  )
  say(`ended: ${JSON.stringify(endingsOf(sotto))}`)
  const steady = MINUTES < JUDGED_FROM || rows.every(({ slope }) => slope <= MOST_MB_PER_HOUR)
  const returned = after.ports === before.ports && rows.every(({ handles: [from, to] }) => to <= from)
  say(JSON.stringify({ bench: 'soak', minutes: MINUTES, rate: RATE, held: HELD, total, failed, oneWay, accepted, secureCalls, perCallKb, rows, portsLeft: after.ports, errors })) // biome-ignore format: one line
  return failed + oneWay + errors === 0 && arrived === total && accepted === secureCalls && steady && returned
}

try {
  process.exitCode = (await soak()) ? 0 : 1
} finally {
  for (const end of ends.reverse()) await end()
  rmSync(folder, { recursive: true, force: true })
}
