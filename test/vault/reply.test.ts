import t from 'tap'
import { Entry } from '../../src/vault/entry.ts'
import { type Answer, readAnswer } from '../../src/vault/reply.ts'
import { keyInto } from './spans.ts'

const entry = new Entry()
keyInto(entry, '4012888888881881', '1227', '123')

function read(text: string | Uint8Array, form: 'strict' | 'lenient' = 'strict'): Answer | undefined {
  const octets = Buffer.from(typeof text === 'string' ? Buffer.from(text, 'utf8') : text)
  return readAnswer(octets, 0, octets.length, { format: 'xml', form }, { entry, fields: 3 })
}

const D = '<?xml version="1.0" encoding=\'UTF-8\'?>'
const accepted = (details: string): Answer => ({ value: 'accepted', details })
const outcome = (details: string) => `${D}<outcome value="accepted" details="${details}"/>`

const good: readonly [string, string, Answer][] = [
  [
    'the reply of the description',
    `${D}\n<outcome value="accepted" details="That number was good"/>`,
    accepted('That number was good'),
  ],
  [
    'with the blank in the declaration',
    `<?xml version="1.0" encoding='UTF-8' ?>\n<outcome value="accepted" details="a"/>`,
    accepted('a'),
  ],
  ['declined', `${D}<outcome value="declined" details="no"/>`, { value: 'declined', details: 'no' }],
  [
    'other quotes, other order, more blanks',
    `<?xml version='1.0' encoding="utf-8"?>\r\n<outcome  details = 'x "y"'\n value = 'accepted' />\r\n`,
    accepted('x "y"'),
  ],
  [
    'what was keyed is covered, however it is written',
    outcome('Card 4012 8888 8888 1881 (&#52;012888888881881), code 123'),
    accepted('Card **** **** **** **** (****************), code ***'),
  ],
  ['without details', `${D}<outcome value="accepted"/>`, accepted('')],
  ['with an end tag', `${D}<outcome value="accepted" details="a"></outcome >`, accepted('a')],
  [
    'entities and references',
    outcome('&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos; &#65;&#x42;&#xfc;&#8364;&#x1F4B6;'),
    accepted(`<a> & "b" 'c' ABü€💶`),
  ],
  ['a pipe becomes a blank', outcome('a|b&#124;c'), accepted('a b c')],
  ['line ends and controls become blanks', outcome('a\r\nb\tc\x01d&#10;e&#x85;f\x7fg'), accepted('a  b c d e  f g')],
  ['long details are cut', outcome('x'.repeat(300)), accepted('x'.repeat(256))],
]
for (const [what, text, answer] of good) t.test(what, async (t) => t.same(read(text), answer))

const bad: readonly [string, string | Uint8Array][] = [
  ['nothing', ''],
  ['no declaration', '<outcome value="accepted" details="a"/>'],
  ['blanks before the declaration', ` ${outcome('a')}`],
  ['a byte order mark before the declaration', `\ufeff${outcome('a')}`],
  ['version 1.1', `<?xml version="1.1" encoding='UTF-8'?><outcome value="accepted"/>`],
  ['another encoding', `<?xml version="1.0" encoding='ISO-8859-1'?><outcome value="accepted"/>`],
  ['no encoding', `<?xml version="1.0"?><outcome value="accepted"/>`],
  ['standalone', `<?xml version="1.0" encoding='UTF-8' standalone="yes"?><outcome value="accepted"/>`],
  ['quotes that do not match', `<?xml version="1.0' encoding='UTF-8'?><outcome value="accepted"/>`],
  ['a document type', `${D}<!DOCTYPE outcome [<!ENTITY a "b">]><outcome value="accepted" details="&a;"/>`],
  ['a comment', `${D}<!-- a --><outcome value="accepted"/>`],
  ['an entity of its own', outcome('&a;')],
  ['an ampersand alone', outcome('a & b')],
  ['an empty reference', outcome('&#;')],
  ['a reference to NUL', outcome('&#0;')],
  ['a reference to a surrogate', outcome('&#xD800;')],
  ['a reference beyond Unicode', outcome('&#x110000;')],
  ['a reference without end', outcome('&#65')],
  ['a less-than sign in the details', outcome('a<b')],
  ['ACCEPTED', `${D}<outcome value="ACCEPTED" details="a"/>`],
  ['approved', `${D}<outcome value="approved" details="a"/>`],
  ['accepted with a blank', `${D}<outcome value="accepted " details="a"/>`],
  ['accepted by an entity', `${D}<outcome value="&#97;ccepted" details="a"/>`],
  ['an empty value', `${D}<outcome value="" details="a"/>`],
  ['no value', `${D}<outcome details="accepted"/>`],
  ['two values', `${D}<outcome value="declined" value="accepted"/>`],
  ['two details', `${D}<outcome value="accepted" details="a" details="b"/>`],
  ['an attribute that nobody knows', `${D}<outcome value="accepted" code="1"/>`],
  ['attributes without a blank between', `${D}<outcome value="accepted"details="a"/>`],
  ['another element', `${D}<outcomes value="accepted"/>`],
  ['a prefix', `${D}<x:outcome value="accepted"/>`],
  ['content', `${D}<outcome value="accepted">a</outcome>`],
  ['an open element', `${D}<outcome value="accepted">`],
  ['something behind it', `${outcome('a')}x`],
  ['a second element', `${outcome('a')}<outcome value="declined"/>`],
  ['octets that are no UTF-8', Buffer.from(outcome('a\xff'), 'latin1')],
  ['very long details', outcome('x'.repeat(9000))],
  ['HTML', '<html><body>accepted</body></html>'],
]
for (const [what, text] of bad) t.test(`${what}: no answer`, async (t) => t.equal(read(text), undefined))

t.test('a reference is for the lenient form: the description knows none', async (t) => {
  const text = `${D}<outcome value="accepted" reference="A-4012888888881881|" details="a"/>`
  t.equal(read(text), undefined)
  t.same(read(text, 'lenient'), { value: 'accepted', details: 'a', reference: 'A-****************' })
  t.equal(read(`${D}<outcome value="accepted" reference="1" reference="2"/>`, 'lenient'), undefined, 'not two')
})

t.test('lenient takes a reply without declaration, or with a mark before it', async (t) => {
  t.same(read('<outcome value="accepted" details="a"/>', 'lenient'), accepted('a'))
  t.same(read(`\ufeff\n${outcome('a')}`, 'lenient'), accepted('a'))
  t.equal(read(`<?xml version="1.0"?><outcome value="accepted"/>`, 'lenient'), undefined, 'a wrong one is still wrong')
  t.equal(read(`<!DOCTYPE a><outcome value="accepted"/>`, 'lenient'), undefined)
})

t.test('a reply that is cut or changed anywhere is an answer or none, and never throws', async (t) => {
  const whole = Buffer.from(outcome('&#x41; good 4012 8888 &amp;'))
  for (let length = 0; length < whole.length; length++) t.equal(read(whole.subarray(0, length)), undefined)
  for (let at = 0; at < whole.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] as number) ^ (1 << bit)
      const answer = read(changed)
      if (answer !== undefined) t.ok(answer.details.length <= 256 && !/[|\p{Cc}]/u.test(answer.details))
    }
  }
})
