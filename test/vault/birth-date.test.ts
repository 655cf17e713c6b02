import t from 'tap'
import { birthDateFault } from '../../src/vault/birth-date.ts'
import { spanOf } from './spans.ts'

const today = { year: 2026, month: 11, day: 26 }
const rows = [
  ['ddmmyyyy', '31011970', undefined, 'a day'],
  ['mmddyyyy', '01311970', undefined, 'a day, month first'],
  ['yyyymmdd', '19700131', undefined, 'a day, year first'],
  ['ddmmyyyy', '01311970', 'invalid-date', 'month 31'],
  ['ddmmyyyy', '29022000', undefined, 'a leap day'],
  ['ddmmyyyy', '29021900', 'invalid-date', 'no leap day'],
  ['ddmmyyyy', '29022001', 'invalid-date', 'a leap day in another year'],
  ['ddmmyyyy', '31041970', 'invalid-date', 'the 31st of April'],
  ['ddmmyyyy', '00041970', 'invalid-date', 'day 0'],
  ['ddmmyyyy', '01001970', 'invalid-date', 'month 0'],
  ['ddmmyyyy', '25112026', undefined, 'yesterday'],
  ['ddmmyyyy', '26112026', 'invalid-date', 'today'],
  ['ddmmyyyy', '01122026', 'invalid-date', 'next month'],
  ['ddmmyyyy', '26111896', undefined, '130 years ago'],
  ['ddmmyyyy', '25111896', 'invalid-date', 'a day more'],
  ['ddmmyyyy', '01010001', 'invalid-date', 'the first year'],
  ['ddmmyyyy', '3101197', 'too-short', 'seven keys'],
  ['ddmmyyyy', '310119700', 'too-long', 'nine keys'],
] as const
for (const [dateOrder, keys, fault, what] of rows) {
  t.test(what, async (t) => t.equal(birthDateFault({ dateOrder }, spanOf(keys), today), fault))
}

t.test('without an order the day is first', async (t) => {
  t.equal(birthDateFault({}, spanOf('31011970'), today), undefined)
})
