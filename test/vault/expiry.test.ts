import t from 'tap'
import { expiryFault, todayAt } from '../../src/vault/expiry.ts'
import { spanOf } from './spans.ts'

const today = { year: 2026, month: 11, day: 26 }
const rows = [
  ['1126', undefined, 'this month is good'],
  ['1226', undefined, 'next month is good'],
  ['0127', undefined, 'next year is good'],
  ['1146', undefined, 'twenty years ahead is good'],
  ['1026', 'expired', 'last month is over'],
  ['1225', 'expired', 'last year is over'],
  ['0100', 'expired', 'the year 2000 is over'],
  ['1247', 'invalid-date', 'more than twenty years ahead is a slip'],
  ['0027', 'invalid-date', 'there is no month 0'],
  ['1327', 'invalid-date', 'there is no month 13'],
  ['9927', 'invalid-date', 'there is no month 99'],
  ['112', 'too-short', 'three keys are too few'],
  ['', 'too-short', 'none is too few'],
  ['11267', 'too-long', 'five keys are too many'],
] as const
for (const [keys, fault, what] of rows) t.test(what, async (t) => t.equal(expiryFault(spanOf(keys), today), fault))

t.test('at the end of a century the next one begins', async (t) => {
  t.equal(expiryFault(spanOf('0105'), { year: 2099, month: 12, day: 1 }), undefined)
  t.equal(expiryFault(spanOf('1198'), { year: 2099, month: 12, day: 1 }), 'expired')
})

t.test('a card is good until its month has ended everywhere', async (t) => {
  t.same(todayAt(Date.UTC(2026, 11, 1, 11, 59)), { year: 2026, month: 11, day: 30 })
  t.same(todayAt(Date.UTC(2026, 11, 1, 12, 0)), { year: 2026, month: 12, day: 1 })
  t.same(todayAt(Date.UTC(2027, 0, 1, 3)), { year: 2026, month: 12, day: 31 })
})
