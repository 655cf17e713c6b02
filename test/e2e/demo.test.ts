import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parseCapture } from '../../src/rtp/pcapng.ts'
import { findStreams } from '../../src/rtp/stream-finder.ts'
import { reportStream } from '../../src/rtp/stream-report.ts'
import { parseWav } from '../../src/rtp/wav.ts'

t.setTimeout(300_000)

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname

function runDemo(...args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, 'demo', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8')
    })
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8')
    })
    child.on('close', (code) => resolve({ code, output }))
  })
}

const rows = [
  ['telephone-events, started by the API', [], /accepted\|Approved/],
  [
    'tones in G.722, started by the feature code, a card that is declined',
    ['--inband', '--codec', 'G722', '--decline', '--feature-code'],
    /declined\|Declined/,
  ],
] as const

// Both at once: each waits for its own sound most of the time.
t.jobs = rows.length
for (const [sentence, args, told] of rows) {
  t.test(`every claim of the demo holds: ${sentence}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sotto-demo-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const { code, output } = await runDemo(...args, '--out', folder)
    const amiss = output.split('\n').filter((line) => line.startsWith('  NO ') || line.startsWith('The demo broke off'))
    t.same(amiss, [], 'every claim holds')
    t.equal(code, 0)
    t.match(output, told)
    t.notMatch(output, /\d{8}/, 'no long run of digits on the screen')
    for (const name of ['caller-heard.wav', 'agent-heard.wav']) {
      const wav = parseWav(readFileSync(join(folder, name)))
      t.ok(wav !== undefined && wav.samples.length > 10 * wav.sampleRate, `${name} can be played`)
    }
    const capture = parseCapture(readFileSync(join(folder, 'call.pcap')))
    if (capture === undefined) return void t.fail('call.pcap cannot be opened')
    const reports = findStreams(capture).streams.map((stream) => reportStream(stream, 0))
    t.ok(reports.length >= 4, 'both directions of both legs are in the capture')
    const feature = args.includes('--feature-code' as never) ? 3 : 0
    for (const { presses, from, to } of reports) {
      // The agent's own *71 on its leg, as it was sent and as it was relayed, is no secret.
      t.ok(presses.length <= feature, `no keys of the caller from ${from} to ${to}`)
    }
    t.ok(existsSync(join(folder, 'server.log')))
  })
}
