import t from 'tap'
import { type FeatureCodeState, NO_KEYS, parseFeatureCode, stepFeatureCode } from '../../src/call/feature-code.ts'

const CODE = parseFeatureCode('*71') ?? []
const GAP_MS = 3000

/** Keys one after the other, a second apart or as said. @returns after which keys the code was complete. */
function key(keys: string, gapsMs: readonly number[] = []): number[] {
  let state: FeatureCodeState = NO_KEYS
  let nowMs = 500
  const complete: number[] = []
  for (const [at, each] of [...keys].entries()) {
    nowMs += gapsMs[at] ?? 1000
    const [next, done] = stepFeatureCode(CODE, state, '0123456789*#ABCD'.indexOf(each), nowMs, GAP_MS)
    state = next
    if (done) complete.push(at)
  }
  return complete
}

const rows: readonly (readonly [says: string, keys: string, gapsMs: readonly number[], complete: readonly number[]])[] =
  [
    ['the code by itself', '*71', [], [2]],
    ['a star too many first', '**71', [], [3]],
    ['a false start', '*7*71', [], [4]],
    ['keys before it', '4711*71', [], [6]],
    ['the code twice', '*71*71', [], [2, 5]],
    ['another code', '*72', [], []],
    ['a wrong key inside', '*751', [], []],
    ['a pause as long as allowed', '*71', [0, 3000, 3000], [2]],
    ['a pause that is too long', '*71', [0, 3001, 10], []],
    ['a pause that is too long, then the code', '*7*71', [0, 10, 5000, 10, 10], [4]],
  ]
for (const [says, keys, gapsMs, complete] of rows) {
  t.test(says, async (t) => {
    t.same(key(keys, gapsMs), complete)
  })
}

t.test('a code that begins with its own end is found in the overlap', async (t) => {
  const code = parseFeatureCode('*1*2') ?? []
  let state = NO_KEYS
  const done = Array.from('*1*1*2', (each) => {
    const [next, complete] = stepFeatureCode(code, state, '0123456789*#'.indexOf(each), 1, GAP_MS)
    state = next
    return complete
  })
  t.same(done, [false, false, false, false, false, true])
})

t.test('a code is two to eight keys', async (t) => {
  t.same(parseFeatureCode('*71'), [10, 7, 1])
  t.same(parseFeatureCode('#AD'), [11, 12, 15])
  for (const text of ['', '*', '*7x', '*71 ', '123456789']) t.equal(parseFeatureCode(text), undefined)
})
