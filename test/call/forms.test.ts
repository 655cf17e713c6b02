/** Forms of the directory at the start of a secure session: which is taken, who may, and what goes along. */

import t from 'tap'
import { callBench, settle } from '../peers/call-bench.ts'
import { type Bodies, ONE_FORM, pictureOf, RIGHTS_OF_AGENTS } from '../peers/pictures.ts'

const token = { startedBy: { by: 'token' } } as const
const filled = [{ name: 'Order number', value: 'A 17' }]

const withForms = (forms: NonNullable<Bodies['forms']>, more: Bodies = {}) =>
  pictureOf({
    ...ONE_FORM,
    forms,
    workgroups: { payments: { members: ['amy'], forms: Object.keys(forms), rights: RIGHTS_OF_AGENTS } },
    ...more,
  })

t.test('the only form is taken at once, with its flow, fields in its order and attributes behind them', async (t) => {
  const order = {
    title: 'Order',
    flow: 'pin-check',
    fields: [{ id: 'name' }, { id: 'amount', type: 'amount', required: true }],
    attributes: [{ name: 'product', value: 'subscription' }],
  }
  const bench = callBench({ directory: () => withForms({ order }) })
  const { callId } = await bench.bridged()
  const fields = [
    { name: 'amount', value: ' 12.50 ' },
    { name: 'name', value: 'Zoë' },
  ]
  const { sessionId } = await bench.calls.startSecureSession(callId, { ...token, fields })
  const [session] = bench.calls.secureSessions(callId)
  t.match(session, { sessionId, flow: { id: 'pin-check' }, form: { name: 'order', revision: 1, title: 'Order' } })
  t.match(
    bench.events.find(({ type }) => type === 'secure.requested'),
    { form: 'order', flow: 'pin-check' },
  )
  await settle()
  t.same(bench.vault.sessions.at(-1)?.begin.plan.inserts, [
    { name: 'name', value: 'Zoë' },
    { name: 'amount', value: '12.50' },
    { name: 'product', value: 'subscription' },
  ])
})

t.test("a form of several languages, and the language of the agent's workgroup for the prompts", async (t) => {
  const order = { title: { de: 'Bestellung', en: 'Order' }, flow: 'pin-check' }
  const group = { members: ['amy'], forms: ['order'], rights: RIGHTS_OF_AGENTS }
  const picture = withForms(
    { order },
    {
      workgroups: { all: { ...group, forms: [], language: 'fr' }, payments: { ...group, language: 'de' } },
    },
  )
  const bench = callBench({ directory: () => picture })
  const { callId } = await bench.bridged()
  await bench.calls.startSecureSession(callId, token)
  t.match(bench.calls.secureSessions(callId), [{ form: { name: 'order', title: 'Order' } }])
  await settle()
  t.same(bench.vault.sessions.at(-1)?.begin.plan.locales, ['de', 'en'], 'of the workgroup that has the form')
})

t.test('of several forms one must be named; a feature code can then start none', async (t) => {
  const form = { flow: 'card-payment' }
  const bench = callBench({ directory: () => withForms({ one: form, two: form }) })
  const { callId } = await bench.bridged()
  t.same(bench.calls.whyNot(callId, token), [], 'no gate is closed: a choice is missing')
  await t.rejects(bench.calls.startSecureSession(callId, token), { code: 'secure.choose-form' })
  await t.rejects(bench.calls.startSecureSession(callId, { ...token, form: 'three' }), { code: 'secure.unknown-form' })
  await bench.calls.startSecureSession(callId, { ...token, form: 'two' })
  t.match(bench.calls.secureSessions(callId), [{ form: { name: 'two' } }])
})

t.test('a form that is not filled in is refused, and nothing is begun', async (t) => {
  const order = {
    flow: 'card-payment',
    fields: [
      { id: 'Order number', required: true },
      { id: 'amount', type: 'amount' },
      { id: 'due', type: 'date' },
      { id: 'tariff', type: 'choice', choices: ['S', 'L'] },
    ],
  }
  const bench = callBench({ directory: () => withForms({ order }) })
  const { callId } = await bench.bridged()
  const rows: [string, { name: string; value: string }[], string][] = [
    ['nothing at all', [], 'secure.form-not-filled'],
    ['spaces', [{ name: 'Order number', value: '  ' }], 'secure.form-not-filled'],
    ['an amount in words', [...filled, { name: 'amount', value: 'ten' }], 'secure.form-not-filled'],
    ['a day that is none', [...filled, { name: 'due', value: '2026-02-30' }], 'secure.form-not-filled'],
    ['a choice of his own', [...filled, { name: 'tariff', value: 'M' }], 'secure.form-not-filled'],
    ['a field that the form has not', [...filled, { name: 'x', value: '1' }], 'secure.unknown-form-field'],
    ['a card number', [{ name: 'Order number', value: '4111 1111 1111 1111' }], 'secure.card-number-in-form'],
  ]
  for (const [sentence, fields, code] of rows) {
    await t.rejects(bench.calls.startSecureSession(callId, { ...token, fields }), { code }, sentence)
  }
  t.same(bench.calls.secureSessions(callId), [])
  const fields = [...filled, { name: 'due', value: '2028-02-29' }, { name: 'tariff', value: 'L' }]
  await bench.calls.startSecureSession(callId, { ...token, fields })
})

t.test(
  'what the component of a custom form gives goes along, by names without case, and no secret of the form',
  async (t) => {
    const order = {
      ...{ type: 'custom', component: 'order-lookup', title: 'Order', flow: 'pin-check' },
      fields: [{ id: 'Amount', type: 'amount', required: true }],
      attributes: [{ name: 'product', value: 'subscription' }],
      secrets: [{ name: 'key', value: 'sealed-somehow' }],
    }
    const bench = callBench({ directory: () => withForms({ order }) })
    const { callId } = await bench.bridged()
    const given = [{ name: 'amount', value: '12.50' }]
    const rows: [string, { name: string; value: string }[], string][] = [
      ['a name twice', [...given, { name: 'AMOUNT', value: '1' }], 'secure.twice-in-form'],
      ['the name of an attribute', [...given, { name: 'Product', value: 'other' }], 'secure.twice-in-form'],
      ['a name that is none', [...given, { name: 'a|b', value: '1' }], 'secure.bad-form'],
      ['a card number', [...given, { name: 'note', value: '4111 1111 1111 1111' }], 'secure.card-number-in-form'],
      ['a declared field that is not filled in', [{ name: 'note', value: '1' }], 'secure.form-not-filled'],
    ]
    for (const [sentence, fields, code] of rows)
      await t.rejects(bench.calls.startSecureSession(callId, { ...token, fields }), { code }, sentence)
    await bench.calls.startSecureSession(callId, { ...token, fields: [{ name: 'address', value: 'Ring 1' }, ...given] })
    await settle()
    t.strictSame(bench.vault.sessions.at(-1)?.begin.plan.inserts, [
      { name: 'Amount', value: '12.50' },
      { name: 'address', value: 'Ring 1' },
      { name: 'product', value: 'subscription' },
    ])
    t.notMatch(JSON.stringify(bench.vault.sessions.at(-1)?.begin), /sealed-somehow/)
  },
)

t.test('a right that is taken away counts from the next session on, and one that runs goes on', async (t) => {
  let picture = pictureOf(ONE_FORM)
  const bench = callBench({ directory: () => picture })
  const { callId } = await bench.bridged()
  const { sessionId } = await bench.calls.startSecureSession(callId, { ...token, fields: filled })
  const denied = { users: { amy: { phone: 'agent', rights: { 'secure-input:start': 'deny' } } } }
  picture = pictureOf({ ...ONE_FORM, ...denied })
  t.match(bench.calls.secureSessions(callId), [{ sessionId, endedAtMs: undefined }])
  t.same(bench.calls.whyNot(callId, { ...token, form: 'order' }).slice(0, 1), ['secure.no-right'])
})

t.test('without a directory everything is as it was', async (t) => {
  const bench = callBench()
  const { callId } = await bench.bridged()
  await bench.calls.startSecureSession(callId, { ...token, fields: [{ name: 'anything', value: 'x' }] })
  t.match(bench.calls.secureSessions(callId), [{ form: undefined, flow: { id: 'card-payment' } }])
})
