/**
 * What a call costs without its sound: INVITE, 180, 200, ACK, a second of talk without a packet, BYE, through the whole B2BUA with all its
 * processes, callers and callees played by sipp. Beside Kamailio as a stateful proxy, which is the limit, and an installed Asterisk, with the same
 * sipp in the same run. CPU is user and system time of all processes of a server, between a warm-up and the last call begun.
 *
 * `--knee 1200` looks for the highest rate up to that one which Sotto holds with all its processes on one core, sipp on the other: no call fails, next
 * to nothing is sent again, the core is not full; then tells how late control's event loop is at half of it. `--calls 100000` runs so many calls at the
 * first of the rates, and tells the heap of control after a collection on the way.
 *
 * `--more 'admission: { enabled: false }'` is added to Sotto's configuration: on a busy machine it is late, and refuses. With `no-history` among `--only` Sotto runs once more without its call history, which tells what that costs.
 *
 * Usage: node bench/setups.ts [--rates 100,200,400] [--peer-rates 50,100] [--seconds 10] [--warm-up 8] [--talk-ms 1000] [--only sotto,no-history,kamailio,asterisk] [--profile FOLDER] [--knee RATE] [--calls COUNT] [--more YAML]
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { pause } from '../src/demo/waiting.ts'
import { freePort } from '../test/peers/free-port.ts'
import { asteriskVersion, startAsterisk } from './peers/asterisk.ts'
import { CORES } from './peers/cores.ts'
import type { Inside } from './peers/inside-control.ts'
import { hasKamailio, startProxy } from './peers/kamailio.ts'
import { cpuByProcess, type Measured } from './peers/process-tree.ts'
import { type RunningCalls, startSetupCalls } from './peers/setup-calls.ts'
import { type SottoServer, startSottoServer } from './peers/sotto-server.ts'

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '100,200,400' },
    'peer-rates': { type: 'string', default: '50,100' },
    seconds: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '8' },
    'talk-ms': { type: 'string', default: '1000' },
    only: { type: 'string', default: 'sotto,kamailio,asterisk' },
    profile: { type: 'string' },
    knee: { type: 'string' },
    calls: { type: 'string' },
    more: { type: 'string', default: '' },
  },
})
const SECONDS = Number(values.seconds)
const WARM_UP_SECONDS = Number(values['warm-up'])
const TALK_MS = Number(values['talk-ms'])
/** Calls go on being begun for this long after the measurement, so that its end is like its middle. */
const AFTER_SECONDS = 1
/** The knee is told to this many calls a second. */
const KNEE_STEP = 50
/** Part of a core that is as good as all of it, and of the messages that may be sent again: a datagram is late now and then. */
const FULL = 0.97
const RESENT = 0.001
/** The goals of a server on one core. */
const GOAL_RATE = 800
const GOAL_LATE_MS = 20
/** Parts of the calls at which the heap is looked at. */
const LOOKS = [0.1, 0.5, 1]

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
type SottoRow = Row & { readonly inside: Inside }

const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-setups-'))
const numbers = (list: string): readonly number[] => list.split(',').map(Number)
const out = (line: string) => void process.stdout.write(`${line}\n`)

/** Runs calls at a rate. @param look what else is asked of the server at the end of the measurement. */
async function measure<S extends Measured, More>(
  name: string,
  rate: number,
  start: (own: string, pbxPort: number) => Promise<S>,
  pinned: boolean,
  look: (running: RunningCalls<S>, when: 'before' | 'after') => Promise<More>,
): Promise<{ readonly row: Row; readonly more: More }> {
  const calls = rate * (WARM_UP_SECONDS + SECONDS + AFTER_SECONDS)
  const own = join(folder, `${name}-${rate}-${performance.now().toFixed(0)}`)
  const running = await startSetupCalls({ folder: own, rate, calls, talkMs: TALK_MS, pinned }, start)
  try {
    await pause(WARM_UP_SECONDS * 1000)
    await look(running, 'before')
    const before = cpuByProcess(running.server)
    const startMs = performance.now()
    await pause(SECONDS * 1000)
    const after = cpuByProcess(running.server)
    const inWindow = (rate * (performance.now() - startMs)) / 1000
    const more = await look(running, 'after')
    const parts = [...after].map(([pid, ms]) => (ms - (before.get(pid) ?? 0)) / inWindow)
    const cpuMsPerCall = parts.reduce((sum, part) => sum + part, 0)
    const row = { name: running.server.name, rate, cpuMsPerCall, parts, calls, ...(await running.ended) }
    return { row, more }
  } finally {
    await running.close()
  }
}

const sotto = (own: string, pbxPort: number, more = '', core = -1): Promise<SottoServer> =>
  startSottoServer({
    folder: join(own, 'sotto'),
    pbxPort,
    core,
    more: `${more}${values.more}\n`,
    ...(values.profile === undefined ? {} : { profile: resolve(values.profile) }),
  })
const withoutHistory = async (own: string, pbxPort: number): Promise<SottoServer> => {
  const server = await sotto(own, pbxPort, 'history: { enabled: false }\n')
  return { ...server, name: 'Sotto without history' }
}
const kamailio = (own: string, pbxPort: number): Promise<Measured> => startProxy(join(own, 'kamailio'), pbxPort, false)
const asterisk = async (own: string, pbxPort: number): Promise<Measured> => {
  const sipPort = await freePort()
  const { processId, version, stop } = await startAsterisk(join(own, 'asterisk'), sipPort, pbxPort)
  return { name: version, sipPort, processIds: [processId], stop }
}

function tell(row: Row): void {
  const parts = row.parts.map((part) => part.toFixed(2)).join(' + ')
  out(
    `| ${row.name} | ${row.rate} | ${row.cpuMsPerCall.toFixed(2)} | ${parts} | ${row.failed} of ${row.calls} | ${row.resent} |`,
  )
}

/** Everybody at every rate. */
async function compare(): Promise<boolean> {
  const plan = [
    { name: 'sotto', rates: numbers(values.rates), start: sotto, there: true },
    { name: 'no-history', rates: numbers(values.rates), start: withoutHistory, there: true },
    { name: 'kamailio', rates: numbers(values.rates), start: kamailio, there: hasKamailio(false) },
    { name: 'asterisk', rates: numbers(values['peer-rates']), start: asterisk, there: asteriskVersion() !== undefined },
  ]
  const rows: Row[] = []
  for (const { name, rates, start, there } of plan) {
    if (!values.only.split(',').includes(name)) continue
    if (!there) out(`| ${name} | not installed here | | | | |`)
    for (const rate of there ? rates : []) {
      const { row } = await measure(name, rate, start, false, async () => undefined)
      rows.push(row)
      tell(row)
    }
  }
  out(JSON.stringify({ bench: 'setups', talkMs: TALK_MS, rows }))
  return !rows.some(({ name, failed }) => name === 'Sotto' && failed > 0)
}

async function onOneCore(rate: number): Promise<SottoRow> {
  const start = (own: string, pbxPort: number) => sotto(own, pbxPort, '', CORES.relay)
  const { row, more } = await measure('sotto', rate, start, true, ({ server }) => server.inside())
  tell(row)
  return { ...row, inside: more }
}

function isHeld({ rate, cpuMsPerCall, failed, resent, calls }: Row): boolean {
  return failed === 0 && resent <= calls * RESENT && (cpuMsPerCall * rate) / 1000 < FULL
}

/** Halves the distance between what is held and what is not. */
async function findKnee(most: number): Promise<boolean> {
  const rows: SottoRow[] = []
  let held = 0
  let notHeld = most + KNEE_STEP
  let rate = most
  while (notHeld - held > KNEE_STEP) {
    const row = await onOneCore(rate)
    rows.push(row)
    if (isHeld(row)) held = rate
    else notHeld = rate
    rate = Math.max(KNEE_STEP, Math.round((held + notHeld) / 2 / KNEE_STEP) * KNEE_STEP)
    if (rate === held || rate === notHeld) break
  }
  if (held === 0) return false
  const half = await onOneCore(Math.max(1, Math.round(held / 2)))
  const { lateP50Ms, lateP99Ms, lateWorstMs } = half.inside
  const isFast = held >= GOAL_RATE
  const isPunctual = lateWorstMs < GOAL_LATE_MS
  out(`held on one core: ${held} calls/s, goal ${GOAL_RATE}: ${isFast ? 'reached' : 'missed'}`)
  out(
    `event loop of control at ${half.rate} calls/s: ${lateP50Ms.toFixed(1)} ms late (p50), ${lateP99Ms.toFixed(1)} (p99), ${lateWorstMs.toFixed(1)} (worst), goal ${GOAL_LATE_MS}: ${isPunctual ? 'reached' : 'missed'}`,
  )
  out(JSON.stringify({ bench: 'setups-knee', talkMs: TALK_MS, held, isFast, isPunctual, rows, half }))
  return isFast && isPunctual
}

/** Many calls at one rate. */
async function watchHeap(calls: number, rate: number): Promise<boolean> {
  const own = join(folder, 'heap')
  const running = await startSetupCalls({ folder: own, rate, calls, talkMs: TALK_MS, pinned: false }, sotto)
  const begunMs = performance.now()
  out('| calls begun | heap MB after a collection | memory MB |\n|---|---|---|')
  try {
    const looks: (Inside & { readonly begun: number })[] = []
    for (const part of LOOKS) {
      const begun = Math.round(calls * part)
      await pause(Math.max(0, begunMs + (begun / rate) * 1000 - performance.now()))
      const inside = await running.server.inside()
      looks.push({ begun, ...inside })
      out(`| ${begun} | ${inside.heapMegabytes.toFixed(1)} | ${inside.memoryMegabytes.toFixed(0)} |`)
    }
    const [, middle, last] = looks
    const grownOctets = ((last?.heapMegabytes ?? 0) - (middle?.heapMegabytes ?? 0)) * 2 ** 20
    const octetsPerCall = grownOctets / ((last?.begun ?? 0) - (middle?.begun ?? 0))
    const { failed, resent } = await running.ended
    out(`growth over the second half: ${octetsPerCall.toFixed(1)} octets a call; ${failed} of ${calls} calls failed`)
    out(JSON.stringify({ bench: 'setups-heap', rate, calls, failed, resent, octetsPerCall, looks }))
    return failed === 0
  } finally {
    await running.close()
  }
}

try {
  if (values.calls === undefined)
    out('| | calls/s | CPU ms a call | by process | failed | sent again by sipp |\n|---|---|---|---|---|---|')
  const isGood =
    values.knee !== undefined
      ? await findKnee(Number(values.knee))
      : values.calls !== undefined
        ? await watchHeap(Number(values.calls), numbers(values.rates)[0] ?? 100)
        : await compare()
  process.exitCode = isGood ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
