/**
 * Transcoding on one core: calls whose two legs have different codecs, led through Sotto's media process and an installed rtpengine in one run, with
 * speech in both directions. CPU a call and second, and the largest number of calls with less than 0.1 % loss.
 *
 *   node bench/transcode.ts [--codecs PCMA:G722] [--calls 100] [--seconds 4] [--rounds 3] [--no-knee]
 *
 *   --codecs   pairs of PCMA, PCMU, G722, separated by commas
 *   --no-knee  leaves out the search for the largest number of calls
 *
 * Needs `apt-get install gcc libc6-dev rtpengine-daemon`.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CORES, pin } from './peers/cores.ts'
import { mediaRelay } from './peers/media-relay.ts'
import { CODECS, type Codec, type RelayKind } from './peers/relay.ts'
import { buildLoad, type Load } from './peers/rtp-load.ts'
import { rtpengine, rtpengineVersion } from './peers/rtpengine.ts'
import { type Knee, knee, type Row, sideBySide } from './peers/side-by-side.ts'
import { writeFrames } from './peers/sound-frames.ts'

const { values } = parseArgs({
  options: {
    codecs: { type: 'string', default: 'PCMA:G722' },
    calls: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    'no-knee': { type: 'boolean', default: false },
  },
})

const KNEE = { maxCalls: 2000, byDelay: false } as const
const PACKETS_A_CALL_SECOND = 100

type Result = { readonly codecs: string; readonly rows: readonly Row[]; readonly knees: readonly Knee[] }

const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-transcode-'))
try {
  // Out of the way of what is measured.
  pin(process.pid, CORES.load)
  await compare()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function compare(): Promise<void> {
  const pairs = values.codecs.split(',').map(pairOf)
  const program = buildLoad(folder, false)
  const version = rtpengineVersion()
  if (version === undefined) process.stderr.write('rtpengine is left out: apt-get install rtpengine-daemon\n')
  const kinds: readonly RelayKind[] = [
    mediaRelay(folder, { name: 'Sotto', packetIo: 'auto', nodeWords: [] }),
    ...(version === undefined ? [] : [rtpengine(version)]),
  ]
  const results: Result[] = []
  for (const codecs of pairs) {
    const frames: [string, string] = [writeFrames(folder, codecs[0]), writeFrames(folder, codecs[1])]
    const load: Omit<Load, 'calls'> = { measureMs: Number(values.seconds) * 1000, codecs, frames }
    const calls = Number(values.calls)
    const rows = await sideBySide(program, kinds, { ...load, calls }, Number(values.rounds), note)
    const knees: Knee[] = []
    for (const kind of values['no-knee'] ? [] : kinds)
      knees.push(await knee(program, kind, load, { ...KNEE, startCalls: calls }, note))
    results.push({ codecs: codecs.join(' - '), rows, knees })
  }
  report(results)
}

function pairOf(text: string): readonly [Codec, Codec] {
  const [a, b] = text.split(':')
  if (!isCodec(a) || !isCodec(b) || a === b)
    throw new Error(`--codecs ${text}: two of ${Object.keys(CODECS).join(', ')}`)
  return [a, b]
}

function isCodec(name: string | undefined): name is Codec {
  return name !== undefined && name in CODECS
}

function report(results: readonly Result[]): void {
  say('| codecs | relay | calls | CPU ms/call-second | of rtpengine | lost % | calls a core | then |')
  say('|---|---|---|---|---|---|---|---|')
  for (const { codecs, rows, knees } of results) {
    const peer = rows.find(({ name }) => name.startsWith('rtpengine'))
    for (const row of rows) {
      const most = knees.find(({ name }) => name === row.name)
      const ratio = peer === undefined ? '-' : (row.cpuMicrosPerPacket / peer.cpuMicrosPerPacket).toFixed(2)
      const cost = (row.cpuMicrosPerPacket * PACKETS_A_CALL_SECOND) / 1000
      say(
        `| ${codecs} | ${row.name} | ${row.calls} | ${cost.toFixed(2)} | ${ratio} | ${row.lostPercent.toFixed(3)} | ${most?.calls ?? '-'} | ${most?.because ?? '-'} |`,
      )
    }
  }
  say('')
  say(JSON.stringify({ bench: 'transcode', results }))
}

function note({ name, calls, cpuMicrosPerPacket, lostPercent, p50Ms, p99Ms, relayPercent, loadPercent }: Row): void {
  process.stderr.write(
    `${String(calls).padStart(5)} ${name.padEnd(20)} ${cpuMicrosPerPacket.toFixed(2)} µs/packet, core ${relayPercent.toFixed(0)} %, ` +
      `lost ${lostPercent.toFixed(3)} %, p50 ${p50Ms.toFixed(2)}, p99 ${p99Ms.toFixed(2)} ms; generator ${loadPercent.toFixed(0)} %\n`,
  )
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
