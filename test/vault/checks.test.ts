import t from 'tap'
import { entryFault, isWhole } from '../../src/vault/checks.ts'
import type { Brand, Field } from '../../src/vault/contract.ts'
import { fieldOf } from './plans.ts'
import { spanOf } from './spans.ts'

const card = fieldOf('card-number')
const expiry = fieldOf('expiry')
const code = fieldOf('security-code')
const digits = fieldOf('digits', { minKeys: 2, maxKeys: 6 })
const terms = (cardBrand?: Brand) => ({
  today: { year: 2026, month: 11 },
  cardBrand,
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
]
for (const [what, of, keys, brand, whole] of wholes) {
  t.test(what, async (t) => t.equal(isWhole(of, spanOf(keys), brand), whole))
}
