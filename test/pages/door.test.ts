/** The page where one logs in, in a real browser over HTTPS: a first administrator's way in, by keyboard alone, in four languages, in light and dark, and what it refuses. */

import t from 'tap'
import { axeFinds, newPerson, picture, startBrowser } from '../peers/browser.ts'
import { DOOR_TOKEN, furnish, startHttps } from '../peers/https-server.ts'
import { oneTimeCode } from '../people/one-time-code.ts'

t.setTimeout(300_000)

const GIVEN = 'horse battery staple correct'
const CHOSEN = 'another battery of words entirely'

const folder = t.testdir()
const { port, authority } = await furnish(folder)
const server = await startHttps(t, folder, port, authority)
const browser = await startBrowser(t)

t.test('a first administrator comes in, and is shown his page', async (t) => {
  const bearer = { authorization: `Bearer ${DOOR_TOKEN}` }
  const users = '/api/v1/directory/users'
  t.equal((await server.ask('POST', users, bearer, { name: 'root', administrator: true })).status, 201)
  t.equal((await server.ask('PUT', `${users}/root/password`, bearer, { password: GIVEN })).status, 204)

  const { page, complaints } = await newPerson(browser, `https://127.0.0.1:${port}`)
  const clean = async (what: string) => {
    t.strictSame(await axeFinds(page), [], `axe: ${what}`)
    await picture(page, `door-${what}`)
  }
  await page.goto('/admin/#/users')
  await page.getByRole('heading', { name: 'Log in' }).waitFor()
  await clean('log-in')

  await page.getByLabel('Name').fill('root')
  await page.getByLabel('Password').fill('guessed wrongly')
  await page.keyboard.press('Enter')
  await page
    .getByRole('alert')
    .filter({ hasText: /Name, password or code is wrong/ })
    .waitFor()
  await clean('refused')
  await page.getByLabel('Password').fill(GIVEN)
  await page.keyboard.press('Enter')

  await page.getByRole('heading', { name: 'Choose a password of your own' }).waitFor()
  await page.getByLabel('Password until now').fill(GIVEN)
  await page.getByLabel('New password').fill('short')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').filter({ hasText: /\S/ }).waitFor()
  await clean('short-password')
  await page.getByLabel('New password').fill(CHOSEN)
  await page.keyboard.press('Enter')

  await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor()
  const key = page.locator('code')
  await key.waitFor()
  await clean('second-factor')
  const secret = (await key.innerText()).replaceAll(' ', '')
  await page.getByLabel('Code from your authenticator').fill(oneTimeCode(secret, Date.now()))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Keep your recovery codes' }).waitFor()
  const codes = await page.locator('.codes li').allInnerTexts()
  t.equal(codes.length, 10)
  await clean('recovery-codes')
  await page.getByRole('button', { name: 'I have kept them' }).press('Enter')
  await page.waitForURL('**/admin/#/users')
  t.ok(true, 'where he wanted to go')

  await page.getByRole('button', { name: 'Log out' }).press('Enter')
  await page.getByLabel('Name').fill('root')
  await page.getByLabel('Password').fill(CHOSEN)
  await page.keyboard.press('Enter')
  await page.getByLabel('Code from your authenticator').waitFor()
  await clean('code')
  await page.getByRole('button', { name: 'I do not have it with me' }).press('Enter')
  await page.getByLabel('One of your recovery codes').fill(codes[0] ?? '')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/admin\/(#.*)?$/)
  t.strictSame(complaints, [])
})

t.test('it speaks the language of the browser, or the one that is chosen, and keeps it', async (t) => {
  const titles = { en: 'Log in', de: 'Anmelden', fr: 'Connexion', es: 'Iniciar sesión' }
  for (const [language, title] of Object.entries(titles)) {
    const viewport = { width: 320, height: 640 }
    const person = await newPerson(browser, `https://127.0.0.1:${port}`, {
      locale: language,
      viewport,
      colorScheme: 'dark',
    })
    await person.page.goto('/')
    await person.page.getByRole('heading', { name: title }).waitFor()
    t.equal(await person.page.locator('html').getAttribute('lang'), language)
    t.strictSame(await axeFinds(person.page), [], language)
    const widest = await person.page.evaluate(() => document.documentElement.scrollWidth)
    t.ok(widest <= 320, `${language}: ${widest} CSS pixels wide`)
    await picture(person.page, `door-${language}-dark-320`)
    await person.page.locator('header select').first().selectOption('de')
    await person.page.getByRole('heading', { name: 'Anmelden' }).waitFor()
    await person.page.reload()
    await person.page.getByRole('heading', { name: 'Anmelden' }).waitFor()
    t.strictSame(person.complaints, [])
    await person.context.close()
  }
})
