import t from 'tap'
import { costOf, patternsIn } from '../scripts/check-patterns.ts'

const of = (text: string) => ({ file: 'x.ts', line: 1, text })

t.test('every literal is found, and where it stands', async (t) => {
  const source = [
    'const a = /x+/',
    'const b = 4 / 2 / 1 // /no/',
    "const c = 'a/b'.replace(/\\/.*$/g, /y/.exec(b))",
  ].join('\n')
  t.strictSame(patternsIn('src/a.ts', source), [
    { file: 'src/a.ts', line: 1, text: '/x+/' },
    { file: 'src/a.ts', line: 3, text: '/\\/.*$/g' },
    { file: 'src/a.ts', line: 3, text: '/y/' },
  ])
})

t.test('what grows faster than its text is refused', async (t) => {
  for (const text of [
    '/^(a+)+$/',
    // Once read for anybody who sent an INFO, or SDP.
    '/([^\\s:;]*)$/',
    '/^m=([\\w-]{1,32}) +(\\d{1,5})(?:\\/\\d+)? +([\\w/]{1,64}) +([\\w .*/+-]{1,512}?) *$/',
  ])
    t.match(costOf(of(text)), /polynomial|exponential/, text)
  t.match(costOf(of('/(/')), /not read/)
})

t.test('what does not is taken', async (t) => {
  for (const text of ['/^a+b$/', '/[^\\s;]*/gi', '/^m=([\\w-]{1,32}) +(\\d{1,5})$/', '/[\\p{Cc}--[\\x80-\\x9f]]/v'])
    t.equal(costOf(of(text)), undefined, text)
})
