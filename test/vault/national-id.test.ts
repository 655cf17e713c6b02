import t from 'tap'
import { isNationalId } from '../../src/vault/national-id.ts'
import { spanOf } from './spans.ts'

const rows = [
  ['us-ssn', '219098888', true, 'a good one'],
  ['us-ssn', '899999999', true, 'the last area'],
  ['us-ssn', '001010001', true, 'the first area'],
  ['us-ssn', '000121234', false, 'area zero'],
  ['us-ssn', '666121234', false, 'area 666'],
  ['us-ssn', '900121234', false, 'an area that is for taxpayers without one'],
  ['us-ssn', '219001234', false, 'group zero'],
  ['us-ssn', '219120000', false, 'serial zero'],
  ['us-ssn', '21909888', false, 'eight digits'],
  ['us-ssn', '2190988881', false, 'ten digits'],
  ['nl-bsn', '111222333', true, 'a good one'],
  ['nl-bsn', '123456782', true, 'another'],
  ['nl-bsn', '10000008', true, 'eight digits, with a zero in front that is not keyed'],
  ['nl-bsn', '123456789', false, 'a sum that eleven does not divide'],
  ['nl-bsn', '000000000', false, 'nothing but zeros'],
  ['nl-bsn', '1112223330', false, 'ten digits'],
  ['se-personnummer', '8112189876', true, 'ten digits'],
  ['se-personnummer', '198112189876', true, 'twelve digits'],
  ['se-personnummer', '8112189875', false, 'a wrong check digit'],
  ['se-personnummer', '7010632391', true, 'a co-ordination number'],
  ['se-personnummer', '8113189875', false, 'month 13'],
  ['se-personnummer', '8102309878', false, 'the 30th of February'],
  ['se-personnummer', '178112189876', false, 'a century too early'],
  ['se-personnummer', '98112189876', false, 'eleven digits'],
] as const
for (const [scheme, keys, good, what] of rows) {
  t.test(`${scheme}: ${what}`, async (t) => t.equal(isNationalId(scheme, spanOf(keys)), good))
}

t.test('a date that does not exist is refused whatever its check digit is', async (t) => {
  for (const date of ['811318', '811300', '810230', '811232', '810061', '811292']) {
    for (let check = 0; check < 10; check++) {
      t.notOk(isNationalId('se-personnummer', spanOf(`${date}987${check}`)), `${date} ${check}`)
    }
  }
})

t.test('a leap day is let pass where it may have been one', async (t) => {
  const goodOnes = (date: string) =>
    Array.from({ length: 10 }, (_, check) => `${date}987${check}`).filter((keys) =>
      isNationalId('se-personnummer', spanOf(keys)),
    ).length
  t.equal(goodOnes('000229'), 1)
  t.equal(goodOnes('010229'), 0)
  t.equal(goodOnes('19000229'), 0, '1900 was no leap year')
  t.equal(goodOnes('20000229'), 1)
})
