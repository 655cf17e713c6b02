/** The administration of users in a real browser: made, changed, changed by two at once, refused, let in, removed; by keyboard; and who may not come in. */

import t from 'tap'
import { startBrowser } from '../../peers/browser.ts'
import { oneTimeCode } from '../../people/one-time-code.ts'
import { administer, HOSTILE, logIn, lookAt, startSite } from './administration.ts'
import { savingStories } from './users-saving.ts'

t.setTimeout(300_000)

const site = await startSite(t)
const browser = await startBrowser(t)
const person = await administer(site, browser)
const { page, complaints, clean, says, alerts, button } = person
const open = (place: string) => page.goto(`/admin/#/${place}`)
/** Does something between Amy's Save and the server, once. A page that is still reading her is let through: its GET has the same address. */
const beforeNextSave = async (act: () => Promise<unknown>) => {
  const waiting = [act]
  await page.route('**/api/v1/directory/users/amy', async (route) => {
    if (route.request().method() === 'PUT') await waiting.pop()?.()
    await route.continue()
  })
}

t.test('a user is made by keyboard alone, given a password, and logs in with it', async (t) => {
  await open('users')
  await page.getByRole('link', { name: 'root' }).waitFor()
  await clean(t, 'users')
  await page.getByRole('link', { name: 'New user' }).press('Enter')
  await page.getByLabel('Name', { exact: true }).fill('amy')
  await page.keyboard.press('Tab')
  await page.keyboard.type('Amy Agent')
  await page.keyboard.press('Tab')
  await page.keyboard.type('agent')
  await clean(t, 'user-new')
  await page.keyboard.press('Enter')
  await says(/Made\. It counts from the next request on/)
  await page.getByText('There is none yet').waitFor()
  await clean(t, 'user-way-in')
  await page.getByLabel('New password').fill('amy')
  await page.keyboard.press('Enter')
  await page.getByText('The password is too short.').waitFor()
  t.equal(await page.getByLabel('New password').getAttribute('aria-invalid'), 'true')
  await button('Make one').press('Enter')
  const password = await page.getByLabel('New password').inputValue()
  t.match(password, /^(?:[a-z2-9]{4}-){4}[a-z2-9]{4}$/)
  await button('Set the password').press('Enter')
  await says(/The password is set/)
  const login = await site.ask('POST', '/api/v1/login', { name: 'amy', password }, { 'sotto-request': '1' })
  t.equal(login.status, 200)
  t.equal(login.json['mustDo'], 'change-password')
})

t.test('log-ins are seen and ended', async (t) => {
  await open('users/amy/way-in')
  await page.reload()
  await page.getByRole('rowheader', { name: '127.0.0.1' }).waitFor()
  await button('End every log-in').click()
  await clean(t, 'user-end-log-ins')
  await button('End them').click()
  await says(/Ended: 1/)
  await page.getByText('The user is logged in nowhere.').waitFor()
})

t.test('a lost second factor is taken away', async (t) => {
  const person = await logIn(site, browser, 'amy')
  const headers = { 'sotto-request': '1' }
  const begun = await person.context.request.post('/api/v1/me/second-factor', { headers })
  const data = { code: oneTimeCode((await begun.json()).key, Date.now()) }
  t.ok((await person.context.request.post('/api/v1/me/second-factor/confirm', { headers, data })).ok())
  await open('users/amy/way-in')
  await page.reload()
  await page.getByText('Set up, with 10 recovery codes left.').waitFor()
  await button('Take the second factor away').click()
  await clean(t, 'user-second-factor')
  await button('Take it away').click()
  await says(/The second factor is taken away/)
  t.equal((await person.context.request.get('/api/v1/me')).status(), 401, 'the log-in has ended')
  await person.context.close()
})

t.test('who is disabled is out at once', async (t) => {
  const person = await logIn(site, browser, 'amy')
  t.equal((await person.context.request.get('/api/v1/me')).status(), 200)
  await open('users/amy')
  for (const [act, status, badge] of [
    ['check', 401, 'Disabled'],
    ['uncheck', 401, 'Enabled'],
  ] as const) {
    await page.getByLabel('Disabled')[act]()
    await button('Save').click()
    await says(/Saved\. It counts from the next request on/)
    t.equal((await person.context.request.get('/api/v1/me')).status(), status)
    await page.getByRole('link', { name: 'All users' }).click()
    await page.getByRole('row', { name: /amy/ }).getByText(badge).waitFor()
    await open('users/amy')
  }
  await person.context.close()
})

t.test('what two change at once is brought together, or one of them decides', async (t) => {
  await open('users/amy')
  const shown = page.getByLabel('Display name')
  await shown.waitFor()
  await site.change('users', 'amy', { phone: 'agent-2' })
  await page.waitForFunction(() => [...document.querySelectorAll('input')].some(({ value }) => value === 'agent-2'))
  t.ok(true, 'what is not touched here is taken over at once')

  await shown.fill('Amy of root')
  await site.change('users', 'amy', { phone: 'agent-3' })
  await alerts(/Somebody has changed it meanwhile/)
  await clean(t, 'user-meanwhile')
  await button('Take it over, keep mine').click()
  t.equal(await page.getByLabel('Phone').inputValue(), 'agent-3')
  await button('Save').click()
  await says(/Saved\./)
  const { json } = await site.ask('GET', '/api/v1/directory/users/amy')
  t.match(json, { displayName: 'Amy of root', phone: 'agent-3' })
})

t.test('a save that comes too late is refused, and nothing is lost', async (t) => {
  await open('users/amy')
  await beforeNextSave(() => site.change('users', 'amy', { displayName: 'Amy of somebody' }))
  await page.getByLabel('Display name').fill('Amy of mine')
  await button('Save').click()
  await alerts(/You changed this too: Display name/)
  t.match(await page.locator('.meanwhile').innerText(), /Amy of somebody/)
  await clean(t, 'user-412')
  await button('Keep mine, take theirs elsewhere').click()
  await button('Save').click()
  await says(/Saved\./)
  t.equal((await site.ask('GET', '/api/v1/directory/users/amy')).json['displayName'], 'Amy of mine')
})

t.test('what is refused is said at its field', async (t) => {
  await site.make('users', { name: 'ben', phone: 'agent-9' })
  await open('users/amy')
  await page.getByLabel('Phone').fill('agent-9')
  await button('Save').click()
  await alerts(/The entry is not right/)
  const phone = page.getByLabel('Phone')
  t.equal(await phone.getAttribute('aria-invalid'), 'true')
  t.ok(await phone.evaluate((at) => document.activeElement === at), 'the focus is there')
  t.match(await page.locator('.wrong').innerText(), /Another user works at this phone/)
  await clean(t, 'user-refused')
  await phone.fill('agent-3')
  await page.getByLabel('Display name').fill(HOSTILE.card)
  await button('Save').click()
  await page.getByText('There is a card number here.').first().waitFor()
  t.notMatch(JSON.stringify((await site.ask('GET', '/api/v1/directory/users/amy/history')).json), /4111/)
  await button('Undo all').click()
})

t.test('hostile text is text, in lists, fields and histories', async (t) => {
  for (const text of [HOSTILE.script, HOSTILE.quotes, HOSTILE.backwards, HOSTILE.long]) {
    await open('users/amy')
    await page.getByLabel('Display name').fill(text)
    await button('Save').click()
    await says(/Saved\./)
    await open('users')
    await page.getByRole('cell', { name: text, exact: true }).waitFor()
  }
  await clean(t, 'users-hostile')
  await page.setViewportSize({ width: 320, height: 640 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await clean(t, 'users-hostile-dark-320')
  await open('users/amy/history')
  await page.getByText(HOSTILE.script).first().waitFor()
  await clean(t, 'user-history-dark-320')
  await open('users/amy')
  await page.getByLabel('Display name').waitFor()
  await clean(t, 'user-dark-320')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 800 })
})

t.test('what happens while something is saved', (t) => savingStories(t, site, { ...person, beforeNextSave }))

t.test('what is not saved is not left by mistake', async (t) => {
  await open('users/amy')
  await page.getByLabel('Display name').fill('Half a')
  await page.getByRole('link', { name: 'History' }).click()
  await page.getByRole('link', { name: 'Settings' }).click()
  t.equal(await page.getByLabel('Display name').inputValue(), 'Half a', 'within the entry nothing is asked')
  await page.getByRole('link', { name: 'All users' }).click()
  await page.getByRole('heading', { name: 'Leave without saving?' }).waitFor()
  await clean(t, 'user-leave')
  await button('Stay').click()
  t.equal(await page.getByLabel('Display name').inputValue(), 'Half a')
  await page.goBack()
  await page.getByRole('heading', { name: 'Leave without saving?' }).waitFor()
  await button('Leave without saving').click()
  await page.getByRole('heading', { name: 'Leave without saving?' }).waitFor({ state: 'detached' })
})

t.test('who is referred to is not removed; who is not goes, and his history stays', async (t) => {
  await site.make('workgroups', { name: 'payments', members: ['amy'], rights: { 'secure-input:start': 'deny' } })
  await open('users/amy/rights')
  await page.getByText('A denial wins, wherever it stands.').waitFor()
  await clean(t, 'user-rights')
  await button('Remove').click()
  await page.getByText('It cannot be removed yet').waitFor()
  await clean(t, 'user-referred-to')
  await button('Close').click()
  await open('users/ben')
  await button('Remove').click()
  await page.getByText('Nothing refers to it.').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await says(/ben is removed/)
  await open('users/ben/history')
  await page.getByText('Removed', { exact: true }).waitFor()
  for (let at = 0; at < 60; at++) await site.make('users', { name: `many-${at}` })
  await open('users')
  await says(/The first 50/)
  await button('Show more').click()
  await says(/63 in all|62 in all/)
  await page.getByLabel('Search').fill('many-5')
  await says(/11 in all/)
  await page.getByLabel('Search').fill('nobody has this')
  await says(/Nothing has this in its name/)
})

t.test('who may not administer is shown nothing, and asks in vain', async (t) => {
  await site.make('users', { name: 'sue' })
  await site.make('workgroups', { name: 'looked-after', supervisors: ['sue'] })
  for (const name of ['amy', 'sue']) {
    const person = await logIn(site, browser, name)
    await person.page.goto('/admin/#/users/root')
    await person.page.getByText('Your role has nothing to administer.').waitFor()
    await lookAt(person.page).clean(t, name)
    t.equal(await person.page.locator('.administration nav li').count(), 0)
    const headers = { 'sotto-request': '1', 'if-match': '*' }
    for (const [method, path] of [
      ['GET', 'directory/users'],
      ['GET', 'directory/users/root/rights'],
      ['GET', 'directory/users/root/way-in'],
      ['GET', 'directory/workgroups'],
      ['GET', 'directory/forms'],
      ['GET', 'access-log'],
      ['GET', 'media'],
      ['GET', 'trunks'],
      ['GET', 'directory/trunks'],
      ['GET', 'directory/phones'],
      ['GET', 'phones'],
      ['POST', 'directory/routes'],
      ['POST', 'directory/users'],
      ['PATCH', 'directory/users/amy'],
      ['DELETE', 'directory/users/root'],
      ['PUT', 'directory/users/root/password'],
      ['DELETE', 'directory/users/root/second-factor'],
      ['DELETE', 'directory/users/root/log-ins'],
      ['POST', 'tokens'],
      ['POST', 'config/reload'],
    ] as const) {
      const data = method === 'GET' || method === 'DELETE' ? {} : { data: { name: 'x', administrator: true } }
      const response = await person.context.request.fetch(`/api/v1/${path}`, { method, headers, ...data })
      t.equal(response.status(), 403, `${name} ${method} ${path}`)
    }
    t.strictSame(person.complaints, [])
    await person.context.close()
  }
  t.strictSame(complaints, [])
})
