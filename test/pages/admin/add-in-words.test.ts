/** How the administration says how add-ins stand. */

import t from 'tap'
import { type AddIn, componentChoices, healthOf, loadingOf, stateOf } from '../../../pages/admin/add-ins/words.ts'

const anAddIn = (more: Partial<AddIn> = {}): AddIn => ({
  ...{ name: 'order-lookup', version: '1.0.0', title: 'Order lookup', attributes: [], lookups: [], forms: [] },
  ...{ state: 'loaded', problems: [], health: { count: 0, failed: 0 } },
  ...more,
})
const { version: _, ...never } = anAddIn({ state: 'refused' })

t.test('one that is refused says what is in use meanwhile', async (t) => {
  t.strictSame(stateOf(anAddIn()), { text: 'Loaded', look: 'good' })
  t.strictSame(stateOf(anAddIn({ state: 'refused' })), { text: 'Refused; version 1.0.0 stays in use', look: 'warn' })
  t.strictSame(stateOf(never), { text: 'Refused', look: 'bad' })
  t.equal(loadingOf([anAddIn(), never]), 'Loaded: 1. Refused: 1.')
  t.equal(loadingOf([anAddIn()]), 'Loaded: 1.')
})

t.test('lookups are counted, and what failed of them', async (t) => {
  const went = (count: number, failed: number) => healthOf(anAddIn({ health: { count, failed } }))
  t.equal(went(0, 0), undefined)
  t.strictSame(went(3, 0), { text: '3 asked, none failed', look: 'good' })
  t.match([went(3, 1), went(3, 3)], [{ look: 'warn' }, { look: 'bad' }])
})

t.test('a form is offered what is in use', async (t) => {
  t.strictSame(componentChoices([anAddIn(), never]), [
    { value: 'order-lookup', text: 'Order lookup (order-lookup), version 1.0.0' },
  ])
})
