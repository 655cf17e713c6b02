/**
 * The desk in a real browser, with real calls in progress: one server, one browser, several stories, each in a call of its own. Every state is held to WCAG 2.2 AA by axe once, and the number that
 * was keyed is looked for in the end, in the server and in what the pages say.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { until } from '../../src/demo/waiting.ts'
import { axeFinds, type Person, picture, startBrowser } from '../peers/browser.ts'
import { administrationOf, atDesk, FORMS, hireAgents, NO_SECOND_FACTOR, widthOf } from '../peers/desk-people.ts'
import { CANARY, startSotto } from '../peers/sotto.ts'
import { checkClean, dial, type Session, type Talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

/** As a far end may put it into From: markup, a mark that turns the text around, and no end. */
const HOSTILE = `%3Cimg%20src=x%20onerror=alert(1)%3E%E2%80%AE${'9'.repeat(170)}`

/** No test hears a browser; it counts what is played. */
const COUNT_NOTES = `globalThis.notes = 0
const start = OscillatorNode.prototype.start
OscillatorNode.prototype.start = function (at) { globalThis.notes += 1; start.call(this, at) }`

const validation = await startValidationPeer()
t.teardown(() => validation.close())
const sotto = await startSotto(t, {
  validationUrl: `https://127.0.0.1:${validation.port}/`,
  caText: validation.authority,
  more: NO_SECOND_FACTOR,
})
const admin = administrationOf(sotto)
const cookies = await hireAgents(admin)
const browser = await startBrowser(t, ['--autoplay-policy=no-user-gesture-required'])
const agentPhone = await sotto.agent()
const people: Person[] = []

const desk = async (...[cookie, options]: [cookie: string, options?: Parameters<typeof atDesk>[3]]) => {
  const person = await atDesk(browser, sotto, cookie, options)
  people.push(person)
  return person
}
const looksRight = async (t: Test, page: Page, what: string) => {
  t.strictSame(await axeFinds(page), [], `axe: ${what}`)
  await picture(page, `desk-${what}`)
}
const call = async (user?: string): Promise<Talk> => {
  const caller = await sotto.caller(user === undefined ? {} : { user })
  return dial(sotto, caller, agentPhone, '100', sotto.events.length)
}
/** The session that the page has started. */
const started = async (talking: Talk, from: number): Promise<Session> =>
  talking.session(await sotto.event(({ type }) => type === 'secure.requested', 'the session', 20_000, from))
const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' })
const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name })
const hangUp = async (talking: Talk) => {
  await talking.caller.signalling.hangUp()
  await talking.over()
}

const switchFeature = (to: 'on' | 'off') => {
  const file = join(sotto.folder, 'sotto.yaml')
  const text = readFileSync(file, 'utf8').replace(/^ {2}enabled: .*\n/m, '')
  writeFileSync(file, to === 'on' ? text : text.replace(/^secureInput:\n/m, '$&  enabled: false\n'))
  return sotto.server.request('POST', '/api/v1/config/reload')
}

const amy = await desk(cookies.amy)

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
    if (way === 'pasted') await order.fill(`order ${CANARY.replace(/(.{4})/g, '$1 ')}`)
    else await order.pressSequentially(CANARY)
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
  await talking.key(CANARY.slice(0, 6))
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
  await talking.key(`${CANARY.slice(6)}#`)
  await session.enterRest()
  await heading(page, 'Operation successful').waitFor()
  await page.getByText('Discover ending in 9424').waitFor()
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
  await (await started(talking, from)).enter(CANARY)
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
  validation.behave('accept')
  await button(page, 'Retry').click()
  const last = await started(talking, from)
  await last.enter(CANARY)
  await heading(page, 'Operation successful').waitFor()
  t.match(String(validation.requests.at(-1)?.body), /name="amount" value="2"/, 'what was filled in last goes along')
  await hangUp(talking)
  await page.getByText('The call is over.').waitFor()
  await looksRight(t, page, 'over')
  await button(page, 'Close').click()
  await page.getByText('No call.').waitFor()
})

await t.test('keyboard alone: a form is chosen, a field asked for again, the wait ended', async (t) => {
  const { page } = amy
  await admin.change('workgroups', 'payments', { forms: ['order', 'donation'] })
  validation.behave('decline')
  const talking = await call()
  await button(page, 'Secure Input').waitFor()
  const tabTo = async (name: string) => {
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab')
      if (
        await page.evaluate(
          `(document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').includes(${JSON.stringify(name)})`,
        )
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
  await talking.key(`${CANARY}#`)
  await session.enterRest()
  await page.getByText('It was not accepted. What next?').first().waitFor()
  await page.getByText('Time for your decision').waitFor()
  await looksRight(t, page, 'for-the-agent')
  const ordered = sotto.events.length
  await tabTo('Ask for Security code again')
  await page.keyboard.press('Enter')
  await sotto.event(({ type, field }) => type === 'secure.asking' && field === 2, 'asked again', 20_000, ordered)
  await talking.key('456#')
  await page.getByText('It was not accepted. What next?').first().waitFor()
  await tabTo('Back to the caller')
  await page.keyboard.press('Enter')
  await heading(page, 'Declined').waitFor()
  await tabTo('Cancel')
  await page.keyboard.press('Enter')
  await button(page, 'Secure Input').waitFor()
  validation.behave('accept')
  await hangUp(talking)
})

await t.test('a caller with a hostile name, and a second agent who sees nothing of it', async (t) => {
  const ben = await desk(cookies.ben, { colorScheme: 'dark', viewport: { width: 320, height: 700 } })
  await ben.page.getByText('No call.').waitFor()
  await looksRight(t, ben.page, 'second-agent-dark-320')
  const narrow = await desk(cookies.amy, { colorScheme: 'dark', locale: 'de', viewport: { width: 320, height: 700 } })
  const talking = await call(HOSTILE)
  const otherPhone = await sotto.agent()
  const second = await dial(sotto, await sotto.caller(), otherPhone, '100', sotto.events.length)
  const calls = narrow.page.locator('.call')
  await calls.nth(1).waitFor()
  await calls.first().click()
  const shown = await narrow.page.locator('#call-title bdi').innerText()
  t.match(shown, /^<img src=x onerror=alert\(1\)>9+…$/, 'text, short, and the right way round')
  t.equal(await narrow.page.locator('img').count(), 0)
  await looksRight(t, narrow.page, 'hostile-dark-320')
  t.ok((await widthOf(narrow.page)) <= 320)
  await calls.nth(1).click()
  await narrow.page.locator('#call-title', { hasText: '+493012345678' }).waitFor()

  const from = sotto.events.length
  await button(narrow.page, 'Sichere Eingabe').click()
  await button(narrow.page, /^Donation/).click()
  await button(narrow.page, 'An IVR senden').click()
  const session = await started(second, from)
  await session.asked(0)
  await second.key('4111')
  await narrow.page.getByText('4 Ziffern eingegeben').first().waitFor()
  await looksRight(t, narrow.page, 'waiting-dark-320')
  t.ok((await widthOf(narrow.page)) <= 320)
  t.equal(await ben.page.getByText('No call.').count(), 1, 'the second agent sees no call')
  t.equal(
    await ben.page.evaluate(
      `fetch('/api/v1/calls/${talking.callId}', { headers: { 'sotto-request': '1' } }).then(({ status }) => status)`,
    ),
    404,
  )

  for (const pid of sotto.processes().vault) process.kill(pid, 'SIGKILL')
  await heading(narrow.page, 'Nicht abgeschlossen').waitFor()
  await narrow.page.getByText(/Der Prozess, der die Tasten annimmt, endete/).waitFor()
  await looksRight(t, narrow.page, 'vault-lost-de')
  await narrow.page.locator('button.secure:enabled', { hasText: 'Wiederholen' }).waitFor()
  t.pass('it may be tried again as soon as a vault is there again')
  await hangUp(talking)
  await hangUp(second)
  await narrow.page.context().close()
  await ben.page.context().close()
})

await t.test('every gate that is closed says why, in the language of the agent', async (t) => {
  const { page } = amy
  await until(() => sotto.processes().vault.length > 0, 'a vault is there again')
  // Her other browser had the same call before it; what came of it stays here until she has read it.
  await button(page, 'Close').click()
  const closed = async (reason: RegExp) => {
    await page.getByText(reason).waitFor()
    t.equal(await button(page, 'Secure Input').isDisabled(), true, String(reason))
  }
  const askedAgain = async (reason: RegExp) => {
    await button(page, 'Look again').click()
    await closed(reason)
  }
  await admin.change('workgroups', 'payments', { forms: [] })
  const talking = await call()
  await page.getByText('Secure Input cannot be started just now').waitFor()
  await closed(/No workgroup of yours has this form/)
  await looksRight(t, page, 'gate-workgroup')
  for (const form of ['order', 'donation']) await admin.remove('forms', form)
  await askedAgain(/No form is defined/)
  await switchFeature('off')
  await askedAgain(/Secure Input is switched off/)
  await looksRight(t, page, 'gates')
  for (const [language, title] of [
    ['fr', 'La saisie sécurisée ne peut pas commencer maintenant'],
    ['es', 'La entrada segura no puede empezar ahora'],
    ['de', 'Die sichere Eingabe kann gerade nicht beginnen'],
    ['en', 'Secure Input cannot be started just now'],
  ] as const) {
    await page.locator('header select').first().selectOption(language)
    await page.getByText(title).waitFor()
    await picture(page, `desk-gates-${language}`)
  }
  await admin.change('workgroups', 'agents', { rights: { 'secure-input:view': 'deny' } })
  await askedAgain(/You have no right to start Secure Input/)
  await looksRight(t, page, 'gate-right')
  await admin.change('workgroups', 'agents', {
    rights: { 'secure-input:view': 'allow', 'secure-input:start': 'allow' },
  })
  await admin.make('forms', { name: 'order', ...FORMS.order })
  await admin.change('workgroups', 'payments', { forms: ['order'] })
  await page.context().setOffline(true)
  await page.getByText(/No connection to the server/).waitFor()
  await looksRight(t, page, 'off-line')
  await switchFeature('on')
  await page.context().setOffline(false)
  await page.locator('button.secure:enabled').waitFor()
  t.pass('opened meanwhile, and seen as soon as the connection was back')
  await hangUp(talking)
})

await t.test('nothing that was keyed is anywhere, and nothing was complained of', async (t) => {
  for (const { page, complaints } of people) {
    t.strictSame(complaints, [])
    if (page.isClosed()) continue
    const text = await page.evaluate<string>('document.documentElement.outerHTML')
    t.notOk(text.includes(CANARY) || text.includes(CANARY.slice(6)))
  }
  await checkClean(t, sotto)
})
