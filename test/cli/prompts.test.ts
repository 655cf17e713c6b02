import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { promptsBuild, promptsCheck } from '../../src/cli/prompts.ts'
import { parseWav, writeWav } from '../../src/rtp/wav.ts'

const shipped = join(import.meta.dirname, '..', '..', 'prompts')

type ManifestFile = {
  locale: string
  voice: string
  clips: Record<string, { text: string; source: string; textSha256?: string; wavSha256?: string }>
}

type Bench = {
  readonly root: string
  readonly path: (id: string) => string
  readonly samples: (id: string) => Int16Array
  /** Puts samples in the place of a clip, as the recording of an administrator. */
  readonly record: (id: string, samples: Int16Array, sampleRate?: number, channels?: number) => void
  readonly editManifest: (edit: (manifest: ManifestFile) => void) => void
}

/** A copy of the shipped prompts to spoil. */
function bench(root: string): Bench {
  cpSync(join(shipped, 'en'), join(root, 'en'), { recursive: true })
  const path = (id: string): string => join(root, 'en', `${id}.wav`)
  const manifestPath = join(root, 'en', 'manifest.json')
  const editManifest = (edit: (manifest: ManifestFile) => void): void => {
    const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'))
    edit(manifest)
    writeFileSync(manifestPath, JSON.stringify(manifest))
  }
  return {
    root,
    path,
    editManifest,
    samples: (id) => parseWav(readFileSync(path(id)))?.samples ?? new Int16Array(0),
    record: (id, samples, sampleRate = 16_000, channels = 1) => {
      writeFileSync(path(id), writeWav(samples, sampleRate, channels))
      editManifest(({ clips }) => {
        clips[id] = { text: clips[id]?.text ?? '', source: 'recorded' }
      })
    },
  }
}

async function linesOf(run: (write: (line: string) => void) => Promise<number>): Promise<[number, string[]]> {
  const lines: string[] = []
  const exitCode = await run((line) => lines.push(line))
  return [exitCode, lines]
}

const amplified = (samples: Int16Array, gain: number): Int16Array =>
  samples.map((sample) => Math.max(-32768, Math.min(32767, Math.round(sample * gain))))

const joined = (...parts: Int16Array[]): Int16Array => Int16Array.from(parts.flatMap((part) => [...part]))

t.test('the shipped prompts pass', async (t) => {
  const [exitCode, lines] = await linesOf((write) => promptsCheck({ root: shipped }, write))
  t.equal(exitCode, 0)
  const { clips } = JSON.parse(readFileSync(join(shipped, 'en/manifest.json'), 'utf8'))
  t.same(lines, [`en: ${Object.keys(clips).length} clips, all good`])
})

t.test('every planted defect is found, and nothing else', async (t) => {
  const { root, path, samples, record, editManifest } = bench(t.testdir())
  const expected: [clip: string, says: RegExp][] = []
  const plant = (clip: string, says: RegExp, act: () => void): void => {
    expected.push([clip, says])
    act()
  }
  plant('welcome', /stale; run sotto prompts build/, () =>
    editManifest(({ clips }) => {
      if (clips['welcome'] !== undefined) clips['welcome'].text += ' Thank you.'
    }),
  )
  plant('accepted', /no longer the recorded one/, () =>
    editManifest(({ clips }) => {
      clips['accepted'] = { text: 'Thanks.', source: 'recorded', textSha256: 'a'.repeat(64) }
    }),
  )
  plant('declined', /missing; run sotto prompts build/, () => rmSync(path('declined')))
  plant('returning', /the recording is missing/, () => {
    record('returning', samples('returning'))
    rmSync(path('returning'))
  })
  plant('expired', /not in the manifest; the card flow needs it/, () => {
    editManifest(({ clips }) => {
      delete clips['expired']
    })
    rmSync(path('expired'))
  })
  plant('hello.wav', /not in the manifest; add it there or take it away/, () =>
    writeFileSync(join(root, 'en', 'hello.wav'), 'hello'),
  )
  plant('try-again', /not the file that a build wrote/, () =>
    writeFileSync(path('try-again'), writeWav(samples('accepted-ending-in'), 16_000)),
  )
  plant('cleared', /is too quiet: its speech is at -3\d\.\d dBm0/, () =>
    record('cleared', amplified(samples('cleared'), 0.25)),
  )
  plant('digit-0', /is too loud/, () => record('digit-0', amplified(samples('digit-0'), 2.4)))
  plant('failed', /peaks at -?\d\.\d dBFS/, () => {
    const spoilt = samples('failed').slice()
    spoilt[20_000] = 30_000
    record('failed', spoilt)
  })
  plant('cancelled', /is clipped in \d+ places/, () =>
    record('cancelled', amplified(amplified(samples('cancelled'), 20), 0.1)),
  )
  plant('digit-1', /has 44100 samples a second/, () => record('digit-1', samples('digit-1'), 44_100))
  plant('digit-2', /has 2 channels/, () => record('digit-2', samples('digit-2').subarray(0, 8_000), 16_000, 2))
  plant('digit-3', /is only 150 ms long/, () => record('digit-3', samples('digit-3').slice(1_600, 4_000)))
  plant('digit-4', /begins with [45]\d\d ms of silence/, () =>
    record('digit-4', joined(new Int16Array(6_400), samples('digit-4'))),
  )
  plant('digit-5', /ends with [67]\d\d ms of silence/, () =>
    record('digit-5', joined(samples('digit-5'), new Int16Array(9_600))),
  )
  plant('digit-6', /is silent/, () => record('digit-6', new Int16Array(16_000)))
  plant('digit-7', /not a WAV of 16-bit PCM/, () => {
    record('digit-7', samples('digit-7'))
    writeFileSync(path('digit-7'), 'ID3 this is something else')
  })
  plant('digit-8', /sounds like a DTMF digit at 0\.[34]\d s/, () => {
    const tones = Int16Array.from({ length: 1_600 }, (_, i) =>
      Math.round(2_200 * (Math.sin((2 * Math.PI * 770 * i) / 16_000) + Math.sin((2 * Math.PI * 1336 * i) / 16_000))),
    )
    record('digit-8', joined(samples('digit-8'), tones))
  })
  plant('nothing-heard', /is 2\d{4} ms long/, () => {
    const once = samples('nothing-heard')
    record('nothing-heard', joined(once, once, once, once, once, once))
  })
  // Recordings that are in order: none of these may be named.
  record('last-attempt', samples('last-attempt'))
  record(
    'too-long',
    samples('too-long').filter((_, i) => i % 2 === 0),
    8_000,
  )

  const [exitCode, lines] = await linesOf((write) => promptsCheck({ root, locale: 'en' }, write))
  t.equal(exitCode, 1)
  for (const [clip, says] of expected) {
    const about = lines.filter((line) => line.startsWith(`en/${clip}: `))
    t.equal(about.length, 1, `one line about ${clip}`)
    t.match(about[0], says, clip)
  }
  t.match(lines.at(-1), new RegExp(`^en: ${expected.length} to put right`))
  t.equal(lines.length, expected.length + 1, 'nothing else is said')
})

t.test('build makes what is due, and keeps recordings', async (t) => {
  const root = t.testdir()
  mkdirSync(join(root, 'en'))
  const manifestPath = join(root, 'en', 'manifest.json')
  const path = (id: string): string => join(root, 'en', `${id}.wav`)
  const clips: ManifestFile['clips'] = {
    accepted: { text: 'Thank you.', source: 'synthesised' },
    welcome: { text: 'Hello.', source: 'recorded' },
    declined: { text: 'Sorry.', source: 'synthesised' },
  }
  writeFileSync(manifestPath, JSON.stringify({ locale: 'en', voice: 'festival/cmu_us_slt_arctic_hts', clips }))
  const recording = Buffer.from('whatever the administrator put here')
  writeFileSync(path('welcome'), recording)
  const build = (force: boolean): Promise<[number, string[]]> =>
    linesOf((write) => promptsBuild({ root, force }, write))

  const [first, firstLines] = await build(false)
  t.equal(first, 0)
  t.match(firstLines, [/^en \[1\/2\] accepted: \d\.\d s$/, /^en \[2\/2\] declined: \d\.\d s$/], 'tells its progress')
  t.same(readFileSync(path('welcome')), recording)
  const manifest: ManifestFile = JSON.parse(readFileSync(manifestPath, 'utf8'))
  t.equal(manifest.clips['accepted']?.textSha256, createHash('sha256').update('Thank you.').digest('hex'))
  const [, complaints] = await linesOf((write) => promptsCheck({ root }, write))
  t.notOk(
    complaints.some((line) => /^en\/(accepted|declined):/.test(line)),
    'what build makes passes check',
  )

  t.same(await build(false), [0, ['en: nothing to build, 3 clips are up to date']])

  const accepted = manifest.clips['accepted']
  if (accepted !== undefined) accepted.text = 'Many thanks.'
  writeFileSync(manifestPath, JSON.stringify(manifest))
  const [, staleLines] = await build(false)
  t.match(staleLines, [/^en \[1\/1\] accepted/], 'only the stale one is made again')

  writeFileSync(path('declined'), recording)
  const [byHand, byHandLines] = await build(false)
  t.equal(byHand, 1)
  t.match(byHandLines[0], /^en\/declined: not the file that a build wrote, left alone/)
  t.same(readFileSync(path('declined')), recording)

  const [forced, forcedLines] = await build(true)
  t.equal(forced, 0)
  t.equal(forcedLines.length, 2)
  t.same(readFileSync(path('welcome')), recording, 'a recording is kept even by force')
  t.notSame(readFileSync(path('declined')), recording)
  t.same(
    readdirSync(join(root, 'en')).sort(),
    ['accepted.wav', 'declined.wav', 'manifest.json', 'welcome.wav'],
    'nothing is left lying about',
  )
})

t.test('without a synthesiser, build names the packages', async (t) => {
  const { root, path } = bench(t.testdir())
  rmSync(path('welcome'))
  const searchPath = process.env['PATH']
  process.env['PATH'] = root
  t.teardown(() => {
    process.env['PATH'] = searchPath
  })
  const [exitCode, lines] = await linesOf((write) => promptsBuild({ root, force: false }, write))
  t.equal(exitCode, 1)
  t.match(lines.join('\n'), /apt-get install festival festvox-us-slt-hts/)
  t.notOk(existsSync(path('welcome')))
})

t.test('what can not be worked on is said', async (t) => {
  const { root } = bench(t.testdir())
  t.match(await linesOf((write) => promptsCheck({ root, locale: 'de' }, write)), [1, [/no prompts for the locale de/]])
  t.match(await linesOf((write) => promptsBuild({ root: join(root, 'none'), force: false }, write)), [
    1,
    [/no prompts in/],
  ])
  writeFileSync(join(root, 'en', 'manifest.json'), '{"locale": "en"')
  t.match(await linesOf((write) => promptsCheck({ root }, write)), [1, [/manifest\.json: missing or not a manifest/]])
})

t.test('the command checks what the configuration names, unless it is told another folder', async (t) => {
  const folder = t.testdir({ 'sotto.yaml': 'secureInput: { promptsFolder: ours }\n', ours: {} })
  const { editManifest } = bench(join(folder, 'ours'))
  editManifest(({ clips }) => {
    for (const id of Object.keys(clips).slice(0, 1)) delete clips[id]
  })
  const cli = join(import.meta.dirname, '../../src/cli.ts')
  const run = (...words: readonly string[]) => {
    const args = [cli, 'prompts', 'check', '--locale', 'en', '--config', join(folder, 'sotto.yaml'), ...words]
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env: {} })
    return { status, stdout }
  }
  t.match(run(), { status: 1, stdout: join(folder, 'ours') })
  t.match(run('--root', shipped), { status: 0, stdout: /all good/ })
  writeFileSync(join(folder, 'sotto.yaml'), 'secureInput: { promptsFoldr: ours }\n')
  t.match(run(), { status: 2, stdout: /promptsFoldr/ })
})
