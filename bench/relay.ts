/**
 * What a relayed RTP packet costs, how long it takes and whether it arrives: Sotto's media process, an installed rtpengine in user space, and a relay
 * in C that does the least a relay must, in one run, round by round, under the same load of a generator in C. Each relay has one core and the
 * generator the other. CPU is user and system time of all threads of the relay for each packet that came through.
 *
 *   node bench/relay.ts [--calls 100,500,1000,2000] [--seconds 4] [--rounds 3] [--io auto,dgram] [--only NAME,...] [--srtp] [--record] [--knee] [--node WORD]
 *
 *   --io       packet I/O of Sotto: `auto` is what it chooses, `addon` or `dgram` say which; those that are named run side by side
 *   --only     relays by the beginning of their names: sotto, rtpengine, c
 *   --srtp     one leg of each call is SRTP (AES_CM_128_HMAC_SHA1_80), the other plain; not through the C relay, which knows none
 *   --record   every call is recorded: by Sotto sealed to one certificate, by rtpengine in the clear into captures; not by the C relay
 *   --knee     also looks for the largest number of calls with less than 0.1 % loss and p99 below 10 ms
 *   --node     a word for the Node of the media process, --node=--perf-basic-prof for example
 *
 * Needs `apt-get install gcc libc6-dev rtpengine-daemon`, for --srtp libsrtp2-dev too, for --record openssl. Ends with 1 when a goal is missed.
 */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Recipients } from '../src/media/contract-recording.ts'
import { readRecordingCertificate } from '../src/record/recipients.ts'
import { openssl } from '../test/record/recording-keys.ts'
import { cRelay } from './peers/c-relay.ts'
import { CORES, pin } from './peers/cores.ts'
import { mediaRelay } from './peers/media-relay.ts'
import { type RelayKind, SRTP_MASTER_SIZE } from './peers/relay.ts'
import { buildLoad, type Load, measureItself } from './peers/rtp-load.ts'
import { rtpengine, rtpengineVersion } from './peers/rtpengine.ts'
import { type Knee, knee, loadIsFull, MAX_LOST_PERCENT, type Row, sideBySide } from './peers/side-by-side.ts'

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '100,500,1000,2000' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    io: { type: 'string', default: 'auto' },
    only: { type: 'string', default: 'sotto,rtpengine,c' },
    srtp: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    knee: { type: 'boolean', default: false },
    node: { type: 'string', multiple: true, default: [] },
  },
})

const C_LIMIT = 'C relay'
const KNEE = { startCalls: 500, maxCalls: 4000, byDelay: true } as const
const GOALS = {
  ofRtpengine: 0.5,
  ofLimit: 1.2,
  p99Ms: 6,
  p99Calls: 500,
  growth: 1.15,
  growthCalls: [100, 1000],
} as const

type Goal = { readonly goal: string; readonly measured: number; readonly met: boolean }

const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-relay-'))
try {
  // Out of the way of what is measured.
  pin(process.pid, CORES.load)
  await compare()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function compare(): Promise<void> {
  const program = buildLoad(folder, values.srtp)
  const kinds = relays()
  const load: Omit<Load, 'calls'> = {
    measureMs: Number(values.seconds) * 1000,
    codecs: ['PCMA', 'PCMA'],
    ...(values.srtp ? { key: newKey() } : {}),
  }
  if (CORES.load < 0) say('one core only: the relay shares it with the generator')
  const rows: Row[] = []
  for (const calls of values.calls.split(',').map(Number)) {
    if (!values.srtp)
      note({ name: 'the generator alone', calls, ...(await measureItself(program, { ...load, calls })) })
    rows.push(...(await sideBySide(program, kinds, { ...load, calls }, Number(values.rounds), note)))
  }
  const knees: Knee[] = []
  for (const kind of values.knee ? kinds : []) knees.push(await knee(program, kind, load, KNEE, note))
  report(rows, knees)
}

/** The relays that were asked for and are there; of the others it is said that they are not. */
function relays(): readonly RelayKind[] {
  const wanted = values.only.split(',')
  const isWanted = (name: string): boolean => wanted.includes(name)
  const version = isWanted('rtpengine') ? rtpengineVersion() : undefined
  if (isWanted('rtpengine') && version === undefined) say('rtpengine is left out: apt-get install rtpengine-daemon')
  const recipients = values.record ? newRecipients() : []
  const ours = values.io.split(',').map((io) => {
    if (io !== 'auto' && io !== 'addon' && io !== 'dgram') throw new Error(`--io ${io}: auto, addon or dgram`)
    return mediaRelay(folder, {
      ...{ name: io === 'auto' ? 'Sotto' : `Sotto, ${io}`, packetIo: io, nodeWords: values.node },
      ...(values.record ? { recipients } : {}),
    })
  })
  return [
    ...(isWanted('sotto') ? ours : []),
    ...(version === undefined ? [] : [rtpengine(version, values.record ? folder : undefined)]),
    ...(isWanted('c') && !values.srtp && !values.record ? [cRelay(folder)] : []),
  ]
}

function newKey(): string {
  return randomBytes(SRTP_MASTER_SIZE).toString('base64')
}

function newRecipients(): Recipients {
  const tool = openssl()
  try {
    return [readRecordingCertificate(tool.selfSigned('bench').certificate, Date.now()).recipient]
  } finally {
    tool.close()
  }
}

function report(rows: readonly Row[], knees: readonly Knee[]): void {
  const goals = [...new Set(rows.map(({ name }) => name))].filter(isOurs).flatMap((name) => goalsOf(name, rows))
  say('')
  say(
    '| calls | relay | CPU µs/packet | of rtpengine | of C | core % | lost % | added ms p50 | p99 | max | reordered | generator % |',
  )
  say('|---|---|---|---|---|---|---|---|---|---|---|---|')
  for (const row of rows) say(line(row, rows))
  say('')
  for (const { name, calls, because } of knees) say(`${name}: ${calls} calls at most; then ${because}`)
  if (!goals.some(({ goal }) => goal.includes('of that at')))
    say(`not judged: growth from ${GOALS.growthCalls.join(' to ')} calls, for want of sound runs at both`)
  for (const { goal, measured, met } of goals) say(`${met ? 'met   ' : 'MISSED'} ${goal}: ${measured.toFixed(2)}`)
  say(
    JSON.stringify({
      bench: `relay${values.srtp ? '-srtp' : ''}${values.record ? '-record' : ''}`,
      rows,
      knees,
      goals,
    }),
  )
  process.exitCode = goals.every(({ met }) => met) ? 0 : 1
}

function line(row: Row, rows: readonly Row[]): string {
  const full = loadIsFull(row) ? ', at its limit' : ''
  return [
    ...[
      '',
      row.calls,
      row.name,
      row.cpuMicrosPerPacket.toFixed(2),
      ratio(row, rows, 'rtpengine'),
      ratio(row, rows, C_LIMIT),
    ],
    ...[row.relayPercent.toFixed(0), row.lostPercent.toFixed(3), row.p50Ms.toFixed(2), row.p99Ms.toFixed(2)],
    ...[row.maxMs.toFixed(1), row.reordered.toFixed(0), `${row.loadPercent.toFixed(0)}${full}`, ''],
  ]
    .join(' | ')
    .trim()
}

/** Of the relay with that name at the same load. */
function costOf(rows: readonly Row[], calls: number, name: string): number | undefined {
  return rows.find((row) => row.calls === calls && row.name.startsWith(name))?.cpuMicrosPerPacket
}

function ratio(row: Row, rows: readonly Row[], name: string): string {
  const cost = costOf(rows, row.calls, name)
  return cost === undefined ? '-' : (row.cpuMicrosPerPacket / cost).toFixed(2)
}

function isOurs(name: string): boolean {
  return name.startsWith('Sotto')
}

/** What can be judged of the goals with what was measured. */
function goalsOf(name: string, all: readonly Row[]): readonly Goal[] {
  const own = all.filter((row) => row.name === name)
  const below = (goal: string, measured: number | undefined, mark: number): readonly Goal[] =>
    measured === undefined ? [] : [{ goal: `${name}: ${goal} at most ${mark}`, measured, met: measured <= mark }]
  const over = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined || b === undefined ? undefined : a / b
  // A relay that loses packets has no core left to take more of, so its cost says nothing of growth.
  const sound = own.filter((row) => row.lostPercent < MAX_LOST_PERCENT && !loadIsFull(row))
  const [few, many] = GOALS.growthCalls.map((calls) => sound.find((row) => row.calls === calls)?.cpuMicrosPerPacket)
  return [
    ...own.flatMap(({ calls, cpuMicrosPerPacket }) => [
      ...below(
        `of rtpengine's CPU at ${calls} calls`,
        over(cpuMicrosPerPacket, costOf(all, calls, 'rtpengine')),
        GOALS.ofRtpengine,
      ),
      ...below(
        `of the C relay's CPU at ${calls} calls`,
        over(cpuMicrosPerPacket, costOf(all, calls, C_LIMIT)),
        GOALS.ofLimit,
      ),
    ]),
    ...below(
      `p99 added ms at ${GOALS.p99Calls} calls`,
      own.find(({ calls }) => calls === GOALS.p99Calls)?.p99Ms,
      GOALS.p99Ms,
    ),
    ...below(
      `CPU a packet at ${GOALS.growthCalls[1]} calls, of that at ${GOALS.growthCalls[0]},`,
      over(many, few),
      GOALS.growth,
    ),
  ]
}

function note({ name, calls, cpuMicrosPerPacket, lostPercent, p50Ms, p99Ms, maxMs, loadPercent }: Row): void {
  process.stderr.write(
    `${String(calls).padStart(5)} ${name.padEnd(22)} ${cpuMicrosPerPacket.toFixed(2)} µs, lost ${lostPercent.toFixed(3)} %, ` +
      `p50 ${p50Ms.toFixed(2)}, p99 ${p99Ms.toFixed(2)}, max ${maxMs.toFixed(1)} ms; generator ${loadPercent.toFixed(0)} %\n`,
  )
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
