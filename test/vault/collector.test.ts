import t from 'tap'
import { Collector } from '../../src/vault/collector.ts'
import { SECOND } from '../../src/vault/entry.ts'
import { NO_KEY, sealKey } from '../../src/vault/key.ts'
import { fieldOf } from './plans.ts'

const today = { year: 2026, month: 11, day: 26 }

function collector(...fields: ConstructorParameters<typeof Collector>[0]): Collector {
  const made = new Collector(fields)
  t.teardown(() => made.close())
  return made
}
function key(into: Collector, field: number, digits: string, second = false): boolean {
  into.open(field, second)
  let whole = false
  for (const digit of digits) whole = into.keep(field, sealKey(Number(digit)))
  return whole
}

t.test('keys are kept until the entry is whole, and checked', async (t) => {
  const made = collector(fieldOf('card-number'), fieldOf('security-code'))
  t.ok(key(made, 0, '378282246310005'), 'whole with fifteen')
  t.equal(made.brand, undefined, 'no brand before it is checked')
  t.equal(made.check({ field: 0, second: false }, today), undefined)
  t.equal(made.brand, 'american-express')
  t.notOk(key(made, 1, '123'), 'its code has four')
  t.equal(made.check({ field: 1, second: false }, today), 'invalid-security-code')
  t.ok(key(made, 1, '1234'))
  t.equal(made.check({ field: 1, second: false }, today), undefined)
})

t.test('a card that is forgotten leaves no brand, and a bad one makes none', async (t) => {
  const made = collector(fieldOf('card-number'))
  key(made, 0, '378282246310005')
  made.check({ field: 0, second: false }, today)
  made.forget(0)
  t.equal(made.brand, undefined)
  t.equal(made.span(0).count, 0)
  key(made, 0, '378282246310006')
  t.equal(made.check({ field: 0, second: false }, today), 'invalid-card-number')
  t.equal(made.brand, undefined)
})

t.test('a second entry is compared with the first and overwritten', async (t) => {
  const made = collector(fieldOf('pin', { enterTwice: true }))
  key(made, 0, '1234')
  key(made, 0, '1234', true)
  t.equal(made.entry.count(SECOND), 4)
  t.equal(made.check({ field: 0, second: true }, today), undefined)
  t.equal(made.entry.count(SECOND), 0, 'overwritten')
  t.equal(made.span(0).count, 4, 'the first stays')
  for (const other of ['1235', '123', '12345', '']) {
    key(made, 0, other, true)
    t.equal(made.check({ field: 0, second: true }, today), 'input-matching-failed', other)
    t.equal(made.entry.count(SECOND), 0)
  }
  key(made, 0, '12', true)
  made.open(0, false)
  t.equal(made.entry.count(SECOND), 0, 'both begin anew')
})

t.test('a field has the pattern of its plan', async (t) => {
  const made = collector(fieldOf('digits', { pattern: '1[0-9]*' }))
  key(made, 0, '12')
  t.equal(made.check({ field: 0, second: false }, today), undefined)
  key(made, 0, '22')
  t.equal(made.check({ field: 0, second: false }, today), 'invalid-entry')
})

t.test('what may be told is the first that the flow lets be told, and is there', async (t) => {
  const made = collector(
    fieldOf('account-number', { tell: 'last-four' }),
    fieldOf('card-number', { tell: 'last-four' }),
    fieldOf('pin'),
  )
  t.equal(made.tellable, undefined)
  key(made, 2, '1234')
  t.equal(made.tellable, undefined, 'never a PIN')
  key(made, 1, '5555555555554444')
  made.check({ field: 1, second: false }, today)
  t.match(made.tellable, { span: { count: 16 }, brand: 'mastercard' })
  key(made, 0, '12345678')
  t.match(made.tellable, { span: { count: 8 }, brand: undefined }, 'an account has no brand')
  made.wipe()
  t.equal(made.tellable, undefined)
})

t.test('a key that is none, and a field that there is not, are defects', async (t) => {
  const made = collector(fieldOf('pin'))
  made.open(0, false)
  t.throws(() => made.keep(0, NO_KEY))
  t.throws(() => made.check({ field: 1, second: false }, today))
})
