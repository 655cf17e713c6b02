import t from 'tap'
import { requestParts } from '../../src/vault/request-parts.ts'
import { planFor } from './bench.ts'
import { fieldOf } from './plans.ts'

t.test('items become parts in their order, an IBAN with its country and an amount with its decimals', async (t) => {
  const plan = {
    ...planFor({ validationPort: 1, authority: '', transactionId: 'T-1' }),
    inserts: [
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ],
    fields: [
      fieldOf('iban', { name: 'account', country: 'DE' }),
      fieldOf('amount', { name: 'sum', decimals: 2 }),
      fieldOf('amount', { name: 'pieces' }),
      fieldOf('pin', { name: 'secret' }),
    ],
  }
  const field = (index: number) => ({ what: 'field', index }) as const
  const insert = (index: number) => ({ what: 'insert', index }) as const
  t.same(requestParts(plan, [field(3), insert(1), field(0), field(1), insert(0), field(2)]), [
    { name: 'secret', field: 3 },
    { name: 'b', value: '2' },
    { name: 'account', field: 0, prefix: 'DE' },
    { name: 'sum', field: 1, decimals: 2 },
    { name: 'a', value: '1' },
    { name: 'pieces', field: 2, decimals: 0 },
  ])
  t.same(requestParts(plan, [field(9), insert(9)]), [], 'nothing of what there is not')
})
