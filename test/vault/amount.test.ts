import t from 'tap'
import { amountFault } from '../../src/vault/amount.ts'
import { spanOf } from './spans.ts'

const rows = [
  ['1', 1, undefined, 'the most'],
  ['1455', 1455, undefined, 'the most, of four digits'],
  ['1454', 1455, undefined, 'a little less'],
  ['1456', 1455, 'invalid-amount', 'a little more'],
  ['2000', 1455, 'invalid-amount', 'more in the first digit'],
  ['999', 1455, undefined, 'fewer digits'],
  ['10000', 9999, 'invalid-amount', 'more digits'],
  ['00001455', 1455, undefined, 'zeros in front'],
  ['00011455', 1455, 'invalid-amount', 'zeros in front of too much'],
  ['0', 1455, 'invalid-amount', 'nothing'],
  ['000', 1455, 'invalid-amount', 'nothing, three times'],
  [
    '9999999999999999999999999999999999999999',
    undefined,
    undefined,
    'as much as can be keyed, where nothing is too much',
  ],
  ['9999999999999999999999999999999999999999', 999_999_999_999, 'invalid-amount', 'and where something is'],
] as const
for (const [keys, largest, fault, what] of rows) {
  t.test(what, async (t) => t.equal(amountFault(largest === undefined ? {} : { largest }, spanOf(keys)), fault))
}
