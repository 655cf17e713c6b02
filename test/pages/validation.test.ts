/** The pages of the validation service and of certificates in a real browser: tried while the server runs, trusted or not and why, each outcome, and how long certificates are good. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { remedyFor, standingOf } from '../../pages/admin/voice/validation/validation-terms.ts'
import { axeFinds, picture, startBrowser } from '../peers/browser.ts'
import { DOOR_TOKEN, furnish, startHttps } from '../peers/https-server.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'
import { administrationOf, comeIn, NO_SECOND_FACTOR } from './people.ts'

t.setTimeout(300_000)

t.test('what is wrong with a certificate is said with what to do', async (t) => {
  const tones = (['valid', 'expires-soon', 'expired', 'not-yet', 'unreadable'] as const).map((state) =>
    standingOf({ state, daysLeft: 1 }),
  )
  t.strictSame(
    tones.map(({ tone }) => tone),
    ['good', 'warn', 'bad', 'bad', 'bad'],
  )
  t.ok(tones.slice(1).every(({ advice }) => advice !== ''))
  t.match(tones[0]?.says, 'good for 1 day')
  for (const [word, advice] of Object.entries({
    CERT_HAS_EXPIRED: /renew/,
    ERR_TLS_CERT_ALTNAME_INVALID: /serverName/,
    SELF_SIGNED_CERT_IN_CHAIN: /caFile/,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: /caFile/,
    PIN_MISMATCH: /pins/,
    'no TLS connection (ECONNREFUSED).': /firewall/,
    'something else': /Ask whoever/,
  }))
    t.match(remedyFor(word), advice, word)
})

const folder = t.testdir()
const peer = await startValidationPeer()
t.teardown(() => peer.close())
const expired = await startValidationPeer({ certificate: 'expired' })
t.teardown(() => expired.close())
const settings = (port: number) =>
  `secureInput: { validation: { url: 'https://127.0.0.1:${port}/validate', caFile: ca.pem, timeoutSeconds: 3 } }\n`
const { port, authority } = await furnish(folder, NO_SECOND_FACTOR + settings(peer.port))
writeFileSync(join(folder, 'ca.pem'), peer.authority + expired.authority)
const origin = `https://127.0.0.1:${port}`
const server = await startHttps(t, folder, port, authority)
await administrationOf(server.ask, DOOR_TOKEN).user('root', { administrator: true })
const browser = await startBrowser(t)

function checker(t: Test, page: Page) {
  return async (what: string) => {
    t.strictSame(await axeFinds(page), [], `axe: ${what}`)
    await picture(page, `validation-${what}`)
  }
}

t.test('the service is tried, with its certificates and each outcome', async (t) => {
  const { page, complaints, context } = await comeIn(browser, origin, 'root')
  const clean = checker(t, page)
  await page.goto('/admin/#/validation')
  await page.getByText(`https://127.0.0.1:${peer.port}/validate`).waitFor()
  await page.getByText('can be used').waitFor()
  await clean('service')
  await page.getByRole('button', { name: 'Try it' }).press('Enter')
  await page.getByRole('heading', { name: 'Certificates that it shows' }).waitFor()
  await page.getByRole('listitem').filter({ hasText: 'its own' }).first().waitFor()
  const rows = page.getByRole('group', { name: 'Outcomes' }).getByRole('row')
  t.ok((await rows.count()) > 5, 'each outcome')
  await rows.filter({ hasText: 'yes' }).first().waitFor()
  await clean('tried')
  t.ok(peer.requests.length > 0, 'requests went there')
  t.strictSame(complaints, [])
  await context.close()
})

t.test('a service that is not trusted says why and what to do, on a narrow screen in the dark', async (t) => {
  writeFileSync(
    join(folder, 'sotto.yaml'),
    readFileSync(join(folder, 'sotto.yaml'), 'utf8').replace(`:${peer.port}/`, `:${expired.port}/`),
  )
  const bearer = { authorization: 'Bearer story-token-on-loopback' }
  t.equal((await server.ask('POST', '/api/v1/config/reload', bearer)).status, 200)
  const viewport = { width: 320, height: 700 }
  const { page, complaints, context } = await comeIn(browser, origin, 'root', {
    viewport,
    colorScheme: 'dark',
  })
  const clean = checker(t, page)
  const fits = async (what: string) => {
    const widest = await page.evaluate(() => document.documentElement.scrollWidth)
    t.ok(widest <= 320, `${what}: ${widest} CSS pixels wide`)
    await clean(`${what}-dark-320`)
  }
  await page.goto('/admin/#/validation')
  await page.getByText(`https://127.0.0.1:${expired.port}/validate`).waitFor()
  await page.getByRole('button', { name: 'Try it' }).press('Enter')
  await page.getByText('CERT_HAS_EXPIRED').first().waitFor()
  await page.getByText('whoever runs it has to renew it').waitFor()
  await fits('untrusted')
  await page.goto('/admin/#/certificates')
  await page.getByRole('row', { name: /the pages and the API/ }).waitFor()
  await page
    .getByText(/^good for|^expires in/)
    .first()
    .waitFor()
  await fits('certificates')
  t.strictSame(complaints, [])
  await context.close()
})
