import t from 'tap'
import { brandOf, fitsBrandLength, isOneOf, isSurelyWhole, securityCodeDigits } from '../../src/vault/brand.ts'
import { spanOf } from './spans.ts'

const brands = [
  ['4012888888881881', 'visa'],
  ['5555555555554444', 'mastercard'],
  ['2221000000000009', 'mastercard'],
  ['2720990000000007', 'mastercard'],
  ['2220990000000000', 'unknown'],
  ['2721000000000004', 'unknown'],
  ['378282246310005', 'american-express'],
  ['341111111111111', 'american-express'],
  ['30569309025904', 'diners-club'],
  ['3095000000000000', 'diners-club'],
  ['36006666333344', 'diners-club'],
  ['6011000990139424', 'discover'],
  ['6221260000000000', 'unionpay'],
  ['6229250000000000', 'unionpay'],
  ['6445644564456445', 'discover'],
  ['6500000000000002', 'discover'],
  ['6221250000000000', 'unionpay'],
  ['6200000000000005', 'unionpay'],
  ['8171999927660000', 'unionpay'],
  ['3528000000000007', 'jcb'],
  ['3589000000000003', 'jcb'],
  ['3527000000000000', 'unknown'],
  ['5018000000000009', 'maestro'],
  ['6759649826438453', 'maestro'],
  ['1000000000000008', 'unknown'],
  ['9000000000000000', 'unknown'],
  ['', 'unknown'],
] as const
for (const [number, brand] of brands) {
  t.test(`${number === '' ? 'nothing' : `${number.slice(0, 6)}...`} is ${brand}`, async (t) => {
    t.equal(brandOf(spanOf(number)), brand)
  })
}

const lengths = [
  ['4012888888881', 'fits', 'Visa of 13'],
  ['40128888888818', 'too-short', 'Visa of 14: two of 16 are missing'],
  ['4012888888881881', 'fits', 'Visa of 16'],
  ['40128888888818812', 'too-long', 'Visa of 17'],
  ['4012888888881881234', 'fits', 'Visa of 19'],
  ['55555555555544', 'too-short', 'Mastercard of 14'],
  ['55555555555544445', 'too-long', 'Mastercard of 17'],
  ['37828224631000', 'too-short', 'American Express of 14'],
  ['378282246310005', 'fits', 'American Express of 15'],
  ['10000000000', 'too-short', 'unknown of 11'],
  ['100000000000', 'fits', 'unknown of 12'],
  ['10000000000000000000', 'too-long', 'unknown of 20'],
] as const
for (const [number, fits, what] of lengths) {
  t.test(`${what}: ${fits}`, async (t) => t.equal(fitsBrandLength(spanOf(number)), fits))
}

t.test('a UnionPay card that Discover processes is taken where either is', async (t) => {
  for (const number of ['6221260000000000', '6229250000000000']) {
    t.ok(isOneOf(['unionpay'], spanOf(number)))
    t.ok(isOneOf(['visa', 'discover'], spanOf(number)))
    t.notOk(isOneOf(['visa', 'maestro'], spanOf(number)))
  }
  for (const number of ['6221250000000000', '6229260000000000', '8171999927660000']) {
    t.ok(isOneOf(['unionpay'], spanOf(number)))
    t.notOk(isOneOf(['discover'], spanOf(number)), 'outside the range it is UnionPay alone')
  }
  t.notOk(isOneOf(['unionpay'], spanOf('6011000990139424')))
})

t.test('only a brand with one length says when a number is whole', async (t) => {
  t.ok(isSurelyWhole(spanOf('5555555555554444')))
  t.notOk(isSurelyWhole(spanOf('555555555555444')))
  t.ok(isSurelyWhole(spanOf('378282246310005')))
  t.notOk(isSurelyWhole(spanOf('4012888888881881')), 'Visa may have three more')
  t.notOk(isSurelyWhole(spanOf('6011000990139424')))
  t.notOk(isSurelyWhole(spanOf('')))
  t.notOk(isSurelyWhole(spanOf('55')))
})

t.test('the security code has four digits on American Express only', async (t) => {
  t.equal(securityCodeDigits('american-express'), 4)
  for (const brand of ['visa', 'mastercard', 'jcb', 'unknown'] as const) t.equal(securityCodeDigits(brand), 3)
})
