/** `sotto recordings` as people run it: a process of its own, keys that openssl made, and files as the server leaves them. */

import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Segment, SegmentEntry } from '../../src/record/segment.ts'
import { parseWav } from '../../src/rtp/wav.ts'
import { contentOf, HEAD, LEVEL, levelAt, mark, segmentsFrom, spoken } from '../record/recorded.ts'
import { openssl, rsa } from '../record/recording-keys.ts'
import { pathOf, put, recordingsIn, sealedTo } from './sealed-recordings.ts'

const tool = openssl()
t.teardown(() => tool.close())
const { folder } = tool
const own = tool.selfSigned('own', rsa(3072))
const escrow = tool.selfSigned('escrow')
const stranger = tool.selfSigned('stranger')
const PASSPHRASE = 'Schwertlilie und 7 Steine'
tool.write('passphrase.txt', `${PASSPHRASE}\nthe second line is a note\n`)
tool.run(
  ...['pkcs8', '-topk8', '-in', 'own.key', '-v2', 'aes-256-cbc', '-passout', `pass:${PASSPHRASE}`],
  '-out',
  'own.p8',
)
const run = recordingsIn(folder)
const seal = sealedTo(own.certificate, escrow.certificate)
const CALL = HEAD.recording
const OTHER = 'call-tsrqpnmlkjhgfdcbtsrqp'

const CALLER_HZ = 500
const AGENT_HZ = 1300

/** Sound on both tracks from second 0 to 4, withheld, and from 7 to 9. */
function talk(more: readonly SegmentEntry[] = []): SegmentEntry[] {
  const both = (atMs: number, ms: number) => [
    ...spoken({ track: 'caller', codec: 'PCMA', hz: CALLER_HZ, atMs, ms }),
    ...spoken({ track: 'agent', codec: 'G722', hz: AGENT_HZ, atMs, ms }),
  ]
  return [...both(0, 4000), mark('withheld', 4000), mark('resumed', 7000), ...both(7000, 2000), ...more]
}

const WHOLE: readonly Segment[] = segmentsFrom(talk([mark('end', 9000)]), {}, 100)

function sound(path: string): { left: Int16Array; right: Int16Array; rate: number } {
  const wav = parseWav(readFileSync(path))
  if (wav === undefined || wav.channels !== 2) throw new Error('no stereo WAV')
  const of = (channel: number) => wav.samples.filter((_, i) => i % 2 === channel)
  return { left: of(0), right: of(1), rate: wav.sampleRate }
}

function serialOf(name: string): string {
  return tool.run('x509', '-in', `${name}.pem`, '-noout', '-serial').toString().trim().replace('serial=', '')
}

t.test('listed without a key, in the folder that is the default', async (t) => {
  const kept = join(folder, 'var/recordings')
  t.strictSame(await run('list'), { code: 0, said: 'no recordings in var/recordings\n' })
  seal.write(pathOf(kept, '2026-11-27', CALL), WHOLE)
  sealedTo(own.certificate).write(pathOf(kept, '2026-11-28', OTHER), WHOLE.slice(0, 2), Buffer.alloc(77, 0x30))
  put(pathOf(kept, '2026-11-28', 'call-nothing'), [])
  writeFileSync(join(kept, '2026-11-28', 'notes.txt'), 'no recording')
  const { code, said } = await run('list')
  t.equal(code, 0)
  const [head, ...rows] = said.trim().split('\n')
  t.match(head, /^date +call +size +segments +end +sealed to$/)
  t.equal(rows.length, 3)
  const serials = [serialOf('own'), serialOf('escrow')]
  t.match(
    rows[0],
    new RegExp(
      `^2026-11-27  ${CALL}  +\\d+ kB  +7  +whole  +(?:${serials.join(' ')}|${serials.toReversed().join(' ')})$`,
    ),
  )
  t.match(rows[1], /^2026-11-28 {2}call-nothing {2,}0 kB {2,}0 {2,}whole {2,}-$/)
  t.match(rows[2], new RegExp(`^2026-11-28  ${OTHER}  +\\d+ kB  +2  +cut, 77 octets  +${serialOf('own')}$`))
  t.strictSame(await run('list', '--folder', kept), { code: 0, said })
  mkdirSync(join(folder, 'configured'), { recursive: true })
  writeFileSync(
    join(folder, 'configured', 'sotto.yaml'),
    'recording: { folder: ../var/recordings }\nsip: { nonsense: 1 }\n',
  )
  t.strictSame(
    await run('list', '-c', 'configured/sotto.yaml'),
    { code: 0, said },
    'a mistake elsewhere in the file is none of this',
  )
})

t.test('opened by the id of its call, with a key that is encrypted', async (t) => {
  const kept = join(folder, 'kept')
  seal.write(pathOf(kept, '2026-11-27', CALL), WHOLE)
  const words = ['open', CALL, '--folder', 'kept', '--key', 'own.p8', '--passphrase-file', 'passphrase.txt']
  const { code, said } = await run(...words, '--certificate', 'own.pem')
  t.equal(code, 0, said)
  t.strictSame(said.trim().split('\n'), [
    `${CALL}: 00:09 long, 1 part, 7 segments, 600 packets (caller 300, agent 300)`,
    'withheld from 00:04 to 00:07',
    `${CALL}.wav: written`,
  ])
  const wav = join(folder, `${CALL}.wav`)
  t.equal(statSync(wav).mode & 0o777, 0o600)
  const { left, right, rate } = sound(wav)
  t.equal(rate, 16000)
  t.equal(left.length, 9 * 16000)
  for (const ms of [100, 3900, 7100, 8900]) {
    t.ok(Math.abs(levelAt(left, rate, ms, CALLER_HZ) - LEVEL) < 2, `caller at ${ms}`)
    t.ok(Math.abs(levelAt(right, rate, ms, AGENT_HZ) - LEVEL) < 2, `agent at ${ms}`)
    t.ok(levelAt(left, rate, ms, AGENT_HZ) < LEVEL - 30 && levelAt(right, rate, ms, CALLER_HZ) < LEVEL - 30)
  }
  t.ok(left.subarray(4.01 * rate, 7 * rate).every((sample) => sample === 0))
  const info = execFileSync('sox', ['--i', wav]).toString()
  t.match(info, /Channels +: 2\nSample Rate +: 16000\nPrecision +: 16-bit\nDuration +: 00:00:09\.00/)

  const again = await run(...words)
  t.match(again, { code: 1, said: /^There is a file of that name already\. / })
  writeFileSync(wav, 'something else')
  chmodSync(wav, 0o644)
  t.equal((await run(...words)).code, 1)
  t.equal(readFileSync(wav, 'utf8'), 'something else')
  t.equal((await run(...words, '--force')).code, 0)
  t.equal(sound(wav).left.length, left.length)
  t.equal(statSync(wav).mode & 0o777, 0o600, 'as a fresh one')
  t.strictSame(
    readdirSync(folder).filter((name) => name.endsWith('.part')),
    [],
  )
})

t.test('opened by its file, with the key of each recipient', async (t) => {
  const path = pathOf(join(folder, 'each'), '2026-11-27', CALL)
  seal.write(path, WHOLE)
  const outs = await Promise.all(
    ['own.key', 'escrow.key'].map(async (key) => {
      const out = join(folder, `by-${key}.wav`)
      t.match(await run('open', path, '--key', key, '--out', out), { code: 0 })
      return readFileSync(out)
    }),
  )
  t.ok(outs[0]?.equals(outs[1] as Buffer))
})

t.test('G.711 alone comes at 8 kHz, in two parts', async (t) => {
  const part = (head: object) =>
    segmentsFrom(
      [...spoken({ track: 'agent', codec: 'PCMU', hz: AGENT_HZ, atMs: 0, ms: 1000 }), mark('end', 1000)],
      head,
    )
  const path = join(folder, 'parts.p7m')
  seal.write(path, [...part({}), ...part({ part: '11111111', startedAtMs: HEAD.startedAtMs + 60_000 })])
  const { code, said } = await run('open', path, '--key', 'own.key')
  t.equal(code, 0)
  t.match(said, '01:01 long, 2 parts, 4 segments, 100 packets (caller 0, agent 100)')
  const { right, rate } = sound(join(folder, 'parts.wav'))
  t.equal(rate, 8000)
  t.ok(levelAt(right, rate, 60_500, AGENT_HZ) > LEVEL - 2)
  t.ok(right.subarray(rate, 60 * rate).every((sample) => sample === 0))
})

t.test('what is damaged, foreign or cut is told, and the rest is saved', async (t) => {
  const messages = seal.messages(WHOLE)
  const damaged = Buffer.from(messages[1] as Uint8Array)
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1)
  const [foreign] = sealedTo(stranger.certificate).messages([WHOLE[2] as Segment])
  const [elsewhere] = seal.messages([{ ...(WHOLE[0] as Segment), head: { ...HEAD, recording: OTHER } }])
  const path = join(folder, 'damaged.p7m')
  const rest = [...messages.slice(3, 6), (messages[6] as Uint8Array).subarray(0, 300)]
  put(path, [messages[0] as Uint8Array, damaged, foreign as Uint8Array, elsewhere as Uint8Array, ...rest])
  const { code, said } = await run('open', path, '--key', 'own.key')
  t.equal(code, 1)
  t.strictSame(said.trim().split('\n').slice(1), [
    'withheld from 00:04 to 00:07',
    'segment 2 after 00:00 cannot be opened (A part of the recording is not what was sealed: recording.changed)',
    'segment 3 after 00:00 cannot be opened (The recording is not sealed to this key: recording.not-for-key)',
    'segment 4 after 00:00 is of another call',
    'the file is cut or damaged behind its last whole segment: 300 octets are left out',
    'it has no end: the call still stood, or a process died, and the last seconds may be lost',
    'damaged.wav: written, with silence in place of what is said above',
  ])
  const { left, rate } = sound(join(folder, 'damaged.wav'))
  t.ok(levelAt(left, rate, 900, CALLER_HZ) > LEVEL - 2)
  t.ok(left.subarray(1.01 * rate, 3 * rate).every((sample) => sample === 0))
  t.ok(levelAt(left, rate, 3100, CALLER_HZ) > LEVEL - 2)
})

t.test('what cannot be opened at all says why, writes nothing and tells no secret', async (t) => {
  const path = join(folder, 'refused.p7m')
  sealedTo(own.certificate).write(path, WHOLE.slice(0, 2))
  put(join(folder, 'garbage.p7m'), [Buffer.from('no recording at all')])
  tool.write('wrong.txt', 'Schwertlilie und 8 Steine')
  for (const date of ['2026-11-01', '2026-11-02'])
    seal.write(pathOf(join(folder, 'twice'), date, CALL), WHOLE.slice(0, 1))
  const encrypted = ['--key', 'own.p8']
  const rows: [string, string[], RegExp][] = [
    ['another key', [path, '--key', 'stranger.key'], /^The recording is not sealed to this key\. /],
    ['not the recipient', [path, '--key', 'escrow.key', '--certificate', 'escrow.pem'], /^The recording is not sealed/],
    [
      'a pair that is none',
      [path, '--key', 'own.key', '--certificate', 'escrow.pem'],
      /^The private key is not that of/,
    ],
    ['no passphrase', [path, ...encrypted], /^The private key is encrypted.+--passphrase-file/],
    ['a wrong one', [path, ...encrypted, '--passphrase-file', 'wrong.txt'], /^The passphrase does not open/],
    ['no such file of it', [path, ...encrypted, '--passphrase-file', 'none.txt'], /^The file of the key, /],
    ['no key', [path, '--key', 'own.pem'], /^There is no private key here/],
    ['no file of a key', [path, '--key', 'none.key'], /^The file of the key, /],
    ['no certificate', [path, '--key', 'own.key', '--certificate', 'own.key'], /^There is no certificate here/],
    ['no such call', ['call-nobody', '--key', 'own.key'], /^There is no such recording/],
    ['a folder', [folder, '--key', 'own.key'], /^There is no such recording/],
    ['no recording', ['garbage.p7m', '--key', 'own.key'], /^This is no part of a sealed recording/],
    ['one of several', [CALL, '--folder', 'twice', '--key', 'own.key'], /^Several recordings have the name/],
    ['no place', [path, '--key', 'own.key', '--out', 'nowhere/x.wav'], /The sound file cannot be written\. /],
  ]
  for (const [says, words, error] of rows) {
    const out = words.includes('--out') ? [] : ['--out', 'refused.wav']
    const ran = await run('open', ...words, ...out)
    t.match(ran, { code: 1, said: error }, says)
    t.notMatch(ran.said, /Schwertlilie|BEGIN (?!CERT)|at .*\.ts:/, says)
    t.notOk(existsSync(join(folder, 'refused.wav')), says)
  }
  t.match(await run('open', path), { code: 2, said: /--key/ })
  t.match(await run('open', '--key', 'own.key'), { code: 2 })
  mkdirSync(join(folder, 'misconfigured'))
  tool.write('misconfigured/sotto.yaml', 'sip: [')
  const config = ['--config', 'misconfigured/sotto.yaml']
  t.match(await run('list', ...config), { code: 2 })
  t.match(await run('open', 'call-nobody', '--key', 'own.key', ...config), { code: 2 })
})

t.test('where the disk takes no more, nothing is left, and what was there before stays', async (t) => {
  const path = join(folder, 'full.p7m')
  seal.write(path, WHOLE)
  // Its files may have 100 kB: the header is written, and some of the sound.
  const inLittle = recordingsIn(folder, 'prlimit', '--fsize=100000')
  const full = /\nThe sound file cannot be written\. .+ the space left/
  t.match(await inLittle('open', path, '--key', 'own.key'), { code: 1, said: full })
  t.notOk(existsSync(join(folder, 'full.wav')))
  writeFileSync(join(folder, 'full.wav'), 'something else')
  t.match(await inLittle('open', path, '--key', 'own.key', '--force'), { code: 1, said: full })
  t.equal(readFileSync(join(folder, 'full.wav'), 'utf8'), 'something else')
  t.notOk(readdirSync(folder).some((name) => name.endsWith('.part')))
})

t.test('checked: whether all of it is there', async (t) => {
  const whole = join(folder, `${CALL}.p7m`)
  seal.write(whole, WHOLE)
  const good = await run('check', whole, '--key', 'own.key')
  t.match(good, { code: 0, said: /\n {2}withheld from 00:04 to 00:07: no tone near it\n {2}everything holds\n$/ })
  const bad = (name: string, segments: readonly Segment[]) => seal.write(join(folder, name), segments)
  bad('gap.p7m', WHOLE.toSpliced(1, 2))
  bad('open.p7m', WHOLE.slice(0, -1))
  bad(`${OTHER}.p7m`, WHOLE)
  bad(
    'sound.p7m',
    segmentsFrom(
      talk([...spoken({ track: 'agent', codec: 'PCMA', hz: 900, atMs: 5000, ms: 200 }), mark('end', 9000)]),
      {},
      100,
    ),
  )
  put(join(folder, 'cut.p7m'), [...seal.messages(WHOLE), Buffer.alloc(9)])
  const rows: [string, RegExp][] = [
    ['gap.p7m', / {2}segment 2 after 00:00 is not the next one: 2 segments missing before it\n {2}1 finding\n/],
    ['open.p7m', / {2}part 1 has no end: .+\n {2}1 finding\n/],
    [`${OTHER}.p7m`, / {2}the file has the name of another call\n {2}1 finding\n/],
    ['sound.p7m', / {2}segment \d after 00:05 holds sound in a stretch that was withheld\n {2}1 finding\n/],
    ['cut.p7m', / {2}the file is cut or damaged behind its last whole segment: 9 octets are left out\n {2}1 finding\n/],
    ['none.p7m', /none\.p7m\n {2}There is no such recording/],
  ]
  for (const [name, says] of rows) t.match(await run('check', name, '--key', 'own.key'), { code: 1, said: says }, name)
  const all = await run('check', whole, 'gap.p7m', 'none.p7m', '--key', 'escrow.key')
  t.match(all, { code: 1, said: /everything holds\n[\s\S]+\n3 recordings, 2 with findings\n$/ })
  t.notOk(existsSync(join(folder, 'gap.wav')))
})

t.test('checked: whether a key was heard near what was withheld, and never which', async (t) => {
  const call = (keyAtMs: number, codec: 'PCMU' | 'G722' | 'OPUS', track: 'caller' | 'agent' = 'caller') =>
    segmentsFrom(
      [
        ...spoken({ track, codec, hz: 0, key: 7, atMs: keyAtMs, ms: 100 }),
        ...[mark('withheld', 30_000), mark('resumed', 40_000), mark('end', 70_000)],
      ],
      {},
      100,
    )
  const rows: [string, Segment[], RegExp | undefined][] = [
    ['long before', call(15_000, 'PCMU'), undefined],
    ['before', call(21_500, 'PCMU'), /1 tone near it, at 00:21\.[45]\n/],
    ['just before', call(29_880, 'G722'), /1 tone near it, at 00:29\.[89]\n/],
    ['just after', call(40_020, 'OPUS'), /1 tone near it, at 00:40\.0\n/],
    ['after', call(49_000, 'PCMU'), /1 tone near it, at 00:4(?:8\.9|9\.0)\n/],
    ['long after', call(60_000, 'PCMU'), undefined],
    ["the agent's", call(29_000, 'PCMU', 'agent'), undefined],
  ]
  for (const [says, segments, tone] of rows) {
    const path = join(folder, 'keyed.p7m')
    seal.write(path, segments)
    const { code, said } = await run('check', path, '--key', 'own.key')
    t.equal(code, tone === undefined ? 0 : 1, says)
    t.match(said, tone ?? /withheld from 00:30 to 00:40: no tone near it\n/, says)
    t.notMatch(said, /\b7\b|seven/, says)
  }
})

t.test('docs/RECORDINGS.md: its way to make a key, and its way to open a file by openssl alone', async (t) => {
  const text = readFileSync(new URL('../../docs/RECORDINGS.md', import.meta.url), 'utf8')
  const blocks = Array.from(text.matchAll(/```sh\n([\s\S]+?)```/g), ([, block]) => block ?? '')
  const [make, open] = [
    blocks.find((block) => block.includes('genpkey')),
    blocks.find((block) => block.includes('od -An')),
  ]
  const there = join(folder, 'documented')
  mkdirSync(there)
  const shell = (script = 'false') =>
    execFileSync('sh', ['-ec', script], { cwd: there, stdio: ['ignore', 'pipe', 'pipe'] })
  const withPassphrase = (make ?? '')
    .replace('-aes-256-cbc', '$& -pass file:../passphrase.txt')
    .replace('-x509', '$& -passin file:../passphrase.txt')
  shell(withPassphrase)
  t.match(readFileSync(join(there, 'recordings-2026.key'), 'utf8'), /^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
  sealedTo(readFileSync(join(there, 'recordings-2026.pem'), 'utf8')).write(join(there, 'call.p7m'), WHOLE)
  const words = ['--key', 'documented/recordings-2026.key', '--passphrase-file', 'passphrase.txt']
  t.match(await run('check', 'documented/call.p7m', ...words), { code: 0 })
  const byOpenssl = (): unknown =>
    shell(open?.replace('recordings.key', '../own.key').replace('recordings.pem', '../own.pem'))
  t.throws(byOpenssl, 'not with the key of another')

  seal.write(join(there, 'call.p7m'), WHOLE, Buffer.alloc(40))
  byOpenssl()
  const opened = readdirSync(there)
    .filter((name) => name.endsWith('.segment'))
    .sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10))
  t.strictSame(
    opened.map((name) => readFileSync(join(there, name))),
    WHOLE.map((segment) => Buffer.from(contentOf(segment))),
  )
})
