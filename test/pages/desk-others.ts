/** Stories of the desk about what others do: a caller's name, another agent, a vault that dies, an administrator who closes gates. */

import type { Test } from 'tap'
import { until } from '../../src/demo/waiting.ts'
import { type Person, picture } from '../peers/browser.ts'
import { dial } from '../peers/talk.ts'
import { FORMS, widthOf } from './desk-people.ts'
import { button, type Desks, hangUp, heading, looksRight, started } from './desk-scene.ts'

/** As a far end may put it into From: markup, a mark that turns the text around, and no end. */
const HOSTILE = `%3Cimg%20src=x%20onerror=alert(1)%3E%E2%80%AE${'9'.repeat(170)}`

export async function strangersStory(t: Test, { sotto, desk, call }: Desks): Promise<void> {
  const ben = await desk('ben', { colorScheme: 'dark', viewport: { width: 320, height: 700 } })
  await ben.page.getByText('No call.').waitFor()
  await looksRight(t, ben.page, 'second-agent-dark-320')
  const narrow = await desk('amy', { colorScheme: 'dark', locale: 'de', viewport: { width: 320, height: 700 } })
  const talking = await call(HOSTILE)
  const otherPhone = await sotto.agent()
  const second = await dial(sotto, await sotto.caller(), otherPhone, '100', sotto.events.length)
  const calls = narrow.page.locator('.call')
  await calls.nth(1).waitFor()
  await calls.first().click()
  const shown = await narrow.page.locator('section.pane h2 bdi').innerText()
  t.match(shown, /^<img src=x onerror=alert\(1\)>9+…$/, 'text, short, and the right way round')
  t.equal(await narrow.page.locator('img').count(), 0)
  await looksRight(t, narrow.page, 'hostile-dark-320')
  t.ok((await widthOf(narrow.page)) <= 320)
  await calls.nth(1).click()
  await narrow.page.locator('section.pane h2', { hasText: '+493012345678' }).waitFor()

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
}

export async function colleagueStory(t: Test, { sotto, desk, phone }: Desks, { page }: Person): Promise<void> {
  const ben = await desk('ben')
  const bensPhone = await sotto.agent({ user: 'agent-2', password: 'agent-password-2' })
  const talking = await dial(sotto, bensPhone, phone, '100', sotto.events.length)
  await page.locator('button.secure:enabled').waitFor()
  await ben.page.getByText('The agent of this call is at the other end').waitFor()
  await looksRight(t, ben.page, 'other-end')
  t.equal(await button(ben.page, 'Secure Input').count(), 0, 'whoever has called has none of it')
  t.equal(
    await ben.page.evaluate(
      `fetch('/api/v1/calls/${talking.callId}/secure-sessions', { method: 'POST', headers: { 'sotto-request': '1' } }).then(({ status }) => status)`,
    ),
    404,
    'nor by the API, with the rights of the other',
  )
  await hangUp(talking)
  await ben.page.getByText('No call.').waitFor()
  await ben.page.context().close()
}

export async function gatesStory(
  t: Test,
  { sotto, admin, call, switchFeature }: Desks,
  { page }: Person,
): Promise<void> {
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
}
