import fc from 'fast-check'
import t from 'tap'
import { CARD_WORD, maskCardNumbers, maskName, maskNumber } from '../../src/base/mask.ts'

t.test('phone numbers', async (t) => {
  const rows = [
    ['+4930123456', '+********56'],
    ['4930 123-456', '********56'],
    ['200', '***'],
    ['1234', '****'],
    ['12345', '***45'],
    ['', ''],
    ['+', '+'],
    ['alice', ''],
  ] as const
  for (const [number, masked] of rows) t.equal(maskNumber(number), masked, number)
})

t.test('names', async (t) => {
  const rows = [
    ['Alice Liddell', 'A***'],
    [' Özil', 'Ö***'],
    ['', ''],
    ['4111', '***'],
    ['𝒜lice', '𝒜***'],
  ] as const
  for (const [name, masked] of rows) t.equal(maskName(name), masked, name)
})

t.test('card numbers in free text', async (t) => {
  const gone: readonly [string, string][] = [
    ['bare', '4111111111111111'],
    ['in fours', '4111 1111 1111 1111'],
    ['with dashes', '4111-1111-1111-1111'],
    ['with dots', '4111.1111.1111.1111'],
    ['spelled out', '4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1'],
    ['with wide spaces', '4111 - 1111 - 1111 - 1111'.replace(/ - /g, '\u00a0')],
    ['of full width', '４１１１１１１１１１１１１１１１'],
    ['15 digits', '378282246310005'],
    ['13 digits', '4222222222222'],
    ['19 digits', '6304000000000000000'],
    ['with a number before it', '12 4111111111111111'],
    ['with digits stuck to it', '9999994111111111111111'],
  ]
  for (const [name, text] of gone) t.equal(maskCardNumbers(`pay ${text} now`), `pay ${CARD_WORD} now`, name)
  const kept: readonly [string, string][] = [
    ['not Luhn-valid', '4111111111111112'],
    ['too short', '411111111111'],
    ['a phone number', '+49 30 1234567'],
    ['zeros', '0000000000000000'],
    ['a time', '2026-11-23T15:48:13.123Z'],
    ['nothing', ''],
  ]
  for (const [name, text] of kept) t.equal(maskCardNumbers(text), text, name)
  t.equal(
    maskCardNumbers('a 4111111111111111 b 378282246310005', (at) => String(at)),
    'a 2 b 21',
  )
})

t.test('any text comes back, and long runs do not take long', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => typeof maskCardNumbers(text) === 'string'),
    { numRuns: 1000 },
  )
  // Of the processor: on a clock, whatever else runs on the machine would count too.
  const began = process.cpuUsage()
  for (const text of ['1'.repeat(100_000), '1 '.repeat(50_000), `${'1  '.repeat(11)}x`.repeat(3000)])
    maskCardNumbers(text)
  const { user, system } = process.cpuUsage(began)
  t.ok((user + system) / 1000 < 1000)
})
