/**
 * What a call costs without its sound: INVITE, 180, 200, ACK, a second of talk without a packet, BYE, through the whole B2BUA with all its
 * processes, callers and callees played by sipp. Beside Kamailio as a stateful proxy, which is the limit, and an installed Asterisk, with the same
 * sipp in the same run. CPU is user and system time of all processes of a server, between a warm-up and the last call begun.
 *
 * Usage: node bench/setups.ts [--rates 100,200,400] [--peer-rates 50,100] [--seconds 10] [--warm-up 8] [--talk-ms 1000] [--only sotto,kamailio,asterisk] [--profile FOLDER]
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { pause } from '../src/demo/waiting.ts'
import { freePort } from '../test/peers/free-port.ts'
import { startSipp } from '../test/peers/sipp.ts'
import { waiting } from '../test/peers/sipp-sound.ts'
import { TRUNK_ADDRESS } from '../test/peers/sotto.ts'
import { asteriskVersion, startAsterisk } from './peers/asterisk.ts'
import { hasKamailio, startProxy } from './peers/kamailio.ts'
import { cpuByProcess, type Measured } from './peers/process-tree.ts'
import { startSottoServer } from './peers/sotto-server.ts'

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '100,200,400' },
    'peer-rates': { type: 'string', default: '50,100' },
    seconds: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '8' },
    'talk-ms': { type: 'string', default: '1000' },
    only: { type: 'string', default: 'sotto,kamailio,asterisk' },
    profile: { type: 'string' },
  },
})
const SECONDS = Number(values.seconds)
const WARM_UP_SECONDS = Number(values['warm-up'])
const TALK_MS = Number(values['talk-ms'])
const FIXTURES = resolve(import.meta.dirname, '../test/fixtures/sipp')
/** Calls go on being begun for this long after the measurement, so that its end is like its middle. */
const AFTER_SECONDS = 1
const GRACE_SECONDS = 60

type Row = {
  readonly name: string
  readonly rate: number
  readonly cpuMsPerCall: number
  /** The same by process, the first one named first. */
  readonly parts: readonly number[]
  readonly calls: number
  readonly failed: number
  readonly resent: number
}

const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-setups-'))
const numbers = (list: string): readonly number[] => list.split(',').map(Number)

async function measure(
  name: string,
  rate: number,
  start: (own: string, pbxPort: number) => Promise<Measured>,
): Promise<Row> {
  const own = join(folder, `${name}-${rate}`)
  const calls = rate * (WARM_UP_SECONDS + SECONDS + AFTER_SECONDS)
  const limitSeconds = WARM_UP_SECONDS + SECONDS + AFTER_SECONDS + TALK_MS / 1000 + GRACE_SECONDS
  const common = { transport: 'udp', calls, rate, limitSeconds } as const
  const pbx = await startSipp({
    ...common,
    folder: join(own, 'pbx'),
    scenarioFile: join(FIXTURES, 'pbx.xml'),
    fill: {},
  })
  let server: Measured | undefined
  try {
    server = await start(own, pbx.port)
    const callers = await startSipp({
      ...common,
      folder: join(own, 'callers'),
      scenarioFile: join(FIXTURES, 'caller.xml'),
      fill: { TURNS: waiting(TALK_MS) },
      target: `127.0.0.1:${server.sipPort}`,
      service: '300',
      address: TRUNK_ADDRESS,
    })
    await pause(WARM_UP_SECONDS * 1000)
    const before = cpuByProcess(server)
    const startMs = performance.now()
    await pause(SECONDS * 1000)
    const after = cpuByProcess(server)
    const inWindow = (rate * (performance.now() - startMs)) / 1000
    const { output } = await callers.ended
    const parts = [...after].map(([pid, ms]) => (ms - (before.get(pid) ?? 0)) / inWindow)
    return {
      name: server.name,
      rate,
      cpuMsPerCall: parts.reduce((sum, part) => sum + part, 0),
      parts,
      calls,
      failed: calls - successful(output),
      resent: resent(output),
    }
  } finally {
    pbx.stop()
    await server?.stop()
    await pbx.ended
  }
}

/** @returns how many calls went as the scenario says, from the last screen that sipp printed. */
function successful(output: string): number {
  return Number(/Successful call[^|]*\|[^|]*\| *(\d+)/.exec(output)?.[1] ?? 0)
}

/** @returns how many messages sipp sent again, from the columns of its scenario screen: messages, sent again, timed out. */
function resent(output: string): number {
  const rows = output.matchAll(/^ +[A-Z]+ -+> +(?:\S+ )?(\d+) +(\d+) /gm)
  return [...rows].reduce((sum, [, , again]) => sum + Number(again), 0)
}

const sotto = (own: string, pbxPort: number): Promise<Measured> =>
  startSottoServer({
    folder: join(own, 'sotto'),
    pbxPort,
    ...(values.profile === undefined ? {} : { profile: resolve(values.profile) }),
  })
const kamailio = (own: string, pbxPort: number): Promise<Measured> => startProxy(join(own, 'kamailio'), pbxPort, false)
const asterisk = async (own: string, pbxPort: number): Promise<Measured> => {
  const sipPort = await freePort()
  const { processId, version, stop } = await startAsterisk(join(own, 'asterisk'), sipPort, pbxPort)
  return { name: version, sipPort, processIds: [processId], stop }
}

const plan = [
  { name: 'sotto', rates: numbers(values.rates), start: sotto, there: true },
  { name: 'kamailio', rates: numbers(values.rates), start: kamailio, there: hasKamailio(false) },
  { name: 'asterisk', rates: numbers(values['peer-rates']), start: asterisk, there: asteriskVersion() !== undefined },
]
try {
  process.stdout.write(
    '| | calls/s | CPU ms a call | by process | failed | sent again by sipp |\n|---|---|---|---|---|---|\n',
  )
  const rows: Row[] = []
  for (const { name, rates, start, there } of plan) {
    if (!values.only.split(',').includes(name)) continue
    if (!there) {
      process.stdout.write(`| ${name} | not installed here | | | | |\n`)
      continue
    }
    for (const rate of rates) {
      const row = await measure(name, rate, start)
      rows.push(row)
      process.stdout.write(
        `| ${row.name} | ${rate} | ${row.cpuMsPerCall.toFixed(2)} | ${row.parts.map((part) => part.toFixed(2)).join(' + ')} | ${row.failed} of ${row.calls} | ${row.resent} |\n`,
      )
    }
  }
  process.stdout.write(`${JSON.stringify({ bench: 'setups', talkMs: TALK_MS, rows })}\n`)
  process.exitCode = rows.some(({ name, failed }) => name === 'Sotto' && failed > 0) ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
