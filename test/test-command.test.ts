/** The command that runs the tests counts rightly: one that could not fail would hide everything else. */

import t from 'tap'
import { countOf, failuresOf } from '../scripts/test.ts'

const FAILED = `# Subtest: test/a.test.ts
    ok 1 - fine
    not ok 2 - the sound of a sentence
      ---
      diff: |
        -0
        +1
      ...
    ok 3 - fine
    1..3
not ok 1 - test/a.test.ts # time=12ms
ok 2 - test/b.test.ts
# { total: 7, pass: 6, fail: 1 }
`

t.test('a run is counted by its closing comment', async (t) => {
  t.same(countOf(FAILED, 1), { passed: 6, failed: 1 })
  t.same(countOf('# { total: 7, pass: 7 }\n', 0), { passed: 7, failed: 0 })
  t.same(countOf('', 0), { passed: 0, failed: 1 }, 'a run of nothing is a failure')
  t.same(countOf('# { total: 7, pass: 7 }\n', 1), { passed: 7, failed: 1 }, 'so is one that broke off')
})

t.test('what failed is repeated with its explanation, and nothing else', async (t) => {
  t.same(failuresOf(FAILED), [
    '    not ok 2 - the sound of a sentence',
    '      ---',
    '      diff: |',
    '        -0',
    '        +1',
    '      ...',
    'not ok 1 - test/a.test.ts # time=12ms',
  ])
  t.same(failuresOf('ok 1 - fine\n'), [])
})
