/**
 * Forms that add-ins draw (PC-79 to PC-88), in a real browser and in a real call: the example, from the number of an order to what the validation service gets; and add-ins that mean harm or were
 * made badly, of which the agent is told, and which reach nothing.
 */

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import t from 'tap'
import { makeAddIns } from '../peers/add-ins.ts'
import { picture } from '../peers/browser.ts'
import { testCard } from '../peers/cards.ts'
import { startOrderService } from '../peers/order-service.ts'
import { checkClean, dial } from '../peers/talk.ts'
import { embeddedFormStory } from './custom-form-embedded.ts'
import { widthOf } from './desk-people.ts'
import { button, CARD, hangUp, heading, looksRight, startDesks, started } from './desk-scene.ts'
import { BUSY, HOSTILES, reaching } from './hostile-add-ins.ts'

t.setTimeout(580_000)

const SECRET = 'a-secret-of-the-order-service'
const FLOW = { type: 'custom', flow: 'card-payment' } as const

const orders = await startOrderService(t)
const addIns = makeAddIns(t, orders.origin)
const authority = join(addIns.folder, 'orders.pem')
writeFileSync(authority, orders.authority)

/** Nobody's: whatever comes here has got out. */
const strayed: string[] = []
const outside = createServer((request, response) => {
  strayed.push(`${request.method} ${request.url}`)
  response.setHeader('access-control-allow-origin', '*')
  response.end('x')
})
outside.listen(0, '127.0.0.1')
await once(outside, 'listening')
t.teardown(() => outside.close())
const away = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`

const desks = await startDesks(t, [
  `addInsFolder: ${addIns.folder}`,
  `lookups: { allowHosts: ["127.0.0.1"], caFile: ${authority} }`,
])
const { sotto, validation, admin, call } = desks
// In letters: no file and no answer of the server has it as digits.
const card = `atob('${btoa(testCard(418).number)}')`
for (const [name, { script }] of Object.entries(HOSTILES))
  addIns.write(name, `const OUTSIDE = '${away}', CARD = ${card}\n${script}`)
addIns.write('hostile-reach', reaching(sotto.server.base, away))
addIns.write('hostile-busy', BUSY)
await sotto.server.request('POST', '/api/v1/add-ins/load')

await admin.make('forms', {
  ...{ name: 'lookup', ...FLOW, component: 'order-lookup', title: 'Order by number' },
  attributes: [{ name: 'currency', value: 'EUR' }],
  secrets: [{ name: 'database_connection_string', value: SECRET }],
})
await admin.change('workgroups', 'payments', { forms: ['lookup'] })
const frameOf = (page: Page) => page.frameLocator('iframe')

/** By keyboard: a click while the page is being scrolled may go to where a frame of another process was. */
const press = (page: Page, name: string) => button(page, name).press('Enter')

/** What of a page tells nobody that it has come. */
async function comes(what: string, isThere: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await isThere()) return
    await pause(100)
  }
  throw new Error(`never: ${what}`)
}

/** From a frame and into it the focus goes from process to process. */
function focusComes(page: Page, to: RegExp): Promise<void> {
  const focused = "(document.activeElement?.textContent || document.activeElement?.tagName) ?? ''"
  return comes(`the focus on ${to}`, async () => to.test(await page.evaluate<string>(focused)))
}

await t.test('an order is looked up, the form turns valid, and the card is keyed', async (t) => {
  const amy = await desks.desk('amy')
  const { page } = amy
  const talking = await call()
  await button(page, 'Secure Input').click()
  await heading(page, /^Order by number – amy – \+493012345678$/).waitFor()
  const order = frameOf(page).getByLabel('Order number')
  await order.waitFor()
  await frameOf(page).getByText('Caller: +493012345678').waitFor()
  t.equal(await page.getByTitle('Order by number').count(), 1, 'the frame has a title')
  const send = button(page, 'Send to IVR')
  t.equal(await send.isDisabled(), true)
  await page.getByText('The form is not complete yet.').waitFor()
  await looksRight(t, page, 'custom-form')

  await heading(page, /^Order by number/).focus()
  await page.keyboard.press('Tab')
  await focusComes(page, /^IFRAME$/)
  // The frame is a process of its own, to which the focus is on its way.
  await frameOf(page).locator('input:focus').waitFor()
  t.pass('into it by keyboard')
  await page.keyboard.type('4711')
  t.equal(await order.inputValue(), '4711')
  await page.keyboard.press('Tab')
  const answered = orders.holdUp()
  await page.keyboard.press('Enter')
  await frameOf(page).getByText('Loading …').waitFor()
  await looksRight(t, page, 'custom-form-loading')
  answered()
  await frameOf(page).getByText('12.5 EUR').waitFor()
  await frameOf(page).getByText('Am Markt 1, 10115 Berlin').waitFor()
  t.match(orders.asked.at(-1), { path: '/api/orders/4711', headers: { authorization: `Bearer ${SECRET}` } })
  await page.locator('button.secure:enabled').waitFor()
  await looksRight(t, page, 'custom-form-complete')
  await page.keyboard.press('Tab')
  await focusComes(page, /^Send to IVR$/)
  t.pass('and out of it')

  await order.fill('404')
  await page.locator('button.secure:disabled').waitFor()
  t.pass('what was found belongs to no other number')
  await order.press('Enter')
  await frameOf(page).getByRole('alert').filter({ hasText: /\w/ }).waitFor()
  await looksRight(t, page, 'custom-form-no-such-order')
  const before = orders.asked.length
  await order.fill(CARD.replace(/(.{4})/g, '$1 '))
  await order.press('Enter')
  await frameOf(page).getByText('There is a card number in it').waitFor()
  t.equal(orders.asked.length, before, 'a card number is looked up nowhere')
  await order.fill('4712')
  await order.press('Enter')
  await page.locator('button.secure:enabled').waitFor()

  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize({ width: 320, height: 700 })
  t.ok((await widthOf(page)) <= 320)
  const ground = () =>
    frameOf(page)
      .locator('body')
      .evaluate((at) => getComputedStyle(at).backgroundColor)
  await comes('the frame dark, too', async () => (await ground()) !== 'rgb(255, 255, 255)')
  await looksRight(t, page, 'custom-form-dark-320')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 800 })

  const from = sotto.events.length
  await send.press('Enter')
  const session = await started(talking, from)
  await session.enter(CARD)
  await heading(page, 'Operation successful').waitFor()
  const sent = String(validation.requests.at(-1)?.body)
  for (const [name, value] of Object.entries({
    order: '4712',
    amount: '12.5',
    address: 'Am Markt 1, 10115 Berlin',
    currency: 'EUR',
  }))
    t.ok(sent.includes(`name="${name}" value="${value}"`), `${name} to the validation service`)
  t.notOk(sent.includes(SECRET))
  t.notOk(sent.includes('margin'))
  t.strictSame(amy.complaints, [])
  t.notOk((await page.content()).includes(SECRET))
  await hangUp(talking)
  await amy.context.close()
})

await t.test('declined, and tried again with other data: the form is opened anew', async (t) => {
  const { page, context } = await desks.desk('amy', { locale: 'de', colorScheme: 'dark' })
  const talking = await call()
  await button(page, 'Sichere Eingabe').click()
  const lookUp = async (number: string) => {
    await frameOf(page).getByLabel('Bestellnummer').fill(number)
    await frameOf(page).getByRole('button', { name: 'Laden' }).press('Enter')
    await page.locator('button.secure:enabled').waitFor()
  }
  await lookUp('1')
  await looksRight(t, page, 'custom-form-german')
  validation.behave('decline')
  let from = sotto.events.length
  await press(page, 'An IVR senden')
  await (await started(talking, from)).enter(CARD)
  await button(page, 'Mit anderen Angaben wiederholen').click()
  validation.behave('accept')
  await lookUp('2')
  from = sotto.events.length
  await press(page, 'An IVR senden')
  await (await started(talking, from)).enter(CARD)
  await heading(page, 'Vorgang erfolgreich').waitFor()
  t.match(String(validation.requests.at(-1)?.body), /name="order" value="2"/)
  await hangUp(talking)
  await context.close()
})

await t.test('what was looked up for one call is still there after another', async (t) => {
  const amy = await desks.desk('amy')
  const { page } = amy
  const first = await call()
  await button(page, 'Secure Input').click()
  await frameOf(page).getByLabel('Order number').fill('4711')
  await frameOf(page).getByLabel('Order number').press('Enter')
  await page.locator('button.secure:enabled').waitFor()
  const second = await dial(
    sotto,
    await sotto.caller({ user: '+493099' }),
    await sotto.agent(),
    '100',
    sotto.events.length,
  )
  const calls = page.locator('.call')
  await calls.filter({ hasText: '+493099' }).click()
  await heading(page, '+493099').waitFor()
  t.equal(await page.locator('iframe').isVisible(), false, 'of one call alone is anything seen')
  t.equal(await heading(page, /^Order by number/).count(), 0)
  await looksRight(t, page, 'custom-form-other-call')
  const asked = orders.asked.length
  await calls.filter({ hasText: '+493012345678' }).click()
  await frameOf(page).getByText('12.5 EUR').waitFor()
  t.equal(await frameOf(page).getByLabel('Order number').inputValue(), '4711')
  t.equal(orders.asked.length, asked, 'and not looked up again')
  await page.locator('button.secure:enabled').waitFor()
  await hangUp(second)
  t.equal(await frameOf(page).getByLabel('Order number').inputValue(), '4711', 'nor lost with the end of the other')
  await hangUp(first)
  await page.locator('iframe').waitFor({ state: 'detached' })
  t.strictSame(amy.complaints, [])
  await amy.context.close()
})

await t.test('add-ins that mean harm or were made badly', async (t) => {
  const names = [...Object.keys(HOSTILES), 'hostile-reach', 'hostile-busy']
  for (const name of names)
    await admin.make('forms', {
      name,
      ...FLOW,
      component: name,
      title: `Form ${name}`,
      attributes: [{ name: 'a', value: 'known' }],
    })
  await admin.change('workgroups', 'payments', { forms: names })
  const { page, context } = await desks.desk('amy')
  const talking = await call()
  const choose = async (name: string) => {
    await button(page, 'Secure Input').click()
    await button(page, `Form ${name}`).click()
    await heading(page, new RegExp(`^Form ${name}`)).waitFor()
  }
  for (const [name, { says }] of Object.entries(HOSTILES)) {
    await t.test(name, async (t) => {
      await choose(name)
      if (says === '') {
        await comes(
          'as high as it may be',
          async () => (await page.locator('iframe').getAttribute('height')) === '1200',
        )
        t.ok((await page.evaluate<number>('document.documentElement.scrollHeight')) < 3000)
      } else {
        await page.getByRole('alert').filter({ hasText: says }).waitFor()
        t.equal(await button(page, 'Send to IVR').isDisabled(), true)
        if (!says.includes('card number')) t.equal(await page.locator('iframe').count(), 0, 'it is there no longer')
        await looksRight(t, page, `custom-form-${name}`)
      }
      await press(page, 'Cancel')
    })
  }

  await t.test('hostile-reach', async (t) => {
    await choose('hostile-reach')
    await page.locator('iframe').waitFor()
    const frame = () => page.frames().find((each) => each.url().includes('/add-ins/hostile-reach/'))
    await comes('every way tried', async () => (await frame()?.evaluate('globalThis.tried?.all')) === 'done')
    const { all, ...tried } = (await frame()?.evaluate<Record<string, string>>('globalThis.tried')) ?? {}
    t.equal(all, 'done')
    t.strictSame(
      Object.entries(tried).filter(([, became]) => became !== 'kept'),
      [],
    )
    t.ok(Object.keys(tried).length > 40)
    t.equal(context.pages().length, 1, 'no other window')
    t.match(page.url(), /\/desk\/$/, 'the desk is where it was')
    await picture(page, 'desk-custom-form-hostile-reach')
    await press(page, 'Cancel')
  })

  await t.test('an add-in that has gone, and is there again', async (t) => {
    const wanted = 'bad-element'
    addIns.remove(wanted)
    await sotto.server.request('POST', '/api/v1/add-ins/load')
    await page.reload()
    await choose(wanted)
    await page.getByRole('alert').filter({ hasText: 'The add-in that draws it is not there.' }).waitFor()
    await looksRight(t, page, 'custom-form-missing')
    const script = `customElements.define('${wanted}', class extends HTMLElement {
      isValid = true
      secureParameters = {}
      connectedCallback() { this.append('Here again.') }
    })`
    addIns.write(wanted, script, { version: '2.0.0' })
    await sotto.server.request('POST', '/api/v1/add-ins/load')
    await press(page, 'Load again')
    await frameOf(page).getByText('Here again.').waitFor()
    await focusComes(page, /^Form bad-element/)
    t.pass('the button has gone, and who pressed it is at the form')
    await page.locator('button.secure:enabled').waitFor()
    await press(page, 'Cancel')
  })

  await t.test('hostile-busy', async () => {
    await choose('hostile-busy')
    await page.getByRole('alert').filter({ hasText: 'The add-in does not answer.' }).waitFor()
    await press(page, 'Cancel')
    await button(page, 'Secure Input').waitFor()
  })
  t.strictSame(strayed, [], 'nothing has got out')
  await hangUp(talking)
  await context.close()
})

await t.test('in a page of another origin, by a token', (t) => embeddedFormStory(t, desks, orders))

await t.test('nothing that was keyed is anywhere, and no secret in a page', async (t) => {
  await checkClean(t, sotto, CARD)
})
