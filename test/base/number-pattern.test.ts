import t from 'tap'
import { matchesNumber } from '../../src/base/number-pattern.ts'

t.test('numbers and beginnings of numbers', async (t) => {
  const rows = [
    ['100', '100', true],
    ['100', '1000', false],
    ['+49*', '+4930', true],
    ['+49*', '+49', true],
    ['+49*', '0049', false],
    ['*', '', true],
    ['*', 'alice', true],
    ['*71', '*71', true],
    ['*71', '71', false],
    ['1.0', '100', false],
    ['[1]', '1', false],
  ] as const
  for (const [pattern, number, fits] of rows) t.equal(matchesNumber(pattern, number), fits, `${pattern} ${number}`)
})
