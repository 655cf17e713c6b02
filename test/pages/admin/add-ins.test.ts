/** The administration of add-ins in a real browser: none at first, then loaded and refused ones with what is wrong in words, a form that has one, and its secret, which no page shows again. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeAddIns } from '../../peers/add-ins.ts'
import { startBrowser } from '../../peers/browser.ts'
import { administer, startSite } from './administration.ts'

t.setTimeout(300_000)

const FLOWS = new URL('../../../flows/', import.meta.url).pathname
const SECRET = 'a-secret-of-the-order-service'
const addIns = makeAddIns(t, 'https://127.0.0.1:9')
addIns.write('broken', 'class {}', { version: 'new', title: '<b>broken</b>' })

const site = await startSite(t, `secureInput: { flowsFolder: ${FLOWS} }\n`)
const browser = await startBrowser(t)
const { page, complaints, clean, says, alerts, button } = await administer(site, browser)
const open = (place: string) => page.goto(`/admin/#/${place}`)
const of = (name: string) => page.getByRole('article', { name })

t.test('none, until the configuration names a folder', async (t) => {
  await open('add-ins')
  await page.getByText('There is no add-in.').waitFor()
  await clean(t, 'add-ins-none')
  const file = join(site.folder, 'sotto.yaml')
  const lookups = 'lookups: { allowHosts: ["127.0.0.1"] }'
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace(/^http:\n/m, `$&  addInsFolder: ${addIns.folder}\n  ${lookups}\n`))
  t.equal((await site.ask('POST', '/api/v1/config/reload')).status, 200)
})

t.test('what is loaded, and what is wrong with what is not', async (t) => {
  await button('Load again').click()
  await page.getByRole('status').filter({ hasText: 'Loaded: 1. Refused: 1.' }).waitFor()
  t.match(
    await of('order-lookup').innerText(),
    /Order lookup[\s\S]*Loaded[\s\S]*order-lookup 1\.0\.0[\s\S]*None yet[\s\S]*caller[\s\S]*order/,
  )
  t.match(await of('broken').innerText(), /Refused[\s\S]*add-in\.json version/)
  await clean(t, 'add-ins')
  await page.setViewportSize({ width: 320, height: 640 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await clean(t, 'add-ins-dark-320')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 800 })
})

t.test('a form takes one, with a secret that is written and never read', async (t) => {
  await open('forms/~new')
  await page.getByLabel('Name', { exact: true }).fill('lookup')
  await page.locator('option').filter({ hasText: 'always the newest' }).first().waitFor({ state: 'attached' })
  await page.getByLabel('Flow', { exact: true }).selectOption('card-payment')
  await page.getByLabel('Type', { exact: true }).selectOption('custom')
  await page.locator('option').filter({ hasText: '(order-lookup), version 1.0.0' }).waitFor({ state: 'attached' })
  t.equal(await page.getByLabel('Component').locator('option').count(), 2, 'the refused one is not among them')
  await page.getByLabel('Component').selectOption('order-lookup')
  await button('Add a secret').click()
  await page.getByLabel('Secret', { exact: true }).fill('database_connection_string')
  await page.getByText('It is not set yet.').waitFor()
  await button('Make the form').click()
  await alerts(/The entry is not right/)
  await page.getByText('This secret has no value yet.').first().waitFor()
  await page.getByLabel('Its value').fill(SECRET)
  await clean(t, 'form-secret')
  await button('Make the form').click()
  await says(/Made\./)
  await page.getByText('It is set. Leave this empty to keep it.').waitFor()
  t.equal(await page.getByLabel('Its value').inputValue(), '')
  await page.getByLabel('Notes').fill('Ask Ann.')
  await button('Save').click()
  await says(/Saved\./)
  await page.getByText('It is set. Leave this empty to keep it.').waitFor()
  await clean(t, 'form-secret-set')
  await page.getByRole('link', { name: 'History' }).click()
  await page.getByText('Ask Ann.').waitFor()
  await clean(t, 'form-secret-history')
  for (const path of ['', '/history'])
    t.notMatch(JSON.stringify((await site.ask('GET', `/api/v1/directory/forms/lookup${path}`)).json), SECRET)
  t.notMatch(await page.content(), SECRET)
})

t.test('it says which forms use it, and goes', async (t) => {
  await open('add-ins')
  await of('order-lookup').getByRole('link', { name: 'lookup', exact: true }).waitFor()
  addIns.remove('order-lookup')
  await button('Load again').click()
  await page.getByRole('status').filter({ hasText: 'Loaded: 0. Refused: 1.' }).waitFor()
  t.equal(await of('order-lookup').count(), 0)
  t.strictSame(complaints, [])
})
