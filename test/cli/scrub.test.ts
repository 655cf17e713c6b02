/** `sotto scrub` from file to file, and what independent programs make of what it wrote: tshark and multimon-ng. */

import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { type ScrubArgs, scrub } from '../../src/cli/scrub.ts'
import { parseCapture } from '../../src/rtp/pcapng.ts'
import { findStreams } from '../../src/rtp/stream-finder.ts'
import { decodeTrack, tracksIn } from '../../src/scrub/sound-track.ts'
import { announcement, fileOf, press, type Record, sound, tcp } from '../scrub/calls.ts'

const run = promisify(execFile)
const CAPTURES = new URL('../fixtures/captures/', import.meta.url).pathname
const CHECKED = ['udp', 'tcp', 'ip'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`])
const KEYED = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 8, 7, 6]

let folder = ''
t.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scrub-'))
})
t.after(() => rm(folder, { recursive: true }))

let made = 0
async function captureOf(records: readonly Record[]): Promise<string> {
  const path = join(folder, `in${made++}.pcap`)
  await writeFile(path, fileOf(records))
  return path
}

async function scrubbed(input: string, options: Partial<ScrubArgs> = {}) {
  const output = join(folder, `out${made++}.pcap`)
  const lines: string[] = []
  const args = { input, output, digits: undefined, silence: false, blankUnknown: false, ...options }
  const code = await scrub(args, (line) => lines.push(line))
  return { code, output: args.output, text: lines.join('\n') }
}

async function tshark(file: string, ...args: string[]): Promise<string[]> {
  const { stdout } = await run('tshark', ['-r', file, ...CHECKED, ...args], { maxBuffer: 64_000_000 })
  return stdout.split('\n').filter((line) => line !== '')
}

/** What multimon-ng hears in the sound of every stream. */
async function heardByMultimon(file: string): Promise<string> {
  const capture = parseCapture(await readFile(file))
  if (capture === undefined) throw new Error('no capture')
  let heard = ''
  for (const track of findStreams(capture).streams.flatMap(tracksIn)) {
    const raw = join(folder, 'sound.raw')
    const pcm = decodeTrack(track)
    await writeFile(raw, new Uint8Array(pcm.buffer))
    const rate = track.perOctet * 8000
    await run('sox', [
      '-G',
      '-t',
      'raw',
      '-r',
      `${rate}`,
      '-e',
      'signed',
      '-b',
      '16',
      '-c',
      '1',
      raw,
      '-r',
      '22050',
      join(folder, 'sound22.raw'),
    ])
    const { stdout } = await run('multimon-ng', ['-q', '-a', 'DTMF', '-t', 'raw', join(folder, 'sound22.raw')])
    heard += Array.from(stdout.matchAll(/DTMF: (.)/g), ([, key]) => key).join('')
  }
  return heard
}

t.test('a softphone whose keys return through its microphone', async (t) => {
  const input = join(CAPTURES, 'ulaw-2013785496.pcap')
  t.match(await heardByMultimon(input), /885496/, 'multimon-ng reads most of the number in the sound as it was')
  const { code, output, text } = await scrubbed(input, { digits: '4111111111111111' })
  t.equal(code, 0, text)
  t.match(text, 'events   10 digits in 120 packets')
  t.match(text, 'sound    10 keys')
  t.notMatch(text, '2013785496')
  const events = await tshark(
    output,
    '-o',
    'rtp.heuristic_rtp:TRUE',
    '-o',
    'rtpevent.event_payload_type_value:101',
    '-Y',
    'rtpevent',
    '-T',
    'fields',
    '-e',
    'rtpevent.event_id',
  )
  t.equal(events.length, 120)
  t.same([...new Set(events)], ['4', '1'])
  t.equal((await heardByMultimon(output)).replace(/(.)\1*$/, '$1'), '41', 'a four, then nothing but ones')
  t.same(await tshark(output, '-Y', '_ws.malformed'), [])
  t.equal((await readFile(output)).length, (await readFile(input)).length)
})

t.test('in silence nothing is heard', async (t) => {
  const { output } = await scrubbed(join(CAPTURES, 'ulaw-2013785496.pcap'), { silence: true })
  t.equal(await heardByMultimon(output), '')
})

for (const codec of ['PCMA', 'PCMU', 'G722'] as const) {
  t.test(`tones, events and SIP around ${codec}, as tshark and multimon-ng see them`, async (t) => {
    const tones = KEYED.map((code, i) => ({ code, atMs: 400 + i * 150, ms: 50 }))
    const body = 'Signal=9\r\nDuration=160\r\n'
    const info = `INFO sip:a@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1\r\nFrom: <sip:b@192.0.2.1>;tag=1\r\nTo: <sip:a@192.0.2.2>\r\nCall-ID: 1\r\nCSeq: 1 INFO\r\nContent-Type: application/dtmf-relay\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const input = await captureOf([
      announcement('m=audio 5000 RTP/AVP 0 8 9 101', 'a=rtpmap:101 telephone-event/8000'),
      ...sound(codec, 3000, tones),
      ...KEYED.flatMap((code, i) => press(code, 4000 + i * 200, 1000 + i * 6, 32_000 + i * 1600)),
      tcp(100, 1, info.slice(0, 50)),
      tcp(110, 51, info.slice(50)),
    ])
    const { code, output, text } = await scrubbed(input)
    t.equal(code, 0, text)
    t.same(
      await tshark(
        output,
        '-Y',
        '_ws.malformed || udp.checksum.status == "Bad" || tcp.checksum.status == "Bad" || ip.checksum.status == "Bad"',
      ),
      [],
    )
    const events = await tshark(output, '-Y', 'rtpevent', '-T', 'fields', '-e', 'rtpevent.event_id')
    t.equal(events.length, KEYED.length * 6)
    t.same([...new Set(events)], ['5'])
    t.match(await heardByMultimon(output), /^5+$/)
    t.notMatch((await readFile(output)).toString('latin1'), 'Signal=9')
    const times = await tshark(input, '-T', 'fields', '-e', 'frame.time_epoch', '-e', 'frame.len')
    t.same(await tshark(output, '-T', 'fields', '-e', 'frame.time_epoch', '-e', 'frame.len'), times)
  })
}

t.test('what is refused leaves no file', async (t) => {
  const star = join(CAPTURES, 'dtmf_2833_star.pcap')
  const rows: [string, string, Partial<ScrubArgs>, number, string][] = [
    ['SRTP', join(CAPTURES, 'stun_dtls_rtp.pcapng'), {}, 1, 'stream 1 192.168.12.156:37967 -> 142.250.82.76:19305'],
    ['no file', join(folder, 'nowhere.pcap'), {}, 1, 'cannot be read'],
    ['no capture', join(CAPTURES, 'README.md'), {}, 1, 'not a capture'],
    ['a number that may be somebody’s', star, { digits: '4929000000006' }, 2, 'published test numbers'],
    ['no digits', star, { digits: 'four' }, 2, 'published test numbers'],
    ['no folder', star, { output: join(folder, 'nowhere', 'out.pcap') }, 1, 'cannot be written'],
  ]
  for (const [name, input, options, code, says] of rows) {
    const before = (await readdir(folder)).length
    const outcome = await scrubbed(input, options)
    t.equal(outcome.code, code, name)
    t.match(outcome.text, says, name)
    t.equal((await readdir(folder)).length, before, `${name}: nothing is left`)
  }
  const first = await scrubbed(star)
  t.equal(first.code, 0)
  t.match(await scrubbed(star, { output: first.output }), { code: 1, text: 'a file of that name already' })
  t.match(await scrubbed(join(CAPTURES, 'stun_dtls_rtp.pcapng'), { blankUnknown: true }), { code: 0, text: 'blanked' })
})

t.test('the same file gives the same file', async (t) => {
  const input = join(CAPTURES, 'ulaw-2013785496.pcap')
  const [one, two] = await Promise.all([scrubbed(input), scrubbed(input)])
  t.equal(Buffer.compare(await readFile(one.output), await readFile(two.output)), 0)
})
