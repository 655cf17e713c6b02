import t from 'tap'
import { aNumber, anyOf, aRecord, aText, optional, theWord } from '../../src/base/shape.ts'

const opened = aRecord({ type: theWord('opened'), id: aNumber, note: optional(aText(3)) })
const closed = aRecord({ type: theWord('closed'), id: aNumber })

t.test('a union of records that have a type takes each by its own alone', async (t) => {
  const either = anyOf(opened, closed)
  t.ok(either({ type: 'opened', id: 1, note: 'abc' }))
  t.ok(either({ type: 'closed', id: 1 }))
  for (const refused of [
    { type: 'closed', id: 1, note: 'abc' },
    { type: 'opened', id: 'one' },
    { type: 'opened' },
    { type: 'other', id: 1 },
    { type: 1, id: 1 },
    { id: 1 },
    ['opened'],
    'opened',
    undefined,
    null,
  ])
    t.notOk(either(refused), JSON.stringify(refused))
})

t.test('one where a shape has none, or two have the same, takes what any of them takes', async (t) => {
  const mixed = anyOf(opened, aNumber)
  t.ok(mixed({ type: 'opened', id: 1 }))
  t.ok(mixed(7))
  t.notOk(mixed({ type: 'closed', id: 1 }))
  const twice = anyOf(closed, aRecord({ type: theWord('closed'), why: aText(9) }))
  t.ok(twice({ type: 'closed', id: 1 }))
  t.ok(twice({ type: 'closed', why: 'over' }))
  t.notOk(twice({ type: 'closed', id: 1, why: 'over' }))
})

t.test('a record has its own members and no others, wherever they come from', async (t) => {
  t.notOk(closed(Object.assign(Object.create({ more: 1 }), { type: 'closed', id: 1 })), 'not by its prototype either')
})
