import t from 'tap'
import { searchLines } from '../../src/leak/line-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'

const NUMBER = '6011000990139424'
const NEEDLES = needlesOf(digitsOf(NUMBER))
const keys = [...NUMBER]
const line = (value: object): string => `${JSON.stringify(value)}\n`

const leaks: Readonly<Record<string, string>> = {
  'in one line': line({ level: 'debug', event: 'kept', what: `card ${NUMBER}` }),
  'in pieces over the fields of a line': line({ event: 'kept', a: '60110', b: '0099', c: '0139424' }),
  'as numbers over the fields of a line': line({ event: 'kept', ...keys.map(Number) }),
  'a digit a line': keys
    .map((key, i) => line({ event: 'progress', atMs: 1000 + i * 260, count: Number(key) }))
    .join(''),
  'a digit a line, as text': keys.map((key) => line({ event: 'progress', count: `key ${key}` })).join(''),
  'a digit a line, moved': keys.map((key) => line({ event: 'progress', count: 100 + Number(key) })).join(''),
  'a digit an event, others in between': keys
    .map(
      (key, i) =>
        `id: ${i}\nevent: secure.progress\ndata: ${line({ type: 'secure.progress', keys: i + 1, digit: Number(key) })}\ndata: ${line({ type: 'call.held' })}\n`,
    )
    .join(''),
  'base64 in a field': line({ body: Buffer.from(`card=${NUMBER};`).toString('base64') }),
  'a line that is no JSON': `Error: cannot charge ${NUMBER}\n    at charge (charge.js:1:1)\n`,
}
for (const [sentence, text] of Object.entries(leaks)) {
  t.test(`found: ${sentence}`, async (t) => {
    const finds = searchLines(text, NEEDLES, 'the log')
    t.ok(finds.length > 0, finds.map(({ form, where }) => `${form}, ${where}`).join(' | '))
  })
}

t.test('a log of counts and times is clean', async (t) => {
  const text = keys.map((_, i) =>
    line({ time: `2026-11-26T21:00:${10 + i}.123Z`, event: 'progress', count: i + 1, pid: 4711 }),
  )
  t.strictSame(searchLines(text.join(''), NEEDLES, 'the log'), [])
  t.strictSame(searchLines('', NEEDLES, 'the log'), [])
})
