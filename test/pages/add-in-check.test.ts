/** What the desk takes of the frame of an add-in, and what it decides by it. */

import t from 'tap'
import {
  afterMessage,
  asksWithCard,
  isFlood,
  messageIn,
  NO_FLOOD,
  parameterFault,
} from '../../pages/desk/add-in-check.ts'
import { type AddInEvent, type AddInState, LOADING, sendableOf, stepAddIn } from '../../pages/desk/add-in-state.ts'
import { testCard } from '../peers/cards.ts'

const CARD = testCard(31).number
const many = (count: number, of: (at: number) => string = (at) => `n${at}`) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [of(at), 'x']))
const valid = (secureParameters: unknown, isValid: unknown = true) => ({ type: 'valid', isValid, secureParameters })
const lookUp = (more: object = {}) => ({ type: 'look-up', id: 1, name: 'order', values: { order: '4711' }, ...more })

t.test('messages of the known shapes are taken, and nothing else of them', async (t) => {
  const rows: readonly (readonly [unknown, unknown])[] = [
    [{ type: 'ready', more: 1 }, { type: 'ready' }],
    [
      { type: 'refused', reason: 'threw' },
      { type: 'refused', reason: 'threw' },
    ],
    [valid({ Amount: '12.50' }), valid({ Amount: '12.50' })],
    [valid({}, false), valid({}, false)],
    [{ ...lookUp(), more: 1 }, lookUp()],
    [
      { type: 'height', px: 80.4 },
      { type: 'height', px: 80 },
    ],
    [
      { type: 'height', px: 1e9 },
      { type: 'height', px: 1200 },
    ],
    [
      { type: 'height', px: -5 },
      { type: 'height', px: 48 },
    ],
  ]
  for (const [given, taken] of rows) t.strictSame(messageIn(given), taken, JSON.stringify(given))
})

t.test('nothing else is a message', async (t) => {
  const others: readonly unknown[] = [
    ...[undefined, null, 'ready', 1, [], ['ready'], new Map([['type', 'ready']]), {}, { type: 'other' }],
    ...[{ type: 'refused', reason: 'no-reason' }, { type: 'refused' }],
    ...['80', Number.NaN, Number.POSITIVE_INFINITY, undefined].map((px) => ({ type: 'height', px })),
    ...[valid({}, 'yes'), valid({}, 1), valid(undefined), valid([]), valid({ a: 1 }), valid({ a: { b: 'c' } })],
    ...[valid({ '': 'x' }), valid({ [`a${'b'.repeat(64)}`]: 'x' }), valid({ a: 'x'.repeat(1025) })],
    ...[valid(many(31)), lookUp({ values: many(17) })],
    ...[
      lookUp({ id: '1' }),
      lookUp({ id: 1.5 }),
      lookUp({ name: '../../me' }),
      lookUp({ name: '' }),
      lookUp({ name: 1 }),
    ],
    ...[lookUp({ values: undefined }), lookUp({ values: { order: 4711 } })],
  ]
  for (const given of others) t.equal(messageIn(given), undefined, String(JSON.stringify(given)).slice(0, 80))
  t.ok(messageIn(valid(many(30))))
  t.ok(messageIn(valid({ a: 'x'.repeat(1024) })))
})

t.test('what would go along is what the server takes', async (t) => {
  t.equal(parameterFault({ Amount: '12.50', 'Order number': 'A 17', Straße: 'Am Markt 1' }), undefined)
  t.equal(parameterFault({ note: `pays with ${CARD.replace(/(.{4})/g, '$1 ')}` }), 'card-number')
  t.equal(parameterFault({ [CARD]: 'x' }), 'card-number', 'in a name')
  t.equal(parameterFault({ Amount: '1', amount: '2' }), 'bad-parameters', 'one name, twice')
  for (const name of [' a', 'a|b', 'a<b', 'a\nb']) t.equal(parameterFault({ [name]: 'x' }), 'bad-parameters', name)
  for (const value of ['a\nb', 'a\u0000', 'a\uD800', 'a\uFFFE']) t.equal(parameterFault({ a: value }), 'bad-parameters')
  t.equal(asksWithCard({ order: CARD }), true)
  t.equal(asksWithCard({ order: '4711' }), false)
})

t.test('two hundred messages within a second are a flood, and a thousand over a minute are none', async (t) => {
  const after = (count: number, apartMs: number) =>
    Array.from({ length: count }, (_, at) => at * apartMs).reduce(afterMessage, NO_FLOOD)
  t.equal(isFlood(after(200, 1)), false)
  t.equal(isFlood(after(201, 1)), true)
  t.equal(isFlood(after(1000, 60)), false)
})

const said = (given: unknown): AddInEvent => ({ type: 'said', message: messageIn(given) })
const after = (...events: readonly AddInEvent[]): AddInState => {
  let state = LOADING
  for (const event of events) [state] = stepAddIn(state, event)
  return state
}
const LOADED: AddInEvent = { type: 'loaded' }
const READY = said({ type: 'ready' })

t.test('a form opens, and may be sent once it says so', async (t) => {
  t.strictSame(stepAddIn(LOADING, LOADED), [{ at: 'connected', px: 96 }, { do: 'connect' }])
  t.strictSame(stepAddIn(after(LOADED), READY), [{ at: 'opening', px: 96 }, { do: 'open' }])
  const open = after(LOADED, READY, said(valid({}, false)), said({ type: 'height', px: 200 }))
  t.match(open, { at: 'open', px: 200, isValid: false })
  t.equal(sendableOf(open), undefined)
  const [complete] = stepAddIn(open, said(valid({ amount: '1' })))
  t.match(complete, { px: 200 }, 'it stays as high')
  t.strictSame(sendableOf(complete), { amount: '1' })
  t.equal(sendableOf(stepAddIn(complete, said(valid({ amount: CARD })))[0]), undefined, 'and not with a card number')
  t.equal(sendableOf(stepAddIn(complete, said(valid({ amount: '1' }, false)))[0]), undefined)
  t.strictSame(stepAddIn(complete, said(lookUp()))[1], {
    do: 'look-up',
    id: 1,
    name: 'order',
    values: { order: '4711' },
  })
  t.equal(stepAddIn(complete, { type: 'lapsed' })[0], complete, 'who is open may be silent')
})

t.test('whoever does what is not to be done is ended, and stays so', async (t) => {
  const rows: readonly (readonly [string, readonly AddInEvent[]])[] = [
    ['silent', [{ type: 'lapsed' }]],
    ['silent', [LOADED, { type: 'lapsed' }]],
    ['silent', [LOADED, READY, { type: 'lapsed' }]],
    ['left', [LOADED, LOADED]],
    ['left', [LOADED, READY, said(valid({})), LOADED]],
    ['nonsense', [READY]],
    ['nonsense', [LOADED, READY, READY]],
    ['nonsense', [LOADED, said(valid({}))]],
    ['nonsense', [LOADED, said(lookUp())]],
    ['nonsense', [LOADED, READY, said({ type: 'other' })]],
    ['not-defined', [LOADED, READY, said({ type: 'refused', reason: 'not-defined' })]],
    ['threw', [LOADED, READY, said(valid({})), said({ type: 'refused', reason: 'threw' })]],
    ['flood', [LOADED, { type: 'flooded' }]],
  ]
  for (const [why, events] of rows) {
    t.strictSame(after(...events), { at: 'refused', why }, why)
    t.strictSame(after(...events, LOADED, READY, said(valid({}))), { at: 'refused', why })
  }
})
