import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { REQUIRED_CLIPS } from '../../src/base/prompts.ts'
import { CODECS } from '../../src/base/units.ts'
import { OpusEncoder } from '../../src/rtp/opus.ts'
import { opusEngine } from '../../src/rtp/opus-engine.ts'
import { writeWav } from '../../src/rtp/wav.ts'
import { loadPrompts, NO_PROMPTS } from '../../src/vault/prompts.ts'

const ALL = CODECS.map(({ name }) => name)
const folder = mkdtempSync(join(tmpdir(), 'sotto-prompts-'))
t.teardown(() => rmSync(folder, { recursive: true }))

function write(locale: string, id: string, octets: Uint8Array): void {
  mkdirSync(join(folder, locale), { recursive: true })
  writeFileSync(join(folder, locale, `${id}.wav`), octets)
}
const sound = (ms: number, rate: 8000 | 16000) => writeWav(new Int16Array((ms * rate) / 1000).fill(1000), rate)

for (const id of REQUIRED_CLIPS) write('en', id, sound(100, 16000))
for (const id of REQUIRED_CLIPS.slice(1)) write('de', id, sound(100, 16000))
write('en', 'ask-account', sound(250, 8000))
write('en', 'two-channels', writeWav(new Int16Array(3200), 16000, 2))
write('en', 'other-rate', writeWav(new Int16Array(4410), 44_100))
write('en', 'no-sound', Buffer.from('RIFFnonsense'))
write('en', 'Not An Id', sound(100, 16000))
write('not a locale', 'welcome', sound(100, 16000))
writeFileSync(join(folder, 'en', 'manifest.json'), '{}')

// First, since clips are coded on in the background.
t.test('nothing is coded for a codec that no caller may speak', async (t) => {
  const { states } = opusEngine()
  const opened = t.capture(OpusEncoder, 'ofClips', OpusEncoder.ofClips)
  const prompts = await loadPrompts(folder, ['PCMU', 'G722'])
  for (let turns = 0; turns < 200; turns++) await setImmediate()
  t.equal(opened().length, 0, 'no encoder of Opus was made')
  t.equal(opusEngine().states, states)
  t.equal(prompts.coded(['en'], 'welcome', 'PCMU')?.length, 800)
  t.equal(prompts.coded(['en'], 'welcome', 'G722')?.length, 800)
  t.throws(() => prompts.coded(['en'], 'welcome', 'OPUS'), 'asking for it is a defect')
  await loadPrompts(folder, ['OPUS'])
  for (let turns = 0; turns < 200; turns++) await setImmediate()
  t.ok(opened().length > 0)
})

t.test('a locale is there when every required clip is', async (t) => {
  const prompts = await loadPrompts(folder, ALL)
  t.same(prompts.locales, ['en'])
})

t.test('a clip may be in any locale of the chain, and is said in the first that has it', async (t) => {
  const prompts = await loadPrompts(folder, ALL)
  t.ok(prompts.has(['en'], ['ask-account', 'welcome']))
  t.ok(prompts.has(['fr', 'de', 'en'], new Set(['ask-account', 'ask-expiry'])))
  t.notOk(prompts.has(['en'], ['ask-something']))
  t.notOk(prompts.has(['de'], ['welcome']), 'one clip is missing')
  t.notOk(prompts.has(['fr'], ['welcome']))
  t.notOk(prompts.has([], ['welcome']))
  t.equal(prompts.coded(['de', 'en'], 'ask-expiry', 'PCMA'), prompts.coded(['de'], 'ask-expiry', 'PCMA'))
  t.equal(prompts.coded(['de', 'en'], 'welcome', 'PCMA'), prompts.coded(['en'], 'welcome', 'PCMA'))
  t.equal(prompts.coded(['de', 'fr'], 'welcome', 'PCMA'), undefined)
})

t.test('clips are coded for every codec, eight octets a millisecond', async (t) => {
  const prompts = await loadPrompts(folder, ALL)
  for (const codec of ['PCMA', 'PCMU', 'G722'] as const) {
    t.equal(prompts.coded(['en'], 'welcome', codec)?.length, 800, codec)
    t.equal(prompts.coded(['en'], 'ask-account', codec)?.length, 2000, `${codec} from 8 kHz`)
    t.equal(prompts.coded(['en'], 'welcome', codec), prompts.coded(['en'], 'welcome', codec), 'and once')
  }
})

t.test('what is no mono WAV of 8 or 16 kHz is no clip', async (t) => {
  const prompts = await loadPrompts(folder, ALL)
  for (const id of ['two-channels', 'other-rate', 'no-sound', 'Not An Id', 'manifest']) {
    t.equal(prompts.coded(['en'], id, 'PCMA'), undefined, id)
  }
})

t.test('a folder that is not there has no prompts', async (t) => {
  t.same((await loadPrompts(join(folder, 'nowhere'), ALL)).locales, [])
  t.notOk(NO_PROMPTS.has(['en'], []))
  t.equal(NO_PROMPTS.coded(['en'], 'welcome', 'PCMA'), undefined)
})
