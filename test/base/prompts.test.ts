import t from 'tap'
import {
  clipFileName,
  DIGIT_CLIPS,
  isClipId,
  parseManifest,
  REQUIRED_CLIPS,
  writeManifest,
} from '../../src/base/prompts.ts'

const hash = 'ab'.repeat(32)
const good = {
  locale: 'pt-BR',
  voice: 'festival/cmu_us_slt_arctic_hts',
  clips: {
    welcome: { text: 'Hello.', source: 'synthesised', textSha256: hash, wavSha256: hash },
    'of-our-own': { text: 'Bye.', source: 'recorded' },
  },
}

t.test('a manifest goes in and comes out', async (t) => {
  const manifest = parseManifest(good)
  t.equal(manifest?.locale, 'pt-BR')
  t.same([...(manifest?.clips.keys() ?? [])], ['welcome', 'of-our-own'])
  t.equal(manifest?.clips.get('of-our-own')?.textSha256, undefined)
  if (manifest !== undefined) t.same(JSON.parse(writeManifest(manifest)), good)
})

t.test('anything misshapen is refused, and never throws', async (t) => {
  const withClip = (clip: unknown, id = 'welcome'): unknown => ({ ...good, clips: { [id]: clip } })
  const clip = good.clips.welcome
  const bad: Record<string, unknown> = {
    nothing: undefined,
    null: null,
    text: 'x',
    list: [],
    'no clips': { locale: 'en', voice: 'a/b' },
    'clips as a list': { ...good, clips: [] },
    'unknown member': { ...good, more: 1 },
    'locale that leaves its folder': { ...good, locale: '../en' },
    'voice that is code': { ...good, voice: 'festival/x) (system "id"' },
    'voice that is an option': { ...good, voice: 'flite/-o' },
    'no text': withClip({ ...clip, text: ' ' }),
    'long text': withClip({ ...clip, text: 'x'.repeat(1_001) }),
    'unknown source': withClip({ ...clip, source: 'bought' }),
    'short hash': withClip({ ...clip, textSha256: 'abc' }),
    'unknown member of a clip': withClip({ ...clip, level: 1 }),
    'clip that is text': withClip('Hello.'),
    'clip that leaves its folder': withClip(clip, '../welcome'),
    'clip with capitals': withClip(clip, 'Welcome'),
  }
  for (const [what, value] of Object.entries(bad)) t.equal(parseManifest(value), undefined, what)
})

t.test('names', async (t) => {
  t.equal(clipFileName('ask-expiry'), 'ask-expiry.wav')
  t.ok(REQUIRED_CLIPS.every(isClipId))
  t.equal(new Set(REQUIRED_CLIPS).size, REQUIRED_CLIPS.length)
  t.same(
    DIGIT_CLIPS,
    Array.from({ length: 10 }, (_, value) => `digit-${value}`),
    'in the order of their values',
  )
})
