/** The API of prompts on a folder of their own, with the thread that works on sound and the synthesiser of this machine. */

import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import { parseManifest } from '../../src/base/prompts.ts'
import { noteChange } from '../../src/directory/index.ts'
import { createPrompts, type PromptPlace } from '../../src/prompts/index.ts'
import { parseWav, writeWav } from '../../src/rtp/wav.ts'
import { engineOf, quickFolder } from '../directory/engines.ts'
import { checkedServer } from './checked-server.ts'
import { TOKEN, webBench } from './web-bench.ts'

const SHIPPED = new URL('../../prompts', import.meta.url).pathname
const CLIPS = ['digit-1', 'digit-2', 'accepted']

/** A few of the prompts that come with Sotto, in a folder of the administrator's. */
function someClips(t: Test): string {
  const folder = quickFolder(t)
  mkdirSync(join(folder, 'en'))
  for (const clip of CLIPS) cpSync(join(SHIPPED, 'en', `${clip}.wav`), join(folder, 'en', `${clip}.wav`))
  const manifest = JSON.parse(readFileSync(join(SHIPPED, 'en', 'manifest.json'), 'utf8'))
  const clips = Object.fromEntries(CLIPS.map((clip) => [clip, manifest.clips[clip]]))
  writeFileSync(join(folder, 'en', 'manifest.json'), JSON.stringify({ ...manifest, clips }))
  return folder
}

async function api(t: Test, folder = someClips(t), neededBy: (place: PromptPlace) => readonly string[] = () => []) {
  const directory = await engineOf(t, 'SQLite', { file: `${quickFolder(t)}/d.sqlite` }).open()
  const changes: string[] = []
  const prompts = createPrompts({
    folder,
    shippedFolder: SHIPPED,
    neededBy,
    onChange: async ({ language, name, by, action, before, after }) => {
      changes.push(`${by} ${action} ${language}/${name}`)
      const difference = { sound: { from: before?.tag, to: after?.tag } }
      await noteChange(directory.db, { kind: 'prompts', name: `${language}/${name}`, action, atMs: 5, by, difference })
    },
  })
  t.teardown(() => prompts.close())
  const saidBy = () => new Map([['digit-1', ['card-payment']]])
  const app = checkedServer(webBench({ directory, prompts: { ...prompts, saidBy } }).options)
  const ask = async (
    method: InjectOptions['method'] & string,
    path: string,
    headers: Record<string, string> = {},
    payload?: object | Buffer,
  ) => {
    const response = await app.inject({
      method,
      url: `/api/v1/prompts${path}`,
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
    const isJson = String(response.headers['content-type']).includes('json')
    return {
      status: response.statusCode,
      json: isJson ? response.json() : undefined,
      octets: response.rawPayload,
      type: response.headers['content-type'],
      etag: String(response.headers.etag ?? ''),
    }
  }
  const record = (path: string, wav: Uint8Array, match: Record<string, string> = { 'if-match': '*' }) =>
    ask('PUT', path, { 'content-type': 'audio/wav', ...match }, Buffer.from(wav))
  return { ask, record, changes, folder, directory }
}

/** A clip of ours as somebody might send it: at another rate, in stereo, quiet, with silence around it. */
function asRecorded(clip: string, gain = 0.4): Uint8Array {
  const { samples } = parseWav(readFileSync(join(SHIPPED, 'en', `${clip}.wav`))) ?? { samples: new Int16Array(0) }
  const silence = 16_000
  const stereo = new Int16Array(2 * 3 * (samples.length + 2 * silence))
  for (let at = 0; at < samples.length; at++) {
    for (let copy = 0; copy < 6; copy++) stereo[6 * (at + silence) + copy] = Math.round((samples[at] as number) * gain)
  }
  return writeWav(stereo, 48_000, 2)
}

t.test('prompts are listed with what they say, how they sound, where they are from and who says them', async (t) => {
  const { ask, folder } = await api(t)
  const list = (await ask('GET', '')).json
  t.match(list.languages, [{ language: 'en', voice: /festival/, complete: false }])
  t.ok(list.languages[0].missing.includes('welcome'))
  t.match(
    list.prompts.map(({ name }: { name: string }) => name),
    ['accepted', 'digit-1', 'digit-2'],
  )
  const [, one] = list.prompts
  t.match(one, {
    from: 'shipped',
    source: 'synthesised',
    text: /one/i,
    flows: ['card-payment'],
    flaws: [],
    sampleRate: 16_000,
  })
  t.ok(one.seconds > 0.2 && one.seconds < 2 && one.peakDbfs < -2 && one.rmsDbfs < one.peakDbfs && one.speechDbm0 > -26)
  const alone = await ask('GET', '/en/digit-1')
  t.same(alone.json, one)
  const sound = await ask('GET', '/en/digit-1/audio')
  t.match(sound, { status: 200, type: 'audio/wav', etag: alone.etag })
  t.same(sound.octets, readFileSync(join(folder, 'en', 'digit-1.wav')))
  t.equal((await ask('GET', '/en/digit-1/audio', { 'if-none-match': alone.etag })).status, 304)
  t.match((await ask('GET', '?language=de')).json, { languages: [], prompts: [] })
  for (const path of ['/en/nothing', '/de/digit-1', '/en/nothing/audio', '/..%2fen/digit-1', '/en/..%2f..%2fx'])
    t.match(await ask('GET', path), { status: 404, json: { code: 'prompts.not-found' } }, path)
})

t.test('a recording is made fit, takes the place of a prompt, and is taken back', async (t) => {
  const { ask, record, changes, folder } = await api(t)
  const path = join(folder, 'en', 'digit-1.wav')
  const original = readFileSync(path)
  const before = await ask('GET', '/en/digit-1')
  t.match(await record('/en/digit-1/audio', asRecorded('digit-2'), {}), { status: 428 })
  t.match(await record('/en/digit-1/audio', asRecorded('digit-2'), { 'if-match': '"other"' }), { status: 412 })
  t.match(await record('/en/digit-1/audio', asRecorded('digit-2'), { 'if-none-match': '*' }), { status: 412 })
  t.strictSame(changes, [])

  const put = await record('/en/digit-1/audio?text=Two%2C%20please', asRecorded('digit-2'), { 'if-match': before.etag })
  t.match(put, {
    status: 200,
    json: { from: 'store', source: 'recorded', text: 'Two, please', flaws: [], sampleRate: 16_000 },
  })
  t.not(put.etag, before.etag)
  t.ok(put.json.seconds < before.json.seconds + 1, 'the silence is gone')
  t.ok(Math.abs(put.json.speechDbm0 - -20) < 4, `as loud as the others: ${put.json.speechDbm0}`)
  t.match(parseWav(readFileSync(path)), { sampleRate: 16_000, channels: 1 })
  const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'en', 'manifest.json'), 'utf8')))
  t.match(manifest?.clips.get('digit-1'), { source: 'recorded', text: 'Two, please' })

  const again = await record('/en/digit-1/audio', asRecorded('accepted'), { 'if-match': put.etag })
  t.match(again, { status: 200, json: { text: 'Two, please', from: 'store' } })
  const back = await ask('DELETE', '/en/digit-1', { 'if-match': again.etag })
  t.match(back, { status: 200, json: { from: 'shipped', source: 'synthesised' } }, 'what was there in the first place')
  t.same(readFileSync(path), original)
  t.same((await ask('GET', '/en/digit-1')).json, before.json)
  t.match(await ask('DELETE', '/en/digit-1', { 'if-match': '*' }), { status: 409, json: { code: 'prompts.not-ours' } })

  const made = await record('/de/danke/audio?text=Danke', asRecorded('accepted'), { 'if-none-match': '*' })
  t.match(made, { status: 201, json: { language: 'de', from: 'store' } })
  t.equal((await ask('DELETE', '/de/danke', { 'if-match': made.etag })).status, 204)
  t.notOk(existsSync(join(folder, 'de', 'danke.wav')))
  t.strictSame(changes, [
    'desk changed en/digit-1',
    'desk changed en/digit-1',
    'desk changed en/digit-1',
    'desk created de/danke',
    'desk removed de/danke',
  ])
  const history = (await ask('GET', '/en/digit-1/history')).json
  t.match(history.changes, [{ revision: 3 }, { revision: 2 }, { revision: 1, by: 'desk', action: 'changed' }])
})

t.test('a file that somebody puts there by hand is not taken for one of the API', async (t) => {
  const { ask, record, folder } = await api(t)
  await record('/en/digit-1/audio', asRecorded('digit-2'))
  const own = readFileSync(join(SHIPPED, 'en', 'accepted.wav'))
  writeFileSync(join(folder, 'en', 'digit-1.wav'), own)
  t.match((await ask('GET', '/en/digit-1')).json, { from: 'folder' })
  t.match(await ask('DELETE', '/en/digit-1', { 'if-match': '*' }), { status: 409 })
  await record('/en/digit-1/audio', asRecorded('digit-2'))
  t.equal((await ask('DELETE', '/en/digit-1', { 'if-match': '*' })).status, 200)
  t.same(readFileSync(join(folder, 'en', 'digit-1.wav')), own, 'it is what comes back')
})

t.test('what is no prompt is refused with what to do, and changes nothing', async (t) => {
  const { ask, record, changes } = await api(t)
  const tone = (hz: number, seconds: number, level: number, rate = 16_000) =>
    writeWav(
      Int16Array.from({ length: rate * seconds }, (_, at) => level * Math.sin((2 * Math.PI * hz * at) / rate)),
      rate,
    )
  const loud = (at: number) => 60_000 * Math.sin((2 * Math.PI * 440 * at) / 16_000)
  const cut = Int16Array.from({ length: 32_000 }, (_, at) => Math.max(-30_000, Math.min(30_000, loud(at))))
  const clipped = writeWav(cut, 16_000)
  const rows: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    ['no WAV', Buffer.from('hello'), 'prompts.not-wav', /./],
    ['silence', tone(0, 2, 0), 'prompts.not-fit', /silent/],
    ['a click', tone(440, 0.05, 9000), 'prompts.not-fit', /ms long/],
    ['a speech', tone(440, 25, 9000), 'prompts.not-fit', /ms long/],
    ['an hour', tone(440, 61, 900, 8000), 'prompts.not-fit', /longer than 60/],
    ['clipped', clipped, 'prompts.not-fit', /clipped/],
    ['too slow', tone(440, 2, 9000, 4000), 'prompts.not-fit', /samples a second/],
  ]
  for (const [what, wav, code, says] of rows) {
    const { status, json } = await record('/en/digit-1/audio', wav)
    t.match({ status, json }, { status: 422, json: { code } }, what)
    if (code === 'prompts.not-fit') t.match(json.problems, [{ key: 'audio', says, advice: /\w\.$/ }], what)
  }
  t.match(await record('/en/digit-1/audio', new Uint8Array(8_000_001)), {
    status: 413,
    json: { code: 'prompts.too-large' },
  })
  t.match(await record('/en/Digit_1/audio', asRecorded('digit-2')), {
    status: 422,
    json: { problems: [{ key: 'name' }] },
  })
  t.match(await record('/..x/digit-1/audio', asRecorded('digit-2')), {
    status: 422,
    json: { problems: [{ key: 'language' }] },
  })
  t.match(await record('/en/digit-1/audio?text=4111%201111%201111%201111', asRecorded('digit-2')), {
    status: 422,
    json: { problems: [{ key: 'text' }] },
  })
  t.match(await ask('PUT', '/en/digit-1/audio', { 'if-match': '*' }, { text: 'x' }), {
    json: { code: 'prompts.not-wav' },
  })
  t.equal((await ask('POST', '/en/digit-1/synthesis', { 'content-type': 'audio/wav' }, Buffer.from('x'))).status, 400)
  t.strictSame(changes, [])
})

t.test('words are said by the synthesiser of this machine, to listen to or as a prompt', async (t) => {
  const { ask, changes } = await api(t)
  const preview = await ask('POST', '/en/digit-1/preview', {}, { text: 'Number one.' })
  t.match(preview, { status: 200, type: 'audio/wav' })
  t.match(parseWav(preview.octets), { sampleRate: 16_000, channels: 1 })
  t.strictSame(changes, [])
  t.match(await ask('POST', '/en/digit-1/synthesis', {}, { text: 'Number one.' }), { status: 428 })
  const said = await ask('POST', '/en/digit-1/synthesis', { 'if-match': '*' }, { text: 'Number one.' })
  t.match(said, { status: 200, json: { text: 'Number one.', source: 'synthesised', from: 'store', flaws: [] } })
  t.match(await ask('POST', '/en/digit-1/synthesis', { 'if-match': '*' }, { text: ' ' }), { status: 422 })
  t.match(await ask('POST', '/xx/hallo/preview', {}, { text: 'Hallo' }), {
    status: 503,
    json: { code: 'prompts.no-voice' },
  })
})

t.test('what a published flow needs is not removed', async (t) => {
  const { ask, record } = await api(t, undefined, ({ name }) => (name === 'own' ? ['card-payment'] : []))
  await record('/en/own/audio', asRecorded('accepted'), { 'if-none-match': '*' })
  t.match(await ask('DELETE', '/en/own', { 'if-match': '*' }), { status: 409, json: { code: 'prompts.in-use' } })
})
