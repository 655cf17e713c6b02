import fc from 'fast-check'
import t from 'tap'
import { Entry } from '../../src/vault/entry.ts'
import { type Answer, type ReplyForm, readAnswer } from '../../src/vault/reply.ts'
import { keyInto } from './spans.ts'

const entry = new Entry()
keyInto(entry, '4012888888881881', '1227', '123')

function read(text: string | Uint8Array, form: ReplyForm = 'strict'): Answer | undefined {
  const octets = Buffer.from(typeof text === 'string' ? Buffer.from(text, 'utf8') : text)
  return readAnswer(octets, 0, octets.length, { format: 'json', form }, { entry, fields: 3 })
}

const accepted = (details: string): Answer => ({ value: 'accepted', details })
const good: readonly [string, string, Answer][] = [
  [
    'the reply of the description',
    '{"value":"accepted","details":"That number was good","reference":"A-4711"}',
    { value: 'accepted', details: 'That number was good', reference: 'A-4711' },
  ],
  ['declined', '{"value":"declined","details":"no"}', { value: 'declined', details: 'no' }],
  ['another order, white space', ' \r\n{ "details" : "a" ,\t"value"\n: "accepted" }\n', accepted('a')],
  ['without details', '{"value":"accepted"}', accepted('')],
  ['an empty reference is none', '{"value":"accepted","reference":" "}', accepted('')],
  [
    'escapes',
    String.raw`{"value":"accepted","details":"\"a\" \\ \/ \u0041\u00fc\u20ac\ud83d\udcb6\b\f"}`,
    accepted('"a" \\ / Aü€💶'),
  ],
  ['a pipe becomes a blank', String.raw`{"value":"accepted","details":"a|b\u007cc"}`, accepted('a b c')],
  [
    'line ends and controls too',
    String.raw`{"value":"accepted","details":"a\r\nb\tc\u0000d\u0085e"}`,
    accepted('a  b c d  e'),
  ],
  [
    'what was keyed is covered, however it is written, in the reference too',
    String.raw`{"value":"accepted","details":"Card 4012 8888 8888 1881 (\u0034012888888881881), code 123","reference":"T4012888888881881"}`,
    {
      value: 'accepted',
      details: 'Card **** **** **** **** (****************), code ***',
      reference: 'T****************',
    },
  ],
  [
    'long texts are cut',
    `{"value":"accepted","details":"${'x'.repeat(300)}","reference":"${'y'.repeat(100)}"}`,
    { value: 'accepted', details: 'x'.repeat(256), reference: 'y'.repeat(64) },
  ],
]
for (const [what, text, answer] of good) t.test(what, async (t) => t.same(read(text), answer))

const member = (text: string) => `{"value":"accepted",${text}}`
const bad: readonly [string, string | Uint8Array][] = [
  ['nothing', ''],
  ['a byte order mark', '\ufeff{"value":"accepted"}'],
  ['a list', '["accepted"]'],
  ['a text', '"accepted"'],
  ['no value', '{"details":"accepted"}'],
  ['an empty object', '{}'],
  ['ACCEPTED', '{"value":"ACCEPTED"}'],
  ['accepted with a blank', '{"value":"accepted "}'],
  ['accepted by an escape', String.raw`{"value":"\u0061ccepted"}`],
  ['a value that is no text', '{"value":true}'],
  ['a value in a list', '{"value":["accepted"]}'],
  ['details that are no text', member('"details":1')],
  ['a reference that is null', member('"reference":null')],
  ['two values', '{"value":"declined","value":"accepted"}'],
  ['two details', member('"details":"a","details":"b"')],
  ['a name with an escape', String.raw`{"value":"accepted","detai\u006cs":"a"}`],
  ['a value hidden by an escape', String.raw`{"value":"accepted","valu\u0065":"declined"}`],
  ['a comma at the end', '{"value":"accepted",}'],
  ['no comma', '{"value":"accepted""details":"a"}'],
  ['no colon', '{"value" "accepted"}'],
  ['single quotes', "{'value':'accepted'}"],
  ['a comment', '{"value":"accepted"/* a */}'],
  ['an open object', '{"value":"accepted"'],
  ['an open text', '{"value":"accepted'],
  ['something behind it', '{"value":"accepted"}x'],
  ['a second object', '{"value":"accepted"}{"value":"declined"}'],
  ['a raw control in a text', member('"details":"a\nb"')],
  ['an escape that nobody knows', member(String.raw`"details":"\x41"`)],
  ['a short escape', member(String.raw`"details":"\u41"`)],
  ['a backslash at the end', '{"value":"accepted","details":"a\\'],
  ['half of a pair', member(String.raw`"details":"\ud83d"`)],
  ['the other half alone', member(String.raw`"details":"\udcb6"`)],
  ['a pair the wrong way round', member(String.raw`"details":"\udcb6\ud83d"`)],
  ['octets that are no UTF-8', Buffer.from(member('"details":"\xff"'), 'latin1')],
  ['very long details', member(`"details":"${'x'.repeat(9000)}"`)],
]
for (const [what, text] of bad) {
  t.test(`${what}: no answer`, async (t) => {
    t.equal(read(text), undefined)
    t.equal(read(text, 'lenient'), undefined, 'in the lenient form either')
  })
}

const unknown: readonly [string, string][] = [
  ['a number', '"code":-12.5e+3'],
  ['true, false and null', '"a":true,"b":false,"c":null'],
  ['an object', '"a":{"value":"declined","b":[1,{"c":"}"}]}'],
  ['empty ones', '"a":{},"b":[],"c":""'],
  ['down to the depth that is followed', `"a":${'['.repeat(8)}${']'.repeat(8)}`.replace('[[', '[').replace(']]', ']')],
]
for (const [what, text] of unknown) {
  t.test(`members that nobody knows: ${what}`, async (t) => {
    t.equal(read(member(text)), undefined, 'strict refuses')
    t.same(read(member(text), 'lenient'), accepted(''), 'lenient steps over')
  })
}
const broken = [
  '01',
  '1.',
  '.5',
  '1e',
  '+1',
  '-',
  'nul',
  'True',
  '[1,]',
  '[1',
  '{"b"}',
  '{"b":}',
  `${'['.repeat(9)}${']'.repeat(9)}`,
]
for (const value of broken) {
  t.test(`a member that nobody knows is read all the same: ${value}`, async (t) => {
    t.equal(read(member(`"a":${value}`), 'lenient'), undefined)
  })
}

t.test('what JSON takes for an answer is one, and nothing else', async () => {
  const text = fc.string({ unit: 'grapheme' })
  const words = fc.constantFrom('accepted', 'declined', 'maybe')
  fc.assert(
    fc.property(words, text, text, fc.jsonValue({ maxDepth: 4 }), (value, details, name, other) => {
      const known = ['value', 'details', 'reference'].includes(name) || JSON.stringify(name).includes('\\')
      fc.pre(!known)
      const answer = read(JSON.stringify({ value, details, [name]: other }), 'lenient')
      if (answer?.value !== (value === 'maybe' ? undefined : value)) return false
      return answer === undefined || !/[|\p{Cc}]/u.test(answer.details)
    }),
    { seed: 7, numRuns: 2000 },
  )
})

t.test('no octets make it throw', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(40), (junk, at) => {
      const octets = Buffer.from('{"value":"accepted","details":"abc","reference":"d"}')
      octets.set(junk.subarray(0, octets.length - at), at)
      read(octets, 'lenient')
      read(octets)
    }),
    { seed: 7, numRuns: 3000 },
  )
})
