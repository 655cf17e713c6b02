import { inspect } from 'node:util'
import t from 'tap'
import { Secret } from '../../src/base/secret.ts'

const VALUE = 'hunter2-käse'

t.test('no conversion to text gives the value', async (t) => {
  const secret = new Secret(VALUE)
  const texts: readonly [string, string][] = [
    ['template', `${secret}`],
    ['String', String(secret)],
    ['concatenation', `a${secret}`],
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect(secret)],
    ['inspect of everything, nested', inspect({ a: [secret] }, { showHidden: true, depth: 9, getters: true })],
    ['an error', String(new Error(`no ${secret}`).stack)],
    ['structured clone', JSON.stringify(structuredClone({ secret }))],
    ['its keys', JSON.stringify(Object.entries(secret))],
  ]
  for (const [name, text] of texts) t.notMatch(text, 'hunter2', name)
  t.equal(`${secret}`, '[secret]')
  t.ok(Number.isNaN(Number(secret)))
})

t.test('reveal, matches, wipe', async (t) => {
  const secret = new Secret(VALUE)
  t.equal(secret.reveal(), VALUE)
  t.ok(secret.matches(VALUE))
  t.notOk(secret.matches('hunter2'))
  t.notOk(secret.matches(''))
  const bytes = Buffer.from('abc')
  const copy = new Secret(bytes)
  bytes.fill(0)
  t.equal(copy.reveal(), 'abc', 'the giver may wipe its own')
  secret.wipe()
  secret.wipe()
  t.throws(() => secret.reveal())
  t.notOk(secret.matches(VALUE))
  t.notOk(secret.matches('\0'.repeat(VALUE.length)), 'not even the zeros it was wiped with')
})
