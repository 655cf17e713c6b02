import t from 'tap'
import { daysIn } from '../../src/vault/calendar.ts'

t.test('every month has its days, as the calendar of the language has them', async (t) => {
  for (const year of [1896, 1900, 1999, 2000, 2024, 2026, 2100]) {
    for (let month = 1; month <= 12; month++) {
      t.equal(daysIn(year, month), new Date(Date.UTC(year, month, 0)).getUTCDate(), `${year}-${month}`)
    }
  }
})

t.test('there is no month 0 and no month 13', async (t) => {
  for (const month of [0, 13, 99]) t.equal(daysIn(2026, month), 0)
})
