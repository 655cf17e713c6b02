/** A story of the desk about what comes back: what was filled in after a reload, the caller with a reference, and the agent to a page that she had left. */

import type { Test } from 'tap'
import type { Person } from '../peers/browser.ts'
import { DECLARATION } from '../peers/validation-peer.ts'
import { button, CARD, type Desks, hangUp, heading, looksRight, started } from './desk-scene.ts'

const REFERENCE = 'TRK-2026-0815'
const WITH_REFERENCE = `${DECLARATION}\n<outcome value="accepted" details="Booked" reference="${REFERENCE}"/>`
const NAMED = 'Order of Erika Mustermann'
/** Playwright has every page believe that it is looked at. */
const LOOK_AWAY = `document.hasFocus = () => false
globalThis.notes = 0
const start = OscillatorNode.prototype.start
OscillatorNode.prototype.start = function (at) { globalThis.notes += 1; start.call(this, at) }`
const STORED = `Object.entries(sessionStorage).filter(([name]) => name.startsWith('sotto-draft-'))`

const TAG_OCTETS = 16

export async function returnsStory(t: Test, { sotto, validation, call }: Desks, { page }: Person): Promise<void> {
  const stored = () => page.evaluate<[string, string][]>(STORED)
  const talking = await call()
  await button(page, 'Secure Input').click()
  const order = page.getByLabel(/Number of the order/)
  await order.fill(NAMED)
  await page.getByLabel('Amount').fill('9.99')
  await page.getByLabel('Plan').selectOption('Standard')
  const filled = { 'Order number': NAMED, amount: '9.99', plan: 'Standard' }
  const octets = JSON.stringify({ draft: { form: 'order', filled } }).length + TAG_OCTETS
  for (let kept = 0; kept !== octets; ) kept = sealedIn((await stored())[0]).length
  await page.reload()
  await heading(page, /^Order – amy/).waitFor()
  t.equal(await order.inputValue(), NAMED, 'what was filled in is there after a reload')
  t.equal(await page.getByLabel('Amount').inputValue(), '9.99')
  t.equal(await page.getByLabel('Plan').inputValue(), 'Standard')
  const [kept] = await stored()
  t.equal(kept?.[0], `sotto-draft-${talking.callId}`)
  t.notMatch(sealedIn(kept), 'Mustermann', 'sealed')

  await page.evaluate(LOOK_AWAY)
  await page.getByLabel('Sound').uncheck()
  const title = await page.title()
  validation.behave('accept', WITH_REFERENCE)
  const from = sotto.events.length
  await button(page, 'Send to IVR').click()
  const session = await started(talking, from)
  await session.enter(CARD)
  await heading(page, 'Operation successful').waitFor()
  await page.locator('.facts div', { hasText: 'Reference' }).getByText(REFERENCE).waitFor()
  await looksRight(t, page, 'reference')
  t.match(String(validation.requests.at(-1)?.body), NAMED, 'what was filled in before the reload goes along')
  t.equal(await page.title(), `● The caller is back · ${title}`)
  t.equal(await page.evaluate('globalThis.notes'), 0, 'no sound where it is switched off')
  await heading(page, 'Operation successful').click()
  t.equal(await page.title(), title, 'seen')
  await page.getByLabel('Sound').check()
  validation.behave('accept')

  t.equal((await stored()).length, 1, 'kept for another try')
  await hangUp(talking)
  await page.getByText('The call is over.').waitFor()
  t.strictSame(await stored(), [], 'nothing is kept of a call that is over')
  await button(page, 'Close').click()
}

/** @returns the octets that are stored, as characters. */
function sealedIn([, text = '']: readonly string[] = []): string {
  return atob(text.split(' ')[1] ?? '')
}
