/** The capture machine: how the program goes from one thing to the next. */

import t from 'tap'
import { INITIAL_CAPTURE, stepCapture } from '../../src/vault/capture.ts'
import type { CaptureEvent, CapturePlan, CaptureState } from '../../src/vault/capture-terms.ts'
import {
  ACCOUNT,
  accepted,
  CARD,
  CODE,
  DECLINED,
  declined,
  effectsOf,
  plan,
  runAt,
  SENT,
  wiped,
} from './capture-words.ts'
import { fieldOf } from './plans.ts'

const rows: readonly {
  readonly it: string
  readonly from: CaptureState
  readonly on: CaptureEvent
  readonly to: CaptureState
  readonly does: readonly string[]
}[] = [
  {
    it: 'begins with what the program says first',
    from: INITIAL_CAPTURE,
    on: { type: 'began' },
    to: { at: 'saying', run: runAt(1), bargeIn: true, late: false },
    does: ['arm session 300000', 'tell began', 'play welcome'],
  },
  {
    it: 'asks for the first field when that is said, with the insert noted on the way',
    from: { at: 'saying', run: runAt(1), bargeIn: true, late: false },
    on: { type: 'played' },
    to: { at: 'asking', run: CARD, field: 0, second: false, extended: 0, late: false },
    does: ['open 0', 'tell asking 0 1/3', 'play ask 0 1'],
  },
  {
    it: 'takes a key that comes while something is said for the field that follows',
    from: { at: 'saying', run: runAt(1), bargeIn: true, late: false },
    on: { type: 'pressed' },
    to: { at: 'asking', run: CARD, field: 0, second: false, extended: 0, late: false },
    does: ['hush', 'open 0', 'tell asking 0 1/3', 'play ask 0 1', 'press'],
  },
  {
    it: 'takes a terminator there for enough heard, and for nothing else',
    from: { at: 'saying', run: runAt(1), bargeIn: true, late: false },
    on: { type: 'terminator' },
    to: { at: 'asking', run: CARD, field: 0, second: false, extended: 0, late: false },
    does: ['hush', 'open 0', 'tell asking 0 1/3', 'play ask 0 1'],
  },
  {
    it: 'swallows a terminator there that belongs to the entry before',
    from: { at: 'saying', run: runAt(1), bargeIn: true, late: true },
    on: { type: 'terminator' },
    to: { at: 'saying', run: runAt(1), bargeIn: true, late: false },
    does: [],
  },
  {
    it: 'goes on to the next field',
    from: { at: 'checking', run: CARD, field: 0, second: false, extended: 0, late: true },
    on: { type: 'checked', fault: undefined },
    to: { at: 'asking', run: ACCOUNT, field: 1, second: false, extended: 0, late: true },
    does: ['tell taken 0', 'open 1', 'tell asking 1 1/3', 'play ask 1 1'],
  },
  {
    it: 'lets nobody interrupt what is said to the end',
    from: { at: 'saying', run: { ...CODE, step: 5 }, bargeIn: false, late: false },
    on: { type: 'pressed' },
    to: { at: 'saying', run: { ...CODE, step: 5 }, bargeIn: false, late: false },
    does: [],
  },
  {
    it: 'submits what is there, in the order of the program',
    from: { at: 'checking', run: CODE, field: 2, second: false, extended: 0, late: false },
    on: { type: 'checked', fault: undefined },
    to: { at: 'submitting', run: SENT },
    does: ['tell taken 2', 'tell submitting 1', 'play please-wait', 'submit 1: insert 0, field 0, field 1, field 2'],
  },
  {
    it: 'wipes when the service has accepted and the program ends, then tells the caller',
    from: { at: 'submitting', run: SENT },
    on: { type: 'answered', outcome: accepted },
    to: { at: 'telling' },
    does: ['forget 2', ...wiped('accepted'), 'play accepted'],
  },
  {
    it: 'forgets the code right after a verdict that ends nothing, tells of it, and repeats what the program wants repeated',
    from: { at: 'submitting', run: SENT },
    on: { type: 'answered', outcome: declined },
    to: {
      at: 'asking',
      run: { ...SENT, step: 2, taken: [1], repeats: DECLINED.repeats, verdict: declined },
      field: 0,
      second: false,
      extended: 0,
      late: false,
    },
    does: ['forget 2', 'tell answered declined', 'forget 0', 'open 0', 'tell asking 0 1/3', 'play ask 0 1'],
  },
  {
    it: 'asks the agent when nothing is to be repeated any more',
    from: { at: 'submitting', run: { ...SENT, repeats: DECLINED.repeats } },
    on: { type: 'answered', outcome: declined },
    to: { at: 'waiting', run: DECLINED },
    does: ['forget 2', 'tell answered declined', 'tell waiting 60000', 'arm agent 60000', 'play waiting-for-agent'],
  },
  {
    it: 'goes on when the agent says nothing',
    from: { at: 'waiting', run: DECLINED },
    on: { type: 'lapsed', timer: 'agent' },
    to: { at: 'telling' },
    does: [...wiped('declined'), 'play declined'],
  },
]
for (const { it, from, on, to, does } of rows) {
  t.test(it, async (t) => {
    t.same(stepCapture(plan, from, on)[0], to)
    t.same(effectsOf(from, on), does)
  })
}

/** Plans of a few steps, and what becomes of them at once. */
const programs: readonly (readonly [it: string, steps: CapturePlan['steps'], does: readonly string[]])[] = [
  ['a program without a verdict ends without one', [{ do: 'end' }], [...wiped('not-validated'), 'play not-validated']],
  ['a program that is over ends', [], [...wiped('not-validated'), 'play not-validated']],
  [
    'a program that runs in a circle ends, and does not hang',
    [{ do: 'go', to: 0 }],
    [...wiped('internal-error'), 'play internal-error'],
  ],
  [
    'the agent is not asked where there is no verdict',
    [{ do: 'ask-agent', ms: 1000 }],
    [...wiped('not-validated'), 'play not-validated'],
  ],
]
for (const [it, steps, does] of programs) {
  t.test(it, async (t) => {
    t.same(effectsOf(INITIAL_CAPTURE, { type: 'began' }, { ...plan, steps }), [
      'arm session 300000',
      'tell began',
      ...does,
    ])
  })
}

t.test('PIN and one-time code are forgotten after a verdict as the security code is', async (t) => {
  const kinds = ['pin', 'digits', 'one-time-code', 'security-code', 'account-number'] as const
  const of = { ...plan, fields: kinds.map((kind) => fieldOf(kind)) }
  const does = effectsOf({ at: 'submitting', run: SENT }, { type: 'answered', outcome: accepted }, of)
  t.same(does.slice(0, 4), ['forget 0', 'forget 2', 'forget 3', 'wipe'])
})

t.test('a caller who keys ahead through every question is never asked twice', async (t) => {
  const of: CapturePlan = {
    ...plan,
    fields: [fieldOf('card-number'), fieldOf('security-code')],
    steps: [{ do: 'collect', field: 0 }, { do: 'collect', field: 1 }, { do: 'validate' }],
  }
  let [state] = stepCapture(of, INITIAL_CAPTURE, { type: 'began' })
  const take = (event: CaptureEvent) => {
    const [next, ...effects] = stepCapture(of, state, event)
    state = next
    return effects
  }
  for (let key = 1; key <= 16; key++) {
    take({ type: 'digit' })
    take({ type: 'kept', whole: key === 16 })
  }
  take({ type: 'checked', fault: undefined })
  t.same(take({ type: 'terminator' }), [], 'the terminator after a whole number is swallowed')
  for (let key = 1; key <= 3; key++) {
    take({ type: 'digit' })
    take({ type: 'kept', whole: key === 3 })
  }
  t.ok(take({ type: 'checked', fault: undefined }).some((effect) => effect.do === 'submit'))
})
