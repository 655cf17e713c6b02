import t from 'tap'
import { cardPlan } from '../../src/call/card-flow.ts'
import { aPlan } from '../../src/vault/contract.ts'
import { VALIDATION } from '../peers/call-bench.ts'

const flow = {
  fieldNames: { cardNumber: 'credit card', expiryDate: 'expiry date', securityCode: 'CVC' },
  locale: 'en',
  attempts: 3,
  allowedBrands: ['visa'] as const,
  firstDigitMs: 15_000,
  interDigitMs: 5000,
  sessionMs: 300_000,
  validation: VALIDATION,
}

t.test('the plan is one that the vault takes', async (t) => {
  const plan = cardPlan(flow, 'secure-bcd', [{ name: 'order', value: '17' }])
  t.ok(aPlan(plan))
  t.same(
    plan.fields.map((field) => `${field.name}: ${field.kind} ${field.minKeys}-${field.maxKeys}`),
    ['credit card: card-number 13-19', 'expiry date: expiry 4-4', 'CVC: security-code 3-4'],
  )
  t.match(plan, {
    transactionId: 'secure-bcd',
    locales: ['en'],
    inserts: [{ name: 'order', value: '17' }],
  })
  t.match(plan.fields[0], { keys: { terminator: 11, clear: 10 }, firstDigitMs: 15_000, interDigitMs: 5000 })
  t.same(
    plan.fields.map(({ tell, allowedBrands }) => `${tell} ${allowedBrands.join()}`),
    ['last-four visa', 'nothing ', 'nothing '],
    'the last four of the card alone may be told',
  )
  t.same(
    plan.steps.map((step) => step.do),
    ['say', 'insert', 'collect', 'collect', 'collect', 'validate', 'end'],
  )
})

t.test('nothing but name and value of the form goes along', async (t) => {
  const field = { name: 'order', value: '17', extra: 'no' }
  t.same(cardPlan(flow, 'secure-bcd', [field]).inserts, [{ name: 'order', value: '17' }])
})
