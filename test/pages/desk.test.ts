/**
 * The desk in a real browser, with real calls in progress: one server, one browser, several stories, each in a call of its own. Every state is held to WCAG 2.2 AA by axe once, and the number that
 * was keyed is looked for in the end, in the server and in what the pages say.
 */

import t from 'tap'
import { checkClean } from '../peers/talk.ts'
import { embeddedStory } from './desk-embedded.ts'
import { colleagueStory, gatesStory, strangersStory } from './desk-others.ts'
import { returnsStory } from './desk-returns.ts'
import { button, CARD, hangUp, heading, looksRight, startDesks, started } from './desk-scene.ts'

t.setTimeout(580_000)

/** No test hears a browser; it counts what is played. */
const COUNT_NOTES = `globalThis.notes = 0
const start = OscillatorNode.prototype.start
OscillatorNode.prototype.start = function (at) { globalThis.notes += 1; start.call(this, at) }`

const desks = await startDesks(t)
const { sotto, validation, admin, people, call } = desks
const amy = await desks.desk('amy')

await t.test('a whole session, from an empty desk to the reference', async (t) => {
  const { page } = amy
  await page.getByText('No call.').waitFor()
  await looksRight(t, page, 'no-call')

  const talking = await call()
  await heading(page, /^Call with \+493012345678$/).waitFor()
  await looksRight(t, page, 'talking')
  await button(page, 'Secure Input').click()
  await heading(page, /^Order – amy – \+493012345678$/).waitFor()
  t.pass('one form is taken at once')
  await looksRight(t, page, 'form')

  await button(page, 'Send to IVR').click()
  await page.getByText('Some fields cannot be taken as they are.').waitFor()
  const order = page.getByLabel(/Number of the order/)
  t.equal(await order.evaluate((input) => input === input.ownerDocument.activeElement), true, 'to the first of them')
  await looksRight(t, page, 'form-refused')
  for (const way of ['pasted', 'typed']) {
    if (way === 'pasted') await order.fill(`order ${CARD.replace(/(.{4})/g, '$1 ')}`)
    else await order.pressSequentially(CARD)
    await page.getByRole('alert').filter({ hasText: 'That was a card number.' }).waitFor()
    t.equal(await order.inputValue(), '', `${way}: nothing of it is left`)
  }
  await looksRight(t, page, 'card-number-refused')
  await order.fill('A 17')
  await page.getByLabel('Amount').fill('12.50')
  await page.getByLabel('Plan').selectOption('Express')
  const from = sotto.events.length
  await button(page, 'Send to IVR').click()

  const session = await started(talking, from)
  await heading(page, 'Waiting for caller to complete input …').waitFor()
  await session.asked(0)
  await talking.key(CARD.slice(0, 6))
  await page.getByText('6 digits keyed').first().waitFor()
  t.equal(await page.locator('.dots').innerText(), '●●●●●●')
  await page.getByText('the question, then silence while keying').waitFor()
  await page.getByText('Attempt 1 of 3').first().waitFor()
  await page
    .getByRole('status')
    .filter({ hasText: /^6 digits keyed$/ })
    .waitFor({ state: 'attached' })
  await looksRight(t, page, 'waiting')

  await page.reload()
  await page.evaluate(COUNT_NOTES)
  await page.getByText('6 digits keyed').first().waitFor()
  t.pass('after a reload it goes on where it was')
  await talking.key(`${CARD.slice(6)}#`)
  await session.enterRest()
  await heading(page, 'Operation successful').waitFor()
  await page.getByText(`Visa ending in ${CARD.slice(-4)}`).waitFor()
  await page.getByText('That number was good').waitFor()
  await page.getByRole('status').filter({ hasText: 'The caller is back.' }).waitFor()
  t.equal(await page.evaluate('globalThis.notes'), 2, 'two notes')
  await looksRight(t, page, 'accepted')
  await button(page, 'Close').click()
  await button(page, 'Secure Input').waitFor()
  await page.reload()
  await button(page, 'Secure Input').waitFor()
  t.pass('closed is closed, after a reload too')
  await hangUp(talking)
  await page.getByText('No call.').waitFor()
})

await t.test('declined, and tried again with the same form and with another; then cancelled', async (t) => {
  const { page } = amy
  const talking = await call()
  await button(page, 'Secure Input').click()
  await page.getByLabel(/Number of the order/).fill('B 18')
  await page.getByLabel('Amount').fill('1')
  validation.behave('decline')
  let from = sotto.events.length
  await button(page, 'Send to IVR').click()
  await (await started(talking, from)).enter(CARD)
  await heading(page, 'Declined').waitFor()
  await page.getByText('Not this one').waitFor()
  await looksRight(t, page, 'declined')

  from = sotto.events.length
  await button(page, 'Retry with other data').click()
  t.equal(await page.getByLabel(/Number of the order/).inputValue(), 'B 18', 'what was filled in is there')
  await page.getByLabel('Amount').fill('2')
  await button(page, 'Send to IVR').click()
  const again = await started(talking, from)
  await again.asked(0)
  from = sotto.events.length
  await button(page, 'Cancel Secure Input').click()
  await heading(page, 'Not completed').waitFor()
  await page.getByText('It was cancelled.').waitFor()
  await looksRight(t, page, 'cancelled')
  validation.behave('hang')
  await button(page, 'Retry').click()
  const slow = await started(talking, from)
  await slow.enter(CARD)
  await page.getByText('it cannot be called back').waitFor()
  t.equal(await button(page, 'Cancel Secure Input').isDisabled(), true, 'what was sent cannot be cancelled')
  await looksRight(t, page, 'submitting')
  await page.getByText('ask before you try again').waitFor()
  validation.behave('accept')
  from = sotto.events.length
  await button(page, 'Retry').click()
  const last = await started(talking, from)
  await last.enter(CARD)
  await heading(page, 'Operation successful').waitFor()
  t.match(String(validation.requests.at(-1)?.body), /name="amount" value="2"/, 'what was filled in last goes along')
  await hangUp(talking)
  await page.getByText('The call is over.').waitFor()
  await looksRight(t, page, 'over')
  await button(page, 'Close').click()
  await page.getByText('No call.').waitFor()
})

await t.test('what was filled in, the caller with a reference, and the agent come back', (t) =>
  returnsStory(t, desks, amy),
)

await t.test('keyboard alone: a form is chosen, a field asked for again, the wait ended', async (t) => {
  const { page } = amy
  await admin.change('workgroups', 'payments', { forms: ['order', 'donation'] })
  validation.behave('decline')
  const talking = await call()
  await page.locator('button.secure:enabled').waitFor()
  const tabTo = async (name: string) => {
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab')
      if (
        await page.evaluate((name) => {
          // The page around it, which has the focus at first, has every word within it.
          const at = document.activeElement
          return at instanceof HTMLButtonElement && (at.ariaLabel ?? at.textContent ?? '').includes(name)
        }, name)
      )
        return
    }
    t.fail(`no way to ${name} by keyboard`)
  }
  await tabTo('Secure Input')
  await page.keyboard.press('Enter')
  await heading(page, 'Choose a form').waitFor()
  await looksRight(t, page, 'form-picker')
  await tabTo('Donation')
  await page.keyboard.press('Enter')
  await heading(page, /^Donation – amy/).waitFor()
  await tabTo('Send to IVR')
  const from = sotto.events.length
  await page.keyboard.press('Enter')
  const session = await started(talking, from)
  await session.asked(0)
  await talking.key('411#')
  await session.asked(0, 2)
  await page.getByText('The last entry was not taken: too few digits').waitFor()
  await page.getByText('Attempt 2 of 3').first().waitFor()
  await looksRight(t, page, 'refused-entry')
  await talking.key(`${CARD}#`)
  await session.enterRest()
  await page.getByText('It was not accepted. What next?').first().waitFor()
  await page.getByText('Time for your decision').waitFor()
  await looksRight(t, page, 'for-the-agent')
  const ordered = sotto.events.length
  await tabTo('Ask for Security code again')
  await page.keyboard.press('Enter')
  await sotto.event(({ type, field }) => type === 'secure.asking' && field === 2, 'asked again', 20_000, ordered)
  const whatNext = page.getByText('It was not accepted. What next?').first()
  await whatNext.waitFor({ state: 'detached' })
  await talking.key('456#')
  await sotto.event(({ type }) => type === 'secure.waiting-for-agent', 'asked what next', 20_000, ordered)
  await whatNext.waitFor()
  await tabTo('Back to the caller')
  await page.keyboard.press('Enter')
  await heading(page, 'Declined').waitFor()
  await tabTo('Cancel')
  await page.keyboard.press('Enter')
  await button(page, 'Secure Input').waitFor()
  validation.behave('accept')
  await hangUp(talking)
})

await t.test('a colleague who calls: Secure Input is at the desk of whom he has called', (t) =>
  colleagueStory(t, desks, amy),
)

await t.test('a caller with a hostile name, and a second agent who sees nothing of it', (t) => strangersStory(t, desks))

await t.test('every gate that is closed says why, in the language of the agent', (t) => gatesStory(t, desks, amy))

await t.test('in a page of another origin, by a token', (t) => embeddedStory(t, desks))

await t.test('nothing that was keyed is anywhere, and nothing was complained of', async (t) => {
  for (const { page, complaints } of people) {
    t.strictSame(complaints, [])
    if (page.isClosed()) continue
    const text = await page.evaluate<string>('document.documentElement.outerHTML')
    t.notOk(text.includes(CARD) || text.includes(CARD.slice(6)))
  }
  await checkClean(t, sotto, CARD)
})
