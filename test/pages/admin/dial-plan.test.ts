/** The administration of trunks, routes and phones in a real browser: made by the schema's fields, registered, refused, brought together, removed; those of the file are read alone. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createCallCapture } from '../../../src/demo/call-capture.ts'
import { openPhone } from '../../../src/demo/phone.ts'
import { startBrowser } from '../../peers/browser.ts'
import { administer, HOSTILE, startSite } from './administration.ts'

t.setTimeout(300_000)

const PHONE_PASSWORD = 'a phone of its own'
const SECRET = 'a secret of the carrier'
const site = await startSite(
  t,
  `trunks:
  - { name: carrier, addresses: [127.0.0.2] }
phones:
  - { account: front-desk, displayName: Front desk, password: agent-password-1 }
workgroups:
  - { name: front, phones: [front-desk], ringSeconds: 20 }
routes:
  - { from: carrier, number: "100", to: { phone: front-desk } }
`,
)
const browser = await startBrowser(t)
const { page, complaints, clean, says, alerts, button } = await administer(site, browser)
const open = (place: string) => page.goto(`/admin/#/${place}`)
const row = (text: string | RegExp) => page.getByRole('row').filter({ hasText: text })
const group = (name: string) => page.getByRole('group', { name, exact: true })

t.test('what stands in the configuration file is read, and said to be there', async (t) => {
  await open('phones')
  await row('front-desk').getByText('Not registered').waitFor()
  t.match(await row('front-desk').innerText(), /Configuration file/)
  await clean(t, 'phones')
  await page.getByRole('link', { name: 'front-desk' }).click()
  await page.getByText('This one stands in the configuration file').waitFor()
  await clean(t, 'phone-of-file')
  t.equal((await button('Save').count()) + (await button('Remove').count()), 0)
  t.ok(await page.getByLabel('Display name').isDisabled())
  t.notMatch(await page.content(), /agent-password-1/)
})

t.test('a phone is made; its password is written, and never read', async (t) => {
  await open('phones/~new')
  await page.getByLabel('Name', { exact: true }).fill('agent-7')
  await page.getByLabel('Display name').fill(HOSTILE.script)
  await page.getByLabel('Password').fill(PHONE_PASSWORD)
  await page.getByLabel('Allow destinations').fill('+49*\n\n+43*')
  await clean(t, 'phone-new')
  await button('Make the phone').click()
  await says(/Made\. It counts at once/)
  await page.getByText('One is set, and is never shown.').waitFor()
  t.equal(await page.getByLabel('Password').inputValue(), '')
  await clean(t, 'phone')
  const { json } = await site.ask('GET', '/api/v1/directory/phones/agent-7')
  t.match(json, { secrets: ['password'], allowDestinations: ['+49*', '+43*'], displayName: HOSTILE.script })
  await page.getByLabel('Display name').fill('Agent Seven')
  await button('Save').click()
  await says(/Saved\./)
  t.match((await site.ask('GET', '/api/v1/directory/phones/agent-7')).json, { secrets: ['password'] })
  await page.getByRole('link', { name: 'History' }).click()
  await page.getByText(HOSTILE.script).first().waitFor()
  t.notMatch(await page.content(), new RegExp(PHONE_PASSWORD))
  await clean(t, 'phone-history')
})

t.test('a secret is taken away alone, and the last one is not', async (t) => {
  await open('phones/agent-7')
  await button('Take away the password that is set').press('Enter')
  await page.getByText('The one that is set is taken away when this is saved.').waitFor()
  await clean(t, 'secret-taken-away')
  await button('Save').click()
  await alerts(/The entry is not right/)
  await page.getByText('The phone has neither a password nor hashes.').first().waitFor()
  await clean(t, 'secret-last')
  t.match((await site.ask('GET', '/api/v1/directory/phones/agent-7')).json, { secrets: ['password'] })
  await button('Keep the password that is set').press('Enter')
  t.ok(await button('Save').isDisabled(), 'nothing is changed any more')

  await site.make('phones', { name: 'agent-8', ha1Sha256: 'a'.repeat(64), ha1Md5: 'b'.repeat(32) })
  await open('phones/agent-8')
  await button('Take away the HA1 MD5 that is set').press('Enter')
  await button('Save').click()
  await says(/Saved\./)
  t.match((await site.ask('GET', '/api/v1/directory/phones/agent-8')).json, { secrets: ['ha1Sha256'] })
  t.equal(await button('Take away the HA1 MD5 that is set').count(), 0)
  await page.getByRole('link', { name: 'History' }).click()
  await page
    .getByText(/ha1 ?md5/i)
    .first()
    .waitFor()
  await clean(t, 'secret-taken-away-history')
})

t.test('a phone that registers is shown where it is, as soon as it does', async (t) => {
  await open('phones/agent-7')
  await page.getByText('It is registered nowhere just now').waitFor()
  const port = Number(
    /transport: udp, address: 127\.0\.0\.1, port: (\d+)/.exec(
      readFileSync(join(site.folder, 'sotto.yaml'), 'utf8'),
    )?.[1],
  )
  const phone = await openPhone({
    user: 'agent-7',
    password: PHONE_PASSWORD,
    address: '127.0.0.1',
    server: { address: '127.0.0.1', port },
    codec: 'PCMA',
    humHz: 1850,
    ringMs: 100,
    capture: createCallCapture(() => performance.timeOrigin + performance.now()),
  })
  t.teardown(() => phone.close())
  await phone.signalling.register()
  await page.getByText('Registered.').waitFor()
  t.match(await page.locator('.notice.good li').innerText(), /sip:agent-7@127\.0\.0\.1:\d+ over udp from 127\.0\.0\.1/)
  await clean(t, 'phone-registered')
  await open('phones')
  await row('agent-7').getByText('Registered', { exact: true }).waitFor()
})

t.test('a trunk with groups, rows and a secret; what is wrong is said at its place', async (t) => {
  await open('trunks/~new')
  await page.getByLabel('Name', { exact: true }).fill('second')
  await page.getByLabel('Addresses', { exact: true }).fill('127.0.0.3')
  await page.getByLabel('Set outbound').check()
  await group('Outbound').getByLabel('URI').first().fill('no uri')
  await button('Add to more targets').click()
  await group('More targets 1').getByLabel('URI').fill('sip:127.0.0.1:9')
  await page.getByLabel('Set credentials').check()
  await group('Credentials').getByLabel('User').fill('sotto')
  await group('Credentials').getByLabel('Password').fill(SECRET)
  await button('Make the trunk').click()
  await alerts(/The entry is not right/)
  t.equal(await group('Outbound').getByLabel('URI').first().getAttribute('aria-invalid'), 'true')
  await clean(t, 'trunk-refused')
  await group('Outbound').getByLabel('URI').first().fill('sip:127.0.0.1:9')
  await group('More targets 1').getByLabel('URI').fill('sip:127.0.0.1:10')
  await button('Make the trunk').click()
  await says(/Made\./)
  const { json } = await site.ask('GET', '/api/v1/directory/trunks/second')
  t.match(json, {
    inUse: true,
    secrets: ['credentials.password'],
    outbound: { moreTargets: [{ uri: 'sip:127.0.0.1:10' }] },
  })
  t.ok(
    ((await site.ask('GET', '/api/v1/trunks')).json['trunks'] as { name: string }[]).some(
      ({ name }) => name === 'second',
    ),
    'it is in force',
  )
  t.notMatch(await page.content(), new RegExp(SECRET))
  await page.setViewportSize({ width: 320, height: 640 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await clean(t, 'trunk-dark-320')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 800 })
})

t.test('two change a trunk at once; a secret is in neither picture of it', async (t) => {
  await open('trunks/second')
  await page.getByLabel('Max calls', { exact: true }).fill('30')
  await site.change('trunks', 'second', { addresses: ['127.0.0.4'] })
  await alerts(/Somebody has changed it meanwhile/)
  await clean(t, 'trunk-meanwhile')
  await button('Take it over, keep mine').click()
  await button('Save').click()
  await says(/Saved\./)
  const { json } = await site.ask('GET', '/api/v1/directory/trunks/second')
  t.match(json, { maxCalls: 30, addresses: ['127.0.0.4'], secrets: ['credentials.password'] })
})

t.test('a route leads to what there is; what it refers to is not removed before it', async (t) => {
  await open('routes/~new')
  await page.getByLabel('Name', { exact: true }).fill('sales')
  await page.getByLabel('From', { exact: true }).fill('second')
  await page.getByLabel('Number', { exact: true }).fill('+4930123')
  const offered = page.locator(`[id="${await group('To').getByLabel('Workgroup').getAttribute('list')}"] option`)
  await offered.first().waitFor({ state: 'attached' })
  t.strictSame(await offered.evaluateAll((all) => all.map((one) => one.getAttribute('value'))), ['front'])
  await group('To').getByLabel('Phone').fill('nobody')
  await button('Make the route').click()
  await alerts(/The entry is not right/)
  t.equal(await group('To').getByLabel('Phone').getAttribute('aria-invalid'), 'true')
  await clean(t, 'route-refused')
  await group('To').getByLabel('Phone').fill('agent-7')
  await button('Make the route').click()
  await says(/Made\./)
  await open('routes')
  await row('sales').waitFor()
  t.match(await row('sales').innerText(), /\+4930123[\s\S]*second[\s\S]*phone agent-7[\s\S]*at 100/)
  await clean(t, 'routes')
  await open('trunks/second')
  await button('Remove').click()
  await page.getByText('the route is for calls from it').waitFor()
  await clean(t, 'trunk-referred-to')
  await button('Close').click()
  for (const [place, name] of [
    ['routes', 'sales'],
    ['trunks', 'second'],
    ['phones', 'agent-7'],
  ] as const) {
    await open(`${place}/${name}`)
    await button('Remove').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await says(`${name} is removed`)
    t.equal((await site.ask('GET', `/api/v1/directory/${place}/${name}`)).status, 404)
  }
  t.strictSame(complaints, [])
})
