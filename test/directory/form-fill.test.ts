import t from 'tap'
import { completed, fillForm } from '../../src/directory/index.ts'

const form = (more: object) => completed('forms', { flow: 'pin-check', ...more })
const simple = form({
  fields: [
    { id: 'Order number', required: true },
    { id: 'amount', type: 'amount' },
  ],
})
const custom = form({
  ...{ type: 'custom', component: 'order-lookup' },
  fields: [
    { id: 'Order number', required: true },
    { id: 'amount', type: 'amount' },
  ],
  attributes: [{ name: 'Shop', value: 'Vienna' }],
})
const filled = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([name, value]) => ({ name, value }))

t.test('a simple form takes its own fields, by their ids as they are', async (t) => {
  t.strictSame(fillForm(simple, filled({ amount: '1', 'Order number': ' 7 ' })), {
    fields: filled({ 'Order number': '7', amount: '1' }),
  })
  t.strictSame(fillForm(simple, filled({ 'order number': '7' })), { refused: 'secure.unknown-form-field', field: 0 })
})

t.test('a custom form takes more than it has fields for, and names without case', async (t) => {
  t.strictSame(fillForm(custom, filled({ 'Delivery address': 'Ring 1', AMOUNT: '12.50', 'ORDER Number': '4711' })), {
    fields: filled({ 'Order number': '4711', amount: '12.50', 'Delivery address': 'Ring 1', Shop: 'Vienna' }),
  })
  t.strictSame(fillForm(custom, filled({ amount: '1' })), { refused: 'secure.form-not-filled', field: 0 })
  t.strictSame(fillForm(custom, filled({ 'Order number': '7', Amount: 'much' })), {
    refused: 'secure.form-not-filled',
    field: 1,
  })
})

t.test('two names that differ in case alone are refused, and those that an administrator has set', async (t) => {
  const order = { 'Order number': '7' }
  for (const twice of [
    { ...order, 'order number': '8' },
    { ...order, a: '1', A: '2' },
    { ...order, Ä: '1', ä: '2' },
  ])
    t.match(fillForm(custom, filled(twice)), { refused: 'secure.twice-in-form', field: Object.keys(twice).length - 1 })
  t.strictSame(fillForm(custom, filled({ ...order, shop: 'Graz' })), { refused: 'secure.twice-in-form', field: 1 })
})

t.test('names have the pattern of those of fields, and there are not more than a session takes along', async (t) => {
  for (const name of ['', ' x', 'a|b', 'a\nb', '<b>', 'x'.repeat(65)])
    t.strictSame(fillForm(custom, filled({ 'Order number': '7', [name]: '1' })), {
      refused: 'secure.bad-form',
      field: 1,
    })
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`more ${at}`, '1']))
  t.match(fillForm(custom, filled({ 'Order number': '7', ...many(28) })), { fields: { length: 30 } })
  t.match(fillForm(custom, filled({ 'Order number': '7', ...many(29) })), { refused: 'secure.bad-form' })
})
