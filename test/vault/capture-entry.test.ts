/** One entry of one field: rows are sentences. */

import t from 'tap'
import { stepCapture } from '../../src/vault/capture.ts'
import type { CaptureEvent, CaptureState, Run, Turn } from '../../src/vault/capture-terms.ts'
import { ACCOUNT, CARD, CODE, effectsOf, plan, wiped } from './capture-words.ts'

const tried = (run: Run, field: number, times: number): Run => ({
  ...run,
  tries: run.tries.map((tries, at) => (at === field ? times : tries)),
})
const card = (times = 0): Turn => ({ run: tried(CARD, 0, times), field: 0, second: false, extended: 0 })
const account = (times = 0, change: Partial<Turn> = {}): Turn => ({
  run: tried(ACCOUNT, 1, times),
  field: 1,
  second: false,
  extended: 0,
  ...change,
})
const code: Turn = { run: CODE, field: 2, second: false, extended: 0 }
const lapsed = { type: 'lapsed', timer: 'first-key' } as const

const rows: readonly {
  readonly it: string
  readonly from: CaptureState
  readonly on: CaptureEvent
  readonly to: CaptureState
  readonly does: readonly string[]
}[] = [
  {
    it: 'counts the time to the first key from the end of the prompt',
    from: { at: 'asking', ...card(), late: false },
    on: { type: 'played' },
    to: { at: 'listening', ...card(), late: false },
    does: ['arm first-key 10000'],
  },
  {
    it: 'stops the prompt at the first key',
    from: { at: 'asking', ...account(), late: false },
    on: { type: 'digit' },
    to: { at: 'keying', ...account(), keys: 1 },
    does: ['hush', 'disarm first-key', 'arm inter-key 4000', 'keep 1', 'tell progress 1 1'],
  },
  {
    it: 'counts keys, each with its own time to the next',
    from: { at: 'keying', ...card(), keys: 3 },
    on: { type: 'digit' },
    to: { at: 'keying', ...card(), keys: 4 },
    does: ['arm inter-key 3000', 'keep 0', 'tell progress 0 4'],
  },
  {
    it: 'tells of a security code that something was keyed',
    from: { at: 'listening', ...code, late: false },
    on: { type: 'digit' },
    to: { at: 'keying', ...code, keys: 1 },
    does: ['hush', 'disarm first-key', 'arm inter-key 3000', 'keep 2', 'tell progress 2 1'],
  },
  {
    it: 'and of its further keys neither how many there are nor when they came',
    from: { at: 'keying', ...code, keys: 1 },
    on: { type: 'digit' },
    to: { at: 'keying', ...code, keys: 2 },
    does: ['arm inter-key 3000', 'keep 2'],
  },
  {
    it: 'tells that it was cleared',
    from: { at: 'keying', ...code, keys: 2 },
    on: { type: 'clear' },
    to: { at: 'asking', ...code, late: false },
    does: ['disarm inter-key', 'open 2', 'tell progress 2 0', 'play cleared 2 1'],
  },
  {
    it: 'ends an entry with the terminator',
    from: { at: 'keying', ...card(), keys: 16 },
    on: { type: 'terminator' },
    to: { at: 'checking', ...card(), late: false },
    does: ['disarm inter-key', 'check 0'],
  },
  {
    it: 'ends an entry when the next key does not come, and a terminator may still follow',
    from: { at: 'keying', ...card(), keys: 16 },
    on: { type: 'lapsed', timer: 'inter-key' },
    to: { at: 'checking', ...card(), late: true },
    does: ['disarm inter-key', 'check 0'],
  },
  {
    it: 'ends an entry that is whole, and a terminator may still follow',
    from: { at: 'keying', ...card(), keys: 16 },
    on: { type: 'kept', whole: true },
    to: { at: 'checking', ...card(), late: true },
    does: ['disarm inter-key', 'check 0'],
  },
  {
    it: 'swallows a terminator that belongs to the entry before',
    from: { at: 'asking', ...card(), late: true },
    on: { type: 'terminator' },
    to: { at: 'asking', ...card(), late: false },
    does: [],
  },
  {
    it: 'and only one of them',
    from: { at: 'listening', ...card(), late: false },
    on: { type: 'terminator' },
    to: { at: 'checking', ...card(), late: false },
    does: ['hush', 'disarm first-key', 'check 0'],
  },
  {
    it: 'empties an entry on the clear key, for no attempt',
    from: { at: 'keying', ...card(1), keys: 7 },
    on: { type: 'clear' },
    to: { at: 'asking', ...card(1), late: false },
    does: ['disarm inter-key', 'open 0', 'tell progress 0 0', 'play cleared 0 2'],
  },
  {
    it: 'asks again on the clear key when nothing is keyed',
    from: { at: 'listening', ...card(1), late: false },
    on: { type: 'clear' },
    to: { at: 'asking', ...card(1), late: false },
    does: ['disarm first-key', 'open 0', 'tell asking 0 2/3', 'play ask 0 2'],
  },
  {
    it: 'goes back to the agent on the escape key, wiped before anything is said',
    from: { at: 'listening', ...account(), late: false },
    on: { type: 'escape' },
    to: { at: 'telling' },
    does: [...wiped('escaped'), 'play escaped'],
  },
  {
    it: 'gives more time, and counts it from the end of the sentence that says so',
    from: { at: 'listening', ...account(), late: false },
    on: { type: 'more-time' },
    to: { at: 'asking', ...account(0, { extended: 1 }), late: false },
    does: ['disarm first-key', 'tell more-time 1 1', 'play more-time 1 1'],
  },
  {
    it: 'gives it as often as the field allows',
    from: { at: 'listening', ...account(0, { extended: 2 }), late: false },
    on: { type: 'more-time' },
    to: { at: 'listening', ...account(0, { extended: 2 }), late: false },
    does: [],
  },
  {
    it: 'says what was wrong and asks again',
    from: { at: 'checking', ...card(), late: false },
    on: { type: 'checked', fault: 'expired' },
    to: { at: 'asking', ...card(1), late: false },
    does: ['tell refused 0 expired', 'open 0', 'tell asking 0 2/3', 'play expired 0 1, try-again, ask 0 2'],
  },
  {
    it: 'says so before the last attempt',
    from: { at: 'checking', ...card(1), late: true },
    on: { type: 'checked', fault: 'too-short' },
    to: { at: 'asking', ...card(2), late: true },
    does: ['tell refused 0 too-short', 'open 0', 'tell asking 0 3/3', 'play too-short 0 2, last-attempt, ask 0 3'],
  },
  {
    it: 'fails after the last attempt, wiped before anything is said',
    from: { at: 'checking', ...card(2), late: false },
    on: { type: 'checked', fault: 'invalid-card-number' },
    to: { at: 'telling' },
    does: ['tell refused 0 invalid-card-number', ...wiped('too-many-failed-attempts'), 'play too-many-failed-attempts'],
  },
  {
    it: 'counts silence as an attempt',
    from: { at: 'listening', ...card(), late: false },
    on: lapsed,
    to: { at: 'asking', ...card(1), late: false },
    does: ['tell refused 0 timeout', 'open 0', 'tell asking 0 2/3', 'play timeout 0 1, try-again, ask 0 2'],
  },
  {
    it: 'fails for silence when the last attempt was silent',
    from: { at: 'listening', ...card(2), late: false },
    on: lapsed,
    to: { at: 'telling' },
    does: ['tell refused 0 timeout', ...wiped('timeout'), 'play timeout'],
  },
  {
    it: 'has a good entry keyed once more where the field wants it twice',
    from: { at: 'checking', ...account(1), late: true },
    on: { type: 'checked', fault: undefined },
    to: { at: 'asking', ...account(1, { second: true }), late: true },
    does: ['open 1 again', 'tell asking 1 2/3', 'play enter-again 1 2'],
  },
  {
    it: 'checks the second entry against the first',
    from: { at: 'keying', ...account(0, { second: true }), keys: 9 },
    on: { type: 'terminator' },
    to: { at: 'checking', ...account(0, { second: true }), late: false },
    does: ['disarm inter-key', 'check 1 again'],
  },
  {
    it: 'empties the second alone on the clear key',
    from: { at: 'keying', ...account(0, { second: true }), keys: 9 },
    on: { type: 'clear' },
    to: { at: 'asking', ...account(0, { second: true }), late: false },
    does: ['disarm inter-key', 'open 1 again', 'tell progress 1 0', 'play cleared 1 1'],
  },
  {
    it: 'begins both anew when they differ',
    from: { at: 'checking', ...account(0, { second: true }), late: false },
    on: { type: 'checked', fault: 'input-matching-failed' },
    to: { at: 'asking', ...account(1), late: false },
    does: [
      'tell refused 1 input-matching-failed',
      'open 1',
      'tell asking 1 2/3',
      'play input-matching-failed 1 1, try-again, ask 1 2',
    ],
  },
  {
    it: 'begins both anew when the second does not come',
    from: { at: 'listening', ...account(0, { second: true }), late: false },
    on: lapsed,
    to: { at: 'asking', ...account(1), late: false },
    does: ['tell refused 1 timeout', 'open 1', 'tell asking 1 2/3', 'play timeout 1 1, try-again, ask 1 2'],
  },
  {
    it: 'reads back, and tells control only that it does',
    from: { at: 'checking', ...account(1, { second: true }), late: true },
    on: { type: 'checked', fault: undefined },
    to: { at: 'reading', run: tried(ACCOUNT, 1, 1), field: 1, late: true },
    does: ['tell confirming 1', 'read-back 1 2'],
  },
  {
    it: 'does not take the terminator of the entry for a yes to what was not heard yet',
    from: { at: 'reading', run: ACCOUNT, field: 1, late: true },
    on: { type: 'terminator' },
    to: { at: 'reading', run: ACCOUNT, field: 1, late: false },
    does: [],
  },
  {
    it: 'gives time to say yes or no from the end of the question',
    from: { at: 'reading', run: ACCOUNT, field: 1, late: true },
    on: { type: 'played' },
    to: { at: 'confirming', run: ACCOUNT, field: 1 },
    does: ['arm first-key 10000'],
  },
  {
    it: 'takes the entry on a yes',
    from: { at: 'confirming', run: ACCOUNT, field: 1 },
    on: { type: 'terminator' },
    to: { at: 'saying', run: { ...ACCOUNT, step: 5, taken: [0, 1] }, bargeIn: false, late: false },
    does: ['hush', 'disarm first-key', 'tell taken 1', 'play nearly-done'],
  },
  {
    it: 'asks again on a no, for an attempt',
    from: { at: 'reading', run: ACCOUNT, field: 1, late: false },
    on: { type: 'clear' },
    to: { at: 'asking', ...account(1), late: false },
    does: [
      'hush',
      'disarm first-key',
      'tell refused 1 not-confirmed',
      'open 1',
      'tell asking 1 2/3',
      'play not-confirmed 1 1, try-again, ask 1 2',
    ],
  },
  {
    it: 'fails on the last no',
    from: { at: 'confirming', run: tried(ACCOUNT, 1, 2), field: 1 },
    on: { type: 'clear' },
    to: { at: 'telling' },
    does: [
      'hush',
      'disarm first-key',
      'tell refused 1 not-confirmed',
      ...wiped('too-many-failed-attempts'),
      'play too-many-failed-attempts',
    ],
  },
  {
    it: 'takes silence for neither',
    from: { at: 'confirming', run: ACCOUNT, field: 1 },
    on: lapsed,
    to: { at: 'asking', ...account(1), late: false },
    does: ['tell refused 1 timeout', 'open 1', 'tell asking 1 2/3', 'play timeout 1 1, try-again, ask 1 2'],
  },
]
for (const { it, from, on, to, does } of rows) {
  t.test(it, async (t) => {
    t.same(stepCapture(plan, from, on)[0], to)
    t.same(effectsOf(from, on), does)
  })
}
