/** The administration of forms and workgroups in a real browser: from nothing to an agent who may start, with what is refused, brought together, moved, previewed and removed on the way. */

import t from 'tap'
import { startBrowser } from '../../peers/browser.ts'
import { administer, HOSTILE, startSite } from './administration.ts'

t.setTimeout(300_000)

const FLOWS = new URL('../../../flows/', import.meta.url).pathname
const site = await startSite(t, `secureInput: { flowsFolder: ${FLOWS} }\n`)
const browser = await startBrowser(t)
const { page, complaints, clean, says, alerts, button } = await administer(site, browser)
const open = (place: string) => page.goto(`/admin/#/${place}`)
const field = (at: number) => page.getByRole('group', { name: new RegExp(`^Field ${at}`) })

t.test('a form is made, with a flow that is published, and fields in an order', async (t) => {
  await open('forms')
  await page.getByText('There is no form yet.').waitFor()
  await clean(t, 'forms-empty')
  await page.getByRole('link', { name: 'New form' }).click()
  await page.getByLabel('Name', { exact: true }).fill('order')
  await page.getByLabel('Display name', { exact: true }).fill('Order by phone')
  await page.getByLabel('Title of the dialog', { exact: true }).fill('Order')
  await page.locator('option').filter({ hasText: 'always the newest' }).first().waitFor({ state: 'attached' })
  const offered = await page.getByLabel('Flow', { exact: true }).locator('option').allInnerTexts()
  t.ok(
    offered.some((text) => /card-payment\), always the newest/.test(text)),
    offered.join(' | '),
  )
  await page.getByLabel('Flow', { exact: true }).selectOption('card-payment')
  for (const [at, id] of ['Order number', 'Amount', 'Reason'].entries()) {
    await button('Add a field').press('Enter')
    await page.locator(`.form-fields > li:nth-child(${at + 1}) input:focus`).waitFor()
    // The focus is in the new field already.
    await page.keyboard.type(id)
    t.equal(
      await field(at + 1)
        .getByLabel('Field ID')
        .inputValue(),
      id,
    )
  }
  await field(2).getByLabel('Type').selectOption('amount')
  await field(3).getByLabel('Type').selectOption('choice')
  await field(3).getByLabel('Choices').fill('New order\nOld debt')
  await field(1).getByLabel('Must be filled in').check()
  await page.getByRole('button', { name: 'Move Field 3: Reason up' }).press('Enter')
  await page.locator('[aria-label="Move Field 2: Reason up"]:focus').waitFor()
  await page.keyboard.press('Enter')
  await page.locator('[aria-label="Move Field 1: Reason down"]:focus').waitFor()
  t.equal(await field(1).getByLabel('Field ID').inputValue(), 'Reason', 'moved twice, the focus went along')
  t.ok(
    await page
      .getByRole('button', { name: 'Move Field 1: Reason down' })
      .evaluate((at) => at === document.activeElement),
  )
  await page.getByRole('button', { name: 'Move Field 1: Reason down' }).press('Enter')
  await button('Add an attribute').click()
  await page.getByLabel('Attribute', { exact: true }).fill('Channel')
  await page.getByLabel('Value').fill('phone')
  await page.getByLabel('Notes').fill('Ask Ann before you change it.')
  await clean(t, 'form-new')
  await button('In several languages: Title of the dialog').click()
  await page.getByLabel('Title of the dialog (Deutsch)').fill('Auftrag')
  await clean(t, 'form-languages')
  await button('Make the form').click()
  await says(/Made\. It counts from the next secure session on/)
  const { json } = await site.ask('GET', '/api/v1/directory/forms/order')
  t.match(json, {
    flow: 'card-payment',
    title: { en: 'Order', de: 'Auftrag' },
    fields: [
      { id: 'Order number', required: true },
      { id: 'Reason', type: 'choice', choices: ['New order', 'Old debt'] },
      { id: 'Amount', type: 'amount' },
    ],
    attributes: [{ name: 'Channel', value: 'phone' }],
  })
  await page.getByRole('link', { name: 'What an agent sees' }).click()
  await page.getByLabel('Order number *').waitFor()
  await clean(t, 'form-preview')
})

t.test('what is not right is said where it is; a card number goes nowhere', async (t) => {
  await open('forms/order')
  await field(3).getByLabel('Field ID').fill('Order number')
  await field(2).getByLabel('Choices').fill('')
  await button('Save').click()
  await alerts(/The entry is not right/)
  const wrong = page.locator('.wrong')
  await wrong.first().waitFor()
  t.match((await wrong.allInnerTexts()).join('\n'), /Write a list/)
  await field(2).getByLabel('Choices').fill('New order')
  await button('Save').click()
  await page.getByText('An earlier field has this id.').first().waitFor()
  t.equal(await field(3).getByLabel('Field ID').getAttribute('aria-invalid'), 'true')
  await clean(t, 'form-refused')
  await field(3).getByLabel('Field ID').fill('Amount')
  for (const label of ['Title of the dialog (English)', 'Description', 'Notes', 'Value']) {
    await page.getByLabel(label, { exact: true }).fill(`ring ${HOSTILE.card}`)
    await button('Save').click()
    await page.locator('.wrong').filter({ hasText: 'There is a card number here.' }).waitFor()
    await page.getByLabel(label, { exact: true }).fill('')
  }
  await button('Undo all').click()
  await page.getByLabel('Type', { exact: true }).first().selectOption('custom')
  await page.getByLabel('Component').fill('orderlookup')
  await button('Save').click()
  await alerts(/component/)
  await page.getByLabel('Component').fill('order-lookup')
  await button('Save').click()
  await says(/Saved\./)
  await page.getByRole('link', { name: 'What an agent sees' }).click()
  await page.getByRole('region', { name: 'What an agent sees' }).getByText('order-lookup').waitFor()
  const history = JSON.stringify((await site.ask('GET', '/api/v1/directory/forms/order/history')).json)
  t.notMatch(history, /4111/)
})

t.test('hostile text is text, in the settings, the preview and the history', async (t) => {
  const long = 'W'.repeat(60)
  await site.change('forms', 'order', {
    type: 'simple',
    component: null,
    displayName: HOSTILE.script,
    title: HOSTILE.quotes,
    description: `${HOSTILE.backwards}\n${HOSTILE.longer}`,
    notes: HOSTILE.script,
    fields: [
      { id: long, displayName: HOSTILE.script, type: 'choice', choices: [HOSTILE.quotes, HOSTILE.script] },
      { id: 'x', displayName: HOSTILE.long },
    ],
    attributes: [{ name: 'a', value: HOSTILE.quotes }],
  })
  await page.setViewportSize({ width: 320, height: 640 })
  await page.emulateMedia({ colorScheme: 'dark' })
  for (const [view, text] of [
    ['', 'Order by phone'],
    ['/preview', HOSTILE.quotes],
    ['/history', HOSTILE.script],
  ] as const) {
    await open(`forms/order${view}`)
    await page.getByRole('heading', { name: 'order', exact: true }).waitFor()
    if (view !== '') await page.getByText(text).first().waitFor()
    await clean(t, `form-hostile${view.replace('/', '-')}-dark-320`)
  }
  await open('forms')
  await page.getByText(HOSTILE.script).waitFor()
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 800 })
})

t.test('a workgroup gives forms and rights, and shows what results', async (t) => {
  await site.make('users', { name: 'amy', phone: 'agent', displayName: 'Amy' })
  await site.make('users', { name: 'ben', rights: { 'secure-input:start': 'deny' } })
  await site.make('forms', { name: 'refund', flow: 'card-payment' })
  await open('workgroups')
  await page.getByText('There is no workgroup yet.').waitFor()
  await page.getByRole('link', { name: 'New workgroup' }).click()
  await page.getByLabel('Name', { exact: true }).fill('payments')
  const members = page.getByRole('group', { name: 'Members' })
  await members.getByLabel('Search for a user to add').fill('am')
  await members.getByRole('button', { name: /Add amy/ }).press('Enter')
  await members.getByLabel('Search for a user to add').fill('')
  await members.getByRole('button', { name: 'Add ben' }).click()
  await page.getByRole('group', { name: 'Supervisors' }).getByRole('button', { name: 'Add root' }).click()
  const forms = page.getByRole('group', { name: 'Forms' })
  await forms.getByRole('button', { name: /Add order/ }).click()
  await forms.getByRole('button', { name: 'Add refund' }).click()
  await forms.getByRole('button', { name: 'Move refund up' }).press('Enter')
  await page.getByLabel('See Secure Input: Allow').check()
  await page.getByLabel('Start Secure Input: Allow').check()
  await clean(t, 'workgroup-new')
  await button('Make the workgroup').click()
  await says(/Made\./)
  const { json } = await site.ask('GET', '/api/v1/directory/workgroups/payments')
  t.match(json, { members: ['amy', 'ben'], supervisors: ['root'], forms: ['refund', 'order'] })
  await page.getByRole('link', { name: 'What members may' }).click()
  const results = async (name: string) =>
    page
      .getByRole('row', { name: new RegExp(`^${name} `) })
      .locator('.badge')
      .allInnerTexts()
  await page.getByRole('row', { name: /^amy / }).waitFor()
  t.strictSame(
    [await results('amy'), await results('ben')],
    [
      ['May', 'May'],
      ['May', 'May not'],
    ],
  )
  await clean(t, 'workgroup-matrix')
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByLabel('See Secure Input: Deny').check()
  await page.getByRole('link', { name: 'What members may' }).click()
  await page.getByRole('row', { name: /^amy May not/ }).waitFor()
  t.strictSame(await results('amy'), ['May not', 'May'], 'before it is saved')
  await page.setViewportSize({ width: 320, height: 640 })
  await clean(t, 'workgroup-matrix-320')
  await page.getByRole('link', { name: 'Settings' }).click()
  await clean(t, 'workgroup-320')
  await page.setViewportSize({ width: 1280, height: 800 })
})

t.test('a member who is removed meanwhile, a form that somebody adds, and removal', async (t) => {
  await open('workgroups/payments')
  await site.change('workgroups', 'payments', { forms: ['order'], supervisors: [] })
  await alerts(/Somebody has changed it meanwhile/)
  await clean(t, 'workgroup-meanwhile')
  await button('Take it over, keep mine').click()
  await button('Save').click()
  await says(/Saved\./)
  const { json } = await site.ask('GET', '/api/v1/directory/workgroups/payments')
  t.match(json, { forms: ['order'], supervisors: [], rights: { 'secure-input:view': 'deny' } })
  await open('forms/order')
  await button('Remove').click()
  await page.getByText('its members choose from it').waitFor()
  await clean(t, 'form-referred-to')
  await button('Close').click()
  await open('workgroups/payments')
  await button('Remove').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await says(/payments is removed/)
  await open('forms/order')
  await button('Remove').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await says(/order is removed/)
  t.equal((await site.ask('GET', '/api/v1/directory/forms/order')).status, 404)
  t.strictSame(complaints, [])
})
