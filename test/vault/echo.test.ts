import t from 'tap'
import { maskEcho } from '../../src/vault/echo.ts'
import { Entry } from '../../src/vault/entry.ts'
import { keyInto } from './spans.ts'

const entry = new Entry()
keyInto(entry, '4012888888881881', '1227', '739')

const rows: readonly [string, string, string][] = [
  ['the whole number', 'card 4012888888881881 refused', 'card **************** refused'],
  ['the number in groups', '4012 8888 8888 1881', '**** **** **** ****'],
  ['the number with dashes', '4012-8888-8888-1881', '****-****-****-****'],
  ['a digit here, a digit there', '4, 0, 1, 2, 8', '*, *, *, *, *'],
  ['five digits out of the middle', 'near 81881.', 'near *****.'],
  ['the first six', 'BIN 401288', 'BIN ******'],
  ['the last four may be said', 'ending in 1881', 'ending in 1881'],
  ['four of them may be said', 'x 4012 x', 'x 4012 x'],
  ['other numbers stay', 'ref 9876543210, 14.55', 'ref 9876543210, 14.55'],
  ['the number inside another', '99401288888888188199', '99****************99'],
  ['a security code alone', 'code 739 wrong', 'code *** wrong'],
  ['a security code inside another number stays', 'ref 47391', 'ref 47391'],
  ['an expiry date', 'until 12/27', 'until **/**'],
  ['an expiry date without stroke', '1227', '****'],
  ['full width digits', '４０１２', '  *  *  *  *'],
  ['Arabic digits', '٤٠١٢', ' * * * *'],
  ['mathematical digits', '𝟒𝟎', '   *   *'],
  ['no digit at all', 'That number was good', 'That number was good'],
  ['nothing', '', ''],
]
for (const [what, text, covered] of rows) {
  t.test(`${what}: ${covered}`, async (t) => {
    const octets = Buffer.from(text)
    maskEcho(octets, 0, octets.length, entry, 3)
    t.equal(octets.toString(), covered)
  })
}

t.test('only what is between the bounds is touched', async (t) => {
  const octets = Buffer.from('4012888888881881')
  maskEcho(octets, 4, 4, entry, 3)
  t.equal(octets.toString(), '4012888888881881')
  maskEcho(octets, 8, 16, entry, 3)
  t.equal(octets.toString(), '40128888********')
})

t.test('a text of very many digits is covered whole', async (t) => {
  const octets = Buffer.from('9'.repeat(2000))
  maskEcho(octets, 0, octets.length, entry, 3)
  t.equal(octets.toString(), '*'.repeat(2000))
})
