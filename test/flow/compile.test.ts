import t from 'tap'
import { planOf } from '../../src/flow/compile.ts'
import { readFlow } from '../../src/flow/read.ts'
import { aPlan } from '../../src/vault/contract.ts'
import { VALIDATION } from '../peers/call-bench.ts'
import { defaults, flowText } from './texts.ts'

const form = [
  { name: 'order', value: '17' },
  { name: 'amount due', value: '14.55' },
]

function compiled(text: string, withDesk = true) {
  const reading = readFlow(text)
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems))
  const order = { flow: reading.flow, defaults, transactionId: 'secure-1', form, withDesk, validation: VALIDATION }
  return planOf(order)
}

t.test('what a flow leaves out is that of the configuration', async (t) => {
  const plan = compiled(flowText('steps:', '  - collect: card number', '  - validate'))
  t.ok(aPlan(plan), 'a plan that the vault takes')
  t.match(plan, { transactionId: 'secure-1', locales: ['en'], sessionMs: 300_000, inserts: form })
  t.match(plan.fields, [
    { attempts: 3, firstDigitMs: 15_000, interDigitMs: 5000, allowedBrands: ['visa'], tell: 'last-four', moreTimes: 0 },
  ])
  t.same(plan.fields[0]?.keys, { terminator: 11, clear: 10 })
})

t.test('what a flow says goes before the configuration', async (t) => {
  const plan = compiled(
    flowText(
      'languages: [de, en]',
      'sessionSeconds: 60',
      'fields:',
      '  card number: { attempts: 1, firstDigitSeconds: 9, interDigitSeconds: 2, brands: [jcb], keys: { moreTime: star } }',
      'steps:',
      '  - collect: card number',
      '  - validate',
    ),
  )
  t.ok(aPlan(plan))
  t.match(plan, { locales: ['de', 'en'], sessionMs: 60_000 })
  t.match(plan.fields, [
    {
      attempts: 1,
      firstDigitMs: 9000,
      interDigitMs: 2000,
      allowedBrands: ['jcb'],
      keys: { moreTime: 10 },
      moreTimes: 2,
    },
  ])
})

t.test("the agent's form comes first, and goals move along", async (t) => {
  const plan = compiled(
    flowText(
      'steps:',
      '  - { label: again, collect: pin }',
      '  - insert: { a: 1, b: 2 }',
      '  - validate',
      '  - branch: { accepted: end, failed: end, declined: retry }',
      '  - label: retry',
      '    repeat: pin',
    ),
  )
  t.ok(aPlan(plan))
  t.same(plan.steps, [
    { do: 'insert', insert: 0 },
    { do: 'insert', insert: 1 },
    { do: 'collect', field: 0 },
    { do: 'insert', insert: 2 },
    { do: 'insert', insert: 3 },
    { do: 'validate' },
    { do: 'branch', accepted: 8, declined: 7, failed: 8 },
    { do: 'repeat', fields: [0], from: 2, times: 1, otherwise: 8 },
    { do: 'end' },
  ])
  t.same(
    plan.inserts.map(({ name }) => name),
    ['order', 'amount due', 'a', 'b'],
  )
})

t.test("the agent's form comes where the flow wants it", async (t) => {
  const plan = compiled(flowText('steps:', '  - collect: pin', '  - insert-form', '  - validate'))
  t.same(
    plan.steps.map((step) => step.do),
    ['collect', 'insert', 'insert', 'validate', 'end'],
  )
})

t.test('nobody waits for an agent who has no desk', async (t) => {
  const text = flowText(
    'steps:',
    '  - collect: pin',
    '  - validate',
    '  - branch: { accepted: end }',
    '  - ask-agent: 20',
  )
  t.same(compiled(text).steps.at(-2), { do: 'ask-agent', ms: 20_000 })
  const plan = compiled(text, false)
  t.same(plan.steps.at(-2), { do: 'go', to: plan.steps.length - 1 })
})
