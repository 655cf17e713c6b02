import t from 'tap'
import { passesLuhn } from '../../src/vault/luhn.ts'
import { spanOf } from './spans.ts'

/** Test numbers that the schemes publish. */
const good = [
  '4012888888881881',
  '4111111111111111',
  '5555555555554444',
  '378282246310005',
  '30569309025904',
  '6011000990139424',
  '3530111333300000',
  '18',
  '00',
]
for (const number of good) t.test(`${number} passes`, async (t) => t.ok(passesLuhn(spanOf(number))))

t.test('every other last digit fails', async (t) => {
  for (const number of good) {
    const last = Number(number.at(-1))
    for (let other = 0; other < 10; other++) {
      if (other !== last) t.notOk(passesLuhn(spanOf(number.slice(0, -1) + other)))
    }
  }
})

t.test('nothing, and a single key, fail', async (t) => {
  t.notOk(passesLuhn(spanOf('')))
  t.notOk(passesLuhn(spanOf('0')))
})
