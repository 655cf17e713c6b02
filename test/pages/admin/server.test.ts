/** The administration of the server in a real browser: API tokens, the access log, how the server stands, the configuration. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startBrowser } from '../../peers/browser.ts'
import { administer, HOSTILE, startSite } from './administration.ts'

t.setTimeout(300_000)

const site = await startSite(
  t,
  `trunks:
  - name: carrier
    addresses: [127.0.0.2]
    outbound: { uri: "sip:127.0.0.1:9", pingSeconds: 10 }
`,
)
const browser = await startBrowser(t)
const { page, complaints, clean, says, alerts, button } = await administer(site, browser)
const open = (place: string) => page.goto(`/admin/#/${place}`)
const row = (text: string | RegExp) => page.getByRole('row').filter({ hasText: text })

t.test('a token is made, shown once, used, and revoked', async (t) => {
  await open('tokens')
  await page.getByText('There is no API token yet.').waitFor()
  await clean(t, 'tokens-empty')
  await page.getByRole('link', { name: 'New API token' }).click()
  await page.getByLabel('What for').fill(HOSTILE.script)
  await page.getByLabel('calls:read').check()
  await page.getByLabel('Days until it expires').fill('400')
  await page.getByText('Write a whole number from 1 to 366.').waitFor()
  t.ok(await button('Make the token').isDisabled())
  await page.getByLabel('Days until it expires').fill('7')
  await page.locator('.check').first().locator('.hint').filter({ hasText: /\w/ }).waitFor()
  t.match(await page.locator('.check').first().innerText(), /calls:read\s+\S+/, 'what it opens is said')
  await clean(t, 'token-new')
  await button('Make the token').click()
  await page.getByRole('heading', { name: 'Keep this token now' }).waitFor()
  const token = await page.locator('code.token').innerText()
  await clean(t, 'token-once')
  const use = () => page.request.get('/api/v1/calls', { headers: { authorization: `Bearer ${token}` } })
  t.equal((await use()).status(), 200)
  await page.getByRole('link', { name: 'Users' }).click()
  await page.getByRole('heading', { name: 'Leave without saving?' }).waitFor()
  await button('Stay').click()
  await button('I have kept it').click()
  await row(HOSTILE.script).waitFor()
  t.notOk((await page.content()).includes(token), 'it is not shown again')
  t.match(await row(HOSTILE.script).innerText(), /root[\s\S]*calls:read[\s\S]*Expires soon/)
  await clean(t, 'tokens')
  await page.getByRole('button', { name: `Revoke ${HOSTILE.script}` }).click()
  await clean(t, 'token-revoke')
  await button('Revoke it').click()
  await says(/It is revoked/)
  t.equal((await use()).status(), 401)
})

t.test('the access log is read, searched, and exported', async (t) => {
  await site.ask('POST', '/api/v1/login', { name: 'root', password: 'guessed wrongly' }, { 'sotto-request': '1' })
  await open('access-log')
  await row('token-revoked').waitFor()
  await clean(t, 'access-log')
  await page.getByLabel('Search').fill('log-in')
  await page.getByLabel('Outcome').selectOption('no')
  await row('people.wrong-credentials').waitFor()
  t.equal(await row('token-revoked').count(), 0)
  const [download] = await Promise.all([page.waitForEvent('download'), button('Export as CSV').click()])
  const csv = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\r\n')
  t.equal(csv[0], 'number,at,type,succeeded,fault,user,by,key,from,resource,name,signature')
  t.equal(csv.length, 2, csv.join('\n'))
  t.match(csv[1], /,log-in,no,people\.wrong-credentials,.*,127\.0\.0\.1,\/api\/v1\/login,root,/)
  await page.getByLabel('From the day (UTC)').fill('2099-01-01')
  await page.getByText('None of what has been read is meant.').waitFor()
  await page.setViewportSize({ width: 320, height: 640 })
  await page.getByLabel('From the day (UTC)').fill('')
  await row('people.wrong-credentials').waitFor()
  await clean(t, 'access-log-320')
  await page.setViewportSize({ width: 1280, height: 800 })
})

t.test('how the server stands, live; a media process is replaced', async (t) => {
  await open('status')
  await row('Runs').waitFor()
  await page.getByText('does not answer').first().waitFor()
  await clean(t, 'status')
  const before = await row('Runs').getByRole('rowheader').innerText()
  await button(`Replace process ${before}`).click()
  await clean(t, 'status-replace')
  await button('Replace it').click()
  await says(/takes the new calls/)
  await page.getByRole('row', { name: new RegExp(`^${before} `) }).waitFor({ state: 'detached' })
  const after = await row('Runs').getByRole('rowheader').innerText()
  t.not(after, before)
  const media = (await site.ask('GET', '/api/v1/media')).json['processes'] as { pid: number }[]
  t.strictSame(
    media.map(({ pid }) => String(pid)),
    [after],
  )
  await page.setViewportSize({ width: 320, height: 640 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await clean(t, 'status-dark-320')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 800 })
})

t.test('the configuration is reloaded: applied, for a restart, or refused with each place', async (t) => {
  const file = join(site.folder, 'sotto.yaml')
  const text = readFileSync(file, 'utf8')
  await open('configuration')
  await page.getByText('Not among the last').waitFor()
  writeFileSync(file, `${text.replace('drainSeconds: 0', 'drainSeconds: 1')}log: { level: debug }\nlocation: nowhere\n`)
  await button('Reload the configuration').click()
  await alerts(/The configuration has mistakes/)
  await alerts(/location/)
  await clean(t, 'configuration-refused')
  writeFileSync(file, `${text.replace('processes: 1', 'processes: 2')}log: { level: debug }\n`)
  await button('Reload the configuration').click()
  await says(/Applied: 1/)
  await says(/Needs a restart: 1/)
  await clean(t, 'configuration')
  await page.getByText('Taken').waitFor()
  writeFileSync(file, text)
  t.strictSame(complaints, [])
})
