import t from 'tap'
import { type DigitPattern, parseDigitPattern } from '../../src/base/digit-pattern.ts'
import { areAlike, entryFault, isWhole } from '../../src/vault/checks.ts'
import type { Brand, Field } from '../../src/vault/contract.ts'
import { fieldOf } from './plans.ts'
import { spanOf } from './spans.ts'

const card = fieldOf('card-number')
const expiry = fieldOf('expiry')
const code = fieldOf('security-code')
const digits = fieldOf('digits', { minKeys: 2, maxKeys: 6 })
const terms = (cardBrand?: Brand) => ({
  today: { year: 2026, month: 11, day: 26 },
  cardBrand,
  pattern: undefined,
})

const rows: readonly [string, Field, string, Brand | undefined, ReturnType<typeof entryFault>][] = [
  ['a good Visa is taken', card, '4012888888881881', undefined, undefined],
  ['a wrong check digit is refused', card, '4012888888881882', undefined, 'invalid-card-number'],
  ['a brand that is not allowed is refused', card, '3530111333300000', undefined, 'invalid-card-type'],
  ['a brand that nobody knows is refused', card, '1000000000000008', undefined, 'invalid-card-type'],
  ['eleven keys are too few', card, '40128888888', undefined, 'too-short'],
  ['a Visa of fifteen is too short', card, '401288888888188', undefined, 'too-short'],
  ['a Visa of seventeen is too long', card, '40128888888818811', undefined, 'too-long'],
  ['nothing is too short', card, '', undefined, 'too-short'],
  ['a good date is taken', expiry, '1227', undefined, undefined],
  ['a past date is refused', expiry, '1025', undefined, 'expired'],
  ['a date of month 13 is refused', expiry, '1327', undefined, 'invalid-date'],
  ['three digits fit a Visa', code, '123', 'visa', undefined],
  ['four digits do not fit a Visa', code, '1234', 'visa', 'invalid-security-code'],
  ['four digits fit an American Express', code, '1234', 'american-express', undefined],
  ['three digits do not fit an American Express', code, '123', 'american-express', 'invalid-security-code'],
  ['without a card three digits fit', code, '123', undefined, undefined],
  ['without a card four digits fit', code, '1234', undefined, undefined],
  ['two digits are too few', code, '12', 'visa', 'too-short'],
  ['other digits have lengths only', digits, '000000', undefined, undefined],
  ['and too many are too many', digits, '0000000', undefined, 'too-long'],
]
for (const [what, of, keys, brand, fault] of rows) {
  t.test(what, async (t) => t.equal(entryFault(of, spanOf(keys), terms(brand)), fault))
}

const kinds: readonly [string, Field, string, ReturnType<typeof entryFault>][] = [
  ['a postal code is taken', fieldOf('postal-code'), '90210', undefined],
  ['a postal code of zeros is refused', fieldOf('postal-code'), '00000', 'invalid-postal-code'],
  ['a routing number is taken', fieldOf('routing-number'), '021000021', undefined],
  [
    'a routing number with two digits exchanged is refused',
    fieldOf('routing-number'),
    '012000021',
    'invalid-bank-routing-number',
  ],
  ['an account number is taken', fieldOf('account-number'), '000123456789', undefined],
  ['an account number of zeros is refused', fieldOf('account-number'), '0000000', 'invalid-bank-account-number'],
  ['an IBAN is taken', fieldOf('iban', { country: 'DE' }), '89370400440532013000', undefined],
  ['an IBAN of another country is refused', fieldOf('iban', { country: 'AT' }), '893704004405320130', 'invalid-iban'],
  ['a national id is taken', fieldOf('national-id', { scheme: 'us-ssn' }), '219098888', undefined],
  [
    'a national id of another scheme is refused',
    fieldOf('national-id', { scheme: 'nl-bsn' }),
    '219098889',
    'invalid-national-id',
  ],
  ['a national id of no scheme has no rules', fieldOf('national-id'), '219098888', undefined],
  ['a date of birth is taken', fieldOf('date-of-birth', { dateOrder: 'ddmmyyyy' }), '29022000', undefined],
  [
    'a date of birth to come is refused',
    fieldOf('date-of-birth', { dateOrder: 'ddmmyyyy' }),
    '27112026',
    'invalid-date',
  ],
  ['an amount is taken', fieldOf('amount', { largest: 1455 }), '1455', undefined],
  ['a larger amount is refused', fieldOf('amount', { largest: 1454 }), '1455', 'invalid-amount'],
  ['a PIN may be anything', fieldOf('pin'), '0000', undefined],
  ['a one-time code may be anything', fieldOf('one-time-code'), '000000', undefined],
  ['free digits with a check digit are taken', fieldOf('digits', { luhn: true }), '79927398713', undefined],
  ['free digits with a wrong one are refused', fieldOf('digits', { luhn: true }), '79927398710', 'invalid-entry'],
  [
    'an account number with a wrong check digit is refused by its kind',
    fieldOf('account-number', { luhn: true }),
    '79927398710',
    'invalid-bank-account-number',
  ],
]
for (const [what, of, keys, fault] of kinds) {
  t.test(what, async (t) => t.equal(entryFault(of, spanOf(keys), terms()), fault))
}

t.test('an entry must be like the pattern as well', async (t) => {
  const pattern = parseDigitPattern('12[0-9]{3}') as DigitPattern
  t.equal(entryFault(fieldOf('digits'), spanOf('12345'), { ...terms(), pattern }), undefined)
  t.equal(entryFault(fieldOf('digits'), spanOf('13345'), { ...terms(), pattern }), 'invalid-entry')
  t.equal(entryFault(fieldOf('postal-code'), spanOf('13345'), { ...terms(), pattern }), 'invalid-postal-code')
})

t.test('two entries are alike to their ends, or not', async (t) => {
  t.ok(areAlike(spanOf('1234'), spanOf('1234')))
  for (const other of ['', '123', '12345', '1235', '0234', '4321'])
    t.notOk(areAlike(spanOf('1234'), spanOf(other)), other)
})

const wholes: readonly [string, Field, string, Brand | undefined, boolean][] = [
  ['a Mastercard is whole with sixteen', card, '5555555555554444', undefined, true],
  ['a Visa waits for the terminator', card, '4012888888881881', undefined, false],
  ['every number is whole with the most keys', card, '4012888888881881234', undefined, true],
  ['a date is whole with four', expiry, '1227', undefined, true],
  ['and not with three', expiry, '122', undefined, false],
  ['a code of a Visa is whole with three', code, '123', 'visa', true],
  ['a code of an American Express is not', code, '123', 'american-express', false],
  ['a code of an American Express is whole with four', code, '1234', 'american-express', true],
  ['a code without a card waits', code, '123', undefined, false],
  ['other digits wait', digits, '00000', undefined, false],
  ['a routing number is whole with nine', fieldOf('routing-number', { maxKeys: 12 }), '021000021', undefined, true],
  ['a date of birth is whole with eight', fieldOf('date-of-birth', { maxKeys: 12 }), '29022000', undefined, true],
  [
    'an IBAN is whole at the length of its country',
    fieldOf('iban', { country: 'DE' }),
    '89370400440532013000',
    undefined,
    true,
  ],
  ['an IBAN waits before', fieldOf('iban', { country: 'DE' }), '8937040044053201300', undefined, false],
  [
    'an IBAN of a country of which no length is known waits',
    fieldOf('iban', { country: 'LC' }),
    '8937040044053201300000',
    undefined,
    false,
  ],
]
for (const [what, of, keys, brand, whole] of wholes) {
  t.test(what, async (t) => t.equal(isWhole(of, spanOf(keys), brand), whole))
}
