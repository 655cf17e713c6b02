/**
 * What a bridged call costs: G.711 both ways, 50 packets a second each, through full signalling from INVITE to BYE. sipp signals for both ends, a
 * generator in C is their sound. CPU is user and system time of all processes of a server for each call and second while all calls stand. Beside an
 * installed Asterisk, and Kamailio with rtpengine in user space, with the same ends in the same run. What is lost is counted: a call that is heard
 * one way only would be half of its packets.
 *
 * Usage: node bench/calls.ts [--calls 100] [--seconds 10] [--warm-up 5] [--rounds 1] [--only sotto,kamailio,asterisk] [--profile FOLDER]
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { freePort } from '../test/peers/free-port.ts'
import { asteriskVersion, startAsterisk } from './peers/asterisk.ts'
import { hasKamailio, startProxy } from './peers/kamailio.ts'
import { cpuByProcess, type Measured } from './peers/process-tree.ts'
import { compile, run } from './peers/program.ts'
import { startCallees, startCallers } from './peers/sipp-calls.ts'
import { startSottoServer } from './peers/sotto-server.ts'

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '5' },
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: 'sotto,kamailio,asterisk' },
    profile: { type: 'string' },
  },
})
const SECONDS = Number(values.seconds)
const WARM_UP_SECONDS = Number(values['warm-up'])
const CALLS_PER_SECOND = 50
/** From the last call's answer until the generator sends, and from its end to the first BYE. */
const MARGIN_SECONDS = 4
const GRACE_SECONDS = 60
const PCMA_LEG = '8 160 - -'

type Row = {
  readonly name: string
  readonly calls: number
  readonly cpuMsPerCallSecond: number
  /** The same by process. */
  readonly parts: readonly number[]
  readonly sent: number
  readonly lost: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Calls that did not go from INVITE to BYE as they should. */
  readonly failed: number
  readonly loadPercent: number
}

type Told = Readonly<Record<'sent' | 'received' | 'p50Ms' | 'p99Ms' | 'maxMs' | 'cpuMs' | 'tookMs', number>>

const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-calls-'))
const program = compile('rtp-load', folder)

async function measure(
  own: string,
  calls: number,
  start: (own: string, pbxPort: number) => Promise<Measured>,
): Promise<Row> {
  const arrivalSeconds = calls / CALLS_PER_SECOND
  const talkSeconds = arrivalSeconds + WARM_UP_SECONDS + SECONDS + MARGIN_SECONDS
  const limitSeconds = arrivalSeconds + talkSeconds + GRACE_SECONDS
  const common = { calls, rate: CALLS_PER_SECOND, talkMs: talkSeconds * 1000, limitSeconds }
  const load = run(program, [calls, WARM_UP_SECONDS * 1000, SECONDS * 1000, -1])
  const stops: (() => unknown)[] = [() => load.stop()]
  try {
    const ports = (await load.line()).split(' ').map(Number)
    const even = ports.filter((_, i) => i % 2 === 0)
    const odd = ports.filter((_, i) => i % 2 === 1)
    const callees = await startCallees({ ...common, folder: join(own, 'callees'), ports: odd })
    stops.push(() => callees.stop())
    const server = await start(own, callees.port)
    stops.push(() => server.stop())
    const callers = await startCallers({ ...common, folder: join(own, 'callers'), ports: even }, server.sipPort)
    stops.push(() => callers.stop())
    const limitMs = (arrivalSeconds + MARGIN_SECONDS) * 1000
    const [ofCallers, ofCallees] = [await callers.serverPorts(limitMs), await callees.serverPorts(limitMs)]
    const legs = [...ofCallers.keys()]
      .sort((a, b) => a - b)
      .flatMap((call) => [ofCallers.get(call) ?? 0, ofCallees.get(call) ?? 0])
    load.write(legs.map((port) => `${port} ${PCMA_LEG}\n`).join(''))
    await load.line()
    const before = cpuByProcess(server)
    await load.line()
    const after = cpuByProcess(server)
    const told = JSON.parse(await load.line()) as Told
    const { output } = await callers.ended
    const parts = [...after].map(([pid, ms]) => (ms - (before.get(pid) ?? 0)) / calls / (told.tookMs / 1000))
    return {
      name: server.name,
      calls,
      cpuMsPerCallSecond: parts.reduce((sum, part) => sum + part, 0),
      parts,
      sent: told.sent,
      lost: told.sent - told.received,
      p50Ms: told.p50Ms,
      p99Ms: told.p99Ms,
      maxMs: told.maxMs,
      failed: calls - Number(/Successful call[^|]*\|[^|]*\| *(\d+)/.exec(output)?.[1] ?? 0),
      loadPercent: (100 * told.cpuMs) / told.tookMs,
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

const profile = values.profile === undefined ? {} : { profile: resolve(values.profile) }
const plan = [
  {
    name: 'sotto',
    there: true,
    start: (own: string, pbxPort: number) => startSottoServer({ folder: join(own, 'sotto'), pbxPort, ...profile }),
  },
  {
    name: 'kamailio',
    there: hasKamailio(true),
    start: (own: string, pbxPort: number) => startProxy(join(own, 'kamailio'), pbxPort, true),
  },
  {
    name: 'asterisk',
    there: asteriskVersion() !== undefined,
    start: async (own: string, pbxPort: number) => {
      const sipPort = await freePort()
      const { processId, version, stop } = await startAsterisk(join(own, 'asterisk'), sipPort, pbxPort)
      return { name: version, sipPort, processIds: [processId], stop }
    },
  },
]

/** @returns the round with the middle cost: other work on the machine shows in the outer ones. */
function middle(rows: readonly Row[]): Row {
  return rows.toSorted((a, b) => a.cpuMsPerCallSecond - b.cpuMsPerCallSecond)[rows.length >> 1] as Row
}

try {
  process.stdout.write(
    '| | calls | CPU ms a call and second | by process | lost | added delay p50, p99, most (ms) | calls that failed | generator, of a core |\n|---|---|---|---|---|---|---|---|\n',
  )
  const rows: Row[] = []
  for (const calls of values.calls.split(',').map(Number)) {
    const rounds = new Map<string, Row[]>()
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const { name, there, start } of plan) {
        if (!there || !values.only.split(',').includes(name)) continue
        const row = await measure(join(folder, `${name}-${calls}-${round}`), calls, start)
        rounds.set(name, [...(rounds.get(name) ?? []), row])
      }
    }
    for (const each of rounds.values()) {
      const row = middle(each)
      rows.push(row)
      process.stdout.write(
        `| ${row.name} | ${calls} | ${row.cpuMsPerCallSecond.toFixed(2)} | ${row.parts.map((part) => part.toFixed(2)).join(' + ')} | ${row.lost} of ${row.sent} | ${row.p50Ms.toFixed(2)}, ${row.p99Ms.toFixed(2)}, ${row.maxMs.toFixed(1)} | ${row.failed} | ${row.loadPercent.toFixed(0)} % |\n`,
      )
    }
  }
  for (const { name, there } of plan) if (!there) process.stdout.write(`| ${name} | not installed here | | | | | | |\n`)
  const ours = rows.filter(({ name }) => name === 'Sotto')
  for (const { name, calls, cpuMsPerCallSecond } of rows.filter((row) => row.name !== 'Sotto')) {
    const own = ours.find((row) => row.calls === calls)
    if (own !== undefined)
      process.stdout.write(
        `ratio to ${name} at ${calls} calls: ${(own.cpuMsPerCallSecond / cpuMsPerCallSecond).toFixed(2)}\n`,
      )
  }
  process.stdout.write(`${JSON.stringify({ bench: 'calls', rows })}\n`)
  process.exitCode = ours.some(({ lost, failed }) => lost > 0 || failed > 0) ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
