import t from 'tap'
import type { Field, Plan, PlanStep } from '../../src/vault/contract.ts'
import { type ProgramFlaw, programFlaw } from '../../src/vault/program-flaw.ts'
import { planFor } from './bench.ts'
import { fieldOf } from './plans.ts'

const base = planFor({ validationPort: 1, authority: '', transactionId: 'T-1' })
const withSteps = (...steps: PlanStep[]): Plan => ({ ...base, steps })
const withField = (...given: [Field['kind'], Partial<Field>?]): Plan => ({
  ...base,
  fields: [...base.fields, fieldOf(...given)],
})

const rows: readonly [string, Plan, ProgramFlaw | undefined][] = [
  ['a good plan', base, undefined],
  ['a jump beyond the end', withSteps({ do: 'go', to: 1 }), 'no-such-step'],
  ['a jump to itself', withSteps({ do: 'go', to: 0 }), undefined],
  ['a branch beyond the end', withSteps({ do: 'branch', accepted: 0, declined: 0, failed: 1 }), 'no-such-step'],
  [
    'a repeat from beyond the end',
    withSteps({ do: 'repeat', fields: [0], from: 9, times: 1, otherwise: 0 }),
    'no-such-step',
  ],
  [
    'a repeat that gives up beyond the end',
    withSteps({ do: 'repeat', fields: [0], from: 0, times: 1, otherwise: 9 }),
    'no-such-step',
  ],
  [
    'a repeat of a field that there is not',
    withSteps({ do: 'repeat', fields: [3], from: 0, times: 1, otherwise: 0 }),
    'no-such-field',
  ],
  ['a field that there is not', withSteps({ do: 'collect', field: 3 }), 'no-such-field'],
  ['an insert that there is not', withSteps({ do: 'insert', insert: 1 }), 'no-such-insert'],
  ['a good pattern', withField('digits', { pattern: '[0-9]+' }), undefined],
  ['a bad pattern', withField('digits', { pattern: '[0-9' }), 'pattern'],
  ['an IBAN of no country', withField('iban'), 'field-terms'],
  ['an IBAN of a country', withField('iban', { country: 'DE' }), undefined],
  ['a national id of no scheme', withField('national-id'), 'field-terms'],
  ['a national id of a scheme', withField('national-id', { scheme: 'nl-bsn' }), undefined],
  ['a PIN of which the end is to be told', withField('pin', { tell: 'last-four' }), 'tells-too-much'],
  [
    'a national id of which the end is to be told',
    withField('national-id', { scheme: 'us-ssn', tell: 'last-four' }),
    'tells-too-much',
  ],
  ['an account of which the end is to be told', withField('account-number', { tell: 'last-four' }), undefined],
]
for (const [what, plan, flaw] of rows) t.test(what, async (t) => t.equal(programFlaw(plan), flaw))
