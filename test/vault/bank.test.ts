import t from 'tap'
import { accountNumberFault, ibanDigits, ibanFault, isAllZeros, routingNumberFault } from '../../src/vault/bank.ts'
import { spanOf } from './spans.ts'

const routing = [
  ['021000021', undefined, 'a bank in New York'],
  ['122105278', undefined, 'a bank in the west'],
  ['322271627', undefined, 'a thrift'],
  ['061000104', undefined, 'a bank in the south'],
  ['021000022', 'invalid-bank-routing-number', 'a wrong check digit'],
  ['120000021', 'invalid-bank-routing-number', 'digits exchanged'],
  ['000000000', 'invalid-bank-routing-number', 'nothing but zeros'],
  ['990000009', 'invalid-bank-routing-number', 'a range that nobody has'],
  ['02100002', 'too-short', 'eight digits'],
  ['0210000211', 'too-long', 'ten digits'],
] as const
for (const [keys, fault, what] of routing) {
  t.test(`routing number: ${what}`, async (t) => t.equal(routingNumberFault(spanOf(keys)), fault))
}

t.test('routing number: every single wrong digit is found', async (t) => {
  const good = '021000021'
  for (let at = 0; at < 9; at++) {
    for (let digit = 0; digit < 10; digit++) {
      const keys = good.slice(0, at) + digit + good.slice(at + 1)
      if (keys !== good) t.equal(routingNumberFault(spanOf(keys)), 'invalid-bank-routing-number', keys)
    }
  }
})

t.test('account numbers are what banks make them, but not zeros', async (t) => {
  t.equal(accountNumberFault(spanOf('0001')), undefined)
  t.equal(accountNumberFault(spanOf('0000')), 'invalid-bank-account-number')
  t.ok(isAllZeros(spanOf('')))
})

// Examples of the registry of ISO 13616, without their letters.
const ibans = [
  ['DE', '89370400440532013000', undefined, 'Germany'],
  ['AT', '611904300234573201', undefined, 'Austria'],
  ['BE', '68539007547034', undefined, 'Belgium'],
  ['ES', '9121000418450200051332', undefined, 'Spain'],
  ['SE', '4550000000058398257466', undefined, 'Sweden'],
  ['NO', '9386011117947', undefined, 'Norway'],
  ['PL', '61109010140000071219812874', undefined, 'Poland'],
  ['AE', '070331234567890123456', undefined, 'the Emirates'],
  ['DE', '88370400440532013000', 'invalid-iban', 'wrong check digits'],
  ['DE', '89370400440532013001', 'invalid-iban', 'a wrong digit'],
  ['DE', '89370400440532010300', 'invalid-iban', 'digits exchanged'],
  ['AT', '893704004405320130', 'invalid-iban', 'letters of another country'],
  ['DE', '8937040044053201300', 'too-short', 'a digit too few'],
  ['DE', '893704004405320130000', 'too-long', 'a digit too many'],
  ['LC', '8', 'too-short', 'a country without a known length, and hardly a digit'],
] as const
for (const [country, keys, fault, what] of ibans) {
  t.test(`IBAN: ${what}`, async (t) => t.equal(ibanFault({ country }, spanOf(keys)), fault))
}

t.test('IBAN: every single wrong digit is found', async (t) => {
  const good = '611904300234573201'
  for (let at = 0; at < good.length; at++) {
    const keys = good.slice(0, at) + ((Number(good[at]) + 1) % 10) + good.slice(at + 1)
    t.equal(ibanFault({ country: 'AT' }, spanOf(keys)), 'invalid-iban', keys)
  }
})

t.test('check digits that no bank gives are refused though the sum comes out', async (t) => {
  // 01 and 98 leave the same when 97 divides them, and so do 02 and 99.
  const rest = '370400440532013'
  for (let tail = 0; tail < 1000; tail++) {
    const keys = (check: string) => `${check}${rest}${String(tail).padStart(3, '0')}`
    if (ibanFault({ country: 'DE' }, spanOf(keys('98'))) === undefined) {
      t.equal(ibanFault({ country: 'DE' }, spanOf(keys('01'))), 'invalid-iban')
      return
    }
  }
  t.fail('no number with 98 was found')
})

t.test('how many digits are keyed', async (t) => {
  t.equal(ibanDigits({ country: 'DE' }), 20)
  t.equal(ibanDigits({ country: 'GB' }), undefined, 'letters within')
  t.equal(ibanDigits({}), undefined)
  t.equal(ibanFault({}, spanOf('89370400440532013000')), 'invalid-iban', 'no country, no check')
})
