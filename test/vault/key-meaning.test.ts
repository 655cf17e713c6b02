import t from 'tap'
import type { CaptureState } from '../../src/vault/capture-terms.ts'
import { sealKey } from '../../src/vault/key.ts'
import { keyMeaning } from '../../src/vault/key-meaning.ts'
import { ACCOUNT, plan, runAt, SENT } from './capture-words.ts'
import { fieldOf } from './plans.ts'

const turn = { run: ACCOUNT, field: 1, second: false, extended: 0 } as const
const unkeyed: CaptureState = { at: 'listening', ...turn, late: false }
const keyed: CaptureState = { at: 'keying', ...turn, keys: 1 }
const reading: CaptureState = { at: 'reading', run: ACCOUNT, field: 1, late: false }

const rows = [
  ['a digit', unkeyed, 5, 'digit'],
  ['the terminator', unkeyed, 11, 'terminator'],
  ['the clear key', unkeyed, 10, 'clear'],
  ['the escape key while nothing is keyed', unkeyed, 12, 'escape'],
  ['the escape key while something is', keyed, 12, 'other'],
  ['the key for more time while nothing is keyed', unkeyed, 13, 'more-time'],
  ['the key for more time while something is', keyed, 13, 'other'],
  ['a key that means nothing', unkeyed, 14, 'other'],
  ['the escape key while the entry is read back', reading, 12, 'other'],
  ['the clear key while the entry is read back', reading, 10, 'clear'],
  ['a digit while something is said', { at: 'saying', run: runAt(1), bargeIn: true, late: false }, 5, 'pressed'],
  [
    'a terminator while something is said',
    { at: 'saying', run: runAt(1), bargeIn: true, late: false },
    11,
    'terminator',
  ],
  ['a digit while the service is asked', { at: 'submitting', run: SENT }, 5, 'other'],
] as const
for (const [what, state, code, meaning] of rows) {
  t.test(what, async (t) => t.equal(keyMeaning(plan, state, sealKey(code)), meaning))
}

t.test('one key may be clear while something is keyed, and something else before', async (t) => {
  for (const [name, meaning] of [
    ['escape', 'escape'],
    ['moreTime', 'more-time'],
  ] as const) {
    const of = { fields: [fieldOf('pin'), fieldOf('pin', { keys: { terminator: 11, clear: 10, [name]: 10 } })] }
    t.equal(keyMeaning(of, unkeyed, sealKey(10)), meaning)
    t.equal(keyMeaning(of, keyed, sealKey(10)), 'clear')
  }
  const of = { fields: [fieldOf('pin'), fieldOf('pin', { keys: { terminator: 11, escape: 11 } })] }
  t.equal(keyMeaning(of, unkeyed, sealKey(11)), 'escape')
  t.equal(keyMeaning(of, keyed, sealKey(11)), 'terminator')
  t.equal(keyMeaning(of, keyed, sealKey(10)), 'other', 'no clear key')
})

t.test('digits that may not be keyed mean nothing', async (t) => {
  const of = { fields: [fieldOf('pin'), fieldOf('digits', { validKeys: '12' })] }
  t.same(
    Array.from({ length: 10 }, (_, code) => keyMeaning(of, unkeyed, sealKey(code))),
    ['other', 'digit', 'digit', ...Array.from({ length: 7 }, () => 'other')],
  )
})
