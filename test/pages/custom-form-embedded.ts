/** A custom form in a desk that stands in a page of another origin. */

import type { Test } from 'tap'
import { newPerson } from '../peers/browser.ts'
import type { OrderService } from '../peers/order-service.ts'
import { pageOf, policyFor, scriptOf, tokenFor } from './desk-embedded.ts'
import { button, CARD, type Desks, hangUp, heading, looksRight, started } from './desk-scene.ts'

export async function embeddedFormStory(t: Test, desks: Desks, orders: OrderService): Promise<void> {
  const { sotto, validation, browser, host, call, admin } = desks
  const { base } = sotto.server
  await admin.change('workgroups', 'payments', { forms: ['lookup'] })
  const { token } = (await (await tokenFor('amy', sotto.server)).json()) as { token: string }
  const body = `<main><h1>Customer</h1><sotto-desk token="${token}" language="fr" scheme="dark"></sotto-desk></main>`
  host.show(pageOf(scriptOf(base), body), `${policyFor(base)}; frame-src ${base}`)
  const embedding = await newPerson(browser, host.origin)
  desks.add(embedding)
  const { page } = embedding
  await page.goto('/')
  const talking = await call()
  await button(page, 'Saisie sécurisée').click()
  const frame = page.frameLocator('iframe')
  await frame.getByLabel('Numéro de commande').fill('77')
  await frame.getByRole('button', { name: 'Charger' }).press('Enter')
  await frame.getByText('12.5 EUR').waitFor()
  t.equal(orders.asked.at(-1)?.path, '/api/orders/77')
  const shown = await frame.locator('body').evaluate((at) => getComputedStyle(at).backgroundColor)
  t.not(shown, 'rgb(255, 255, 255)', 'as dark as the desk that it stands in')
  await looksRight(t, page, 'custom-form-embedded')
  const from = sotto.events.length
  await button(page, 'Envoyer à l’IVR').press('Enter')
  const session = await started(talking, from)
  await session.enter(CARD)
  await heading(page, /réussie/).waitFor()
  t.match(String(validation.requests.at(-1)?.body), /name="order" value="77"/)
  await hangUp(talking)
}
