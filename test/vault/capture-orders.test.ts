/** What the agent may order, and where it has a meaning. */

import t from 'tap'
import { stepCapture } from '../../src/vault/capture.ts'
import type { CaptureState } from '../../src/vault/capture-terms.ts'
import type { Order } from '../../src/vault/contract.ts'
import { ACCOUNT, CARD, CODE, DECLINED, effectsOf, plan, SENT, wiped } from './capture-words.ts'

const turn = { second: false, extended: 0 } as const
const keyingCode: CaptureState = { at: 'keying', run: CODE, field: 2, ...turn, keys: 2 }
const waiting: CaptureState = { at: 'waiting', run: DECLINED }
const askingAgain = ['hush', 'disarm first-key', 'disarm inter-key']

const rows: readonly {
  readonly it: string
  readonly from: CaptureState
  readonly order: Order
  readonly to: CaptureState
  readonly does: readonly string[]
}[] = [
  {
    it: 'a field is asked for again right away, and what was half keyed is overwritten',
    from: keyingCode,
    order: { what: 'again', fields: [0] },
    to: { at: 'asking', run: { ...CODE, taken: [1], again: [0] }, field: 0, ...turn, late: false },
    does: [...askingAgain, 'forget 0', 'forget 2', 'open 0', 'tell asking 0 1/3', 'play ask 0 1'],
  },
  {
    it: 'several are asked for in the order of the agent',
    from: keyingCode,
    order: { what: 'again', fields: [1, 0] },
    to: { at: 'asking', run: { ...CODE, taken: [], again: [1, 0] }, field: 1, ...turn, late: false },
    does: [...askingAgain, 'forget 1', 'forget 0', 'forget 2', 'open 1', 'tell asking 1 1/3', 'play ask 1 1'],
  },
  {
    it: 'the field that is being keyed may be among them',
    from: { at: 'listening', run: { ...CARD, tries: [2, 0, 0] }, field: 0, ...turn, late: false },
    order: { what: 'again', fields: [0] },
    to: { at: 'asking', run: { ...CARD, again: [0] }, field: 0, ...turn, late: false },
    does: [...askingAgain, 'forget 0', 'open 0', 'tell asking 0 1/3', 'play ask 0 1'],
  },
  {
    it: 'what is read back may be asked for again instead',
    from: { at: 'reading', run: ACCOUNT, field: 1, late: false },
    order: { what: 'again', fields: [1] },
    to: { at: 'asking', run: { ...ACCOUNT, again: [1] }, field: 1, ...turn, late: false },
    does: [...askingAgain, 'forget 1', 'open 1', 'tell asking 1 1/3', 'play ask 1 1'],
  },
  {
    it: 'everything is asked for from the first field on',
    from: keyingCode,
    order: { what: 'again-all' },
    to: { at: 'asking', run: { ...CODE, step: 2, taken: [] }, field: 0, ...turn, late: false },
    does: [...askingAgain, 'forget 0', 'forget 1', 'forget 2', 'open 0', 'tell asking 0 1/3', 'play ask 0 1'],
  },
  {
    it: 'after a verdict a field is asked for again, and the program goes on from there',
    from: waiting,
    order: { what: 'again', fields: [1] },
    to: { at: 'asking', run: { ...DECLINED, step: 3, taken: [0] }, field: 1, ...turn, late: false },
    does: ['hush', 'disarm agent', 'forget 1', 'open 1', 'tell asking 1 1/3', 'play ask 1 1'],
  },
  {
    it: 'after a verdict everything is asked for again',
    from: waiting,
    order: { what: 'again-all' },
    to: { at: 'asking', run: { ...DECLINED, step: 2, taken: [] }, field: 0, ...turn, late: false },
    does: ['hush', 'disarm agent', 'forget 0', 'forget 1', 'forget 2', 'open 0', 'tell asking 0 1/3', 'play ask 0 1'],
  },
  {
    it: 'after a verdict the agent lets the program go on',
    from: waiting,
    order: { what: 'go-on' },
    to: { at: 'telling' },
    does: ['hush', 'disarm agent', ...wiped('declined'), 'play declined'],
  },
]
for (const { it, from, order, to, does } of rows) {
  t.test(it, async (t) => {
    t.same(stepCapture(plan, from, { type: 'ordered', order })[0], to)
    t.same(effectsOf(from, { type: 'ordered', order }), does)
  })
}

const meaningless: readonly [string, CaptureState, Order][] = [
  [
    'a field that was never asked for',
    { at: 'keying', run: CARD, field: 0, ...turn, keys: 1 },
    { what: 'again', fields: [1] },
  ],
  [
    'a field that was asked for and one that was not',
    { at: 'keying', run: ACCOUNT, field: 1, ...turn, keys: 1 },
    { what: 'again', fields: [0, 2] },
  ],
  ['no field at all', keyingCode, { what: 'again', fields: [] }],
  ['a field that there is not', keyingCode, { what: 'again', fields: [15] }],
  ['to go on while the caller keys', keyingCode, { what: 'go-on' }],
  ['anything while the service is asked', { at: 'submitting', run: SENT }, { what: 'again-all' }],
  ['anything while something is said', { at: 'saying', run: CARD, bargeIn: true, late: false }, { what: 'again-all' }],
  ['anything once it is over', { at: 'telling' }, { what: 'again-all' }],
]
for (const [what, from, order] of meaningless) {
  t.test(`an order has no effect: ${what}`, async (t) => {
    t.same(stepCapture(plan, from, { type: 'ordered', order }), [from])
  })
}

t.test('the field that was interrupted is asked for anew after the others, with the attempts it had', async (t) => {
  const from: CaptureState = { at: 'keying', run: { ...CODE, tries: [0, 0, 0] }, field: 2, ...turn, keys: 2 }
  let [state] = stepCapture(plan, from, { type: 'ordered', order: { what: 'again', fields: [0] } })
  ;[state] = stepCapture(plan, state, { type: 'digit' })
  ;[state] = stepCapture(plan, state, { type: 'kept', whole: true })
  const [next, ...effects] = stepCapture(plan, state, { type: 'checked', fault: undefined })
  t.match(next, { at: 'asking', field: 2, run: { step: 5, again: [], taken: [1, 0] } })
  t.ok(effects.some((effect) => effect.do === 'open' && effect.field === 2))
})

t.test('an order within an order puts its fields first, and those that were left after them', async (t) => {
  const [first] = stepCapture(plan, keyingCode, { type: 'ordered', order: { what: 'again', fields: [0, 1] } })
  const [second] = stepCapture(plan, first, { type: 'ordered', order: { what: 'again', fields: [2] } })
  t.match(second, { at: 'asking', field: 2, run: { again: [2, 0, 1], taken: [] } })
})
