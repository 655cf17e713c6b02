/**
 * The account of the company in a real browser, which decides itself which cookies go along when the provider's site sends it back: the page that was asked for, our second factor where it is
 * needed, and a provider that is down.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setDefaultCACertificates } from 'node:tls'
import t from 'tap'
import { axeFinds, newPerson, picture, startBrowser } from '../peers/browser.ts'
import { furnish, startHttps } from '../peers/https-server.ts'
import { CLIENT, type IdentityProvider, startIdentityProvider } from '../peers/identity-provider.ts'
import { oneTimeCode } from '../people/one-time-code.ts'

t.setTimeout(300_000)

t.test('an agent comes in with the account of the company', async (t) => {
  const folder = t.testdir()
  let found: IdentityProvider | undefined
  const { port, authority } = await furnish(folder, async (port, certificates) => {
    // Another name than ours makes it another site, as it is in life.
    found = await startIdentityProvider([`https://127.0.0.1:${port}/login/openid-connect/back`], certificates)
    writeFileSync(join(folder, 'authority.pem'), certificates.authority)
    // The provider comes to the server by itself, too.
    setDefaultCACertificates([certificates.authority])
    return `people:
  secondFactorFor: [agent]
  openidConnect:
    issuer: ${found.issuer}
    displayName: Example Corp
    clientId: ${CLIENT.id}
    clientSecret: ${CLIENT.secret}
    publicUrl: https://127.0.0.1:${port}
    caFile: authority.pem
    unknownUsers: create\n`
  })
  if (found === undefined) throw new Error('no provider')
  const provider: IdentityProvider = found
  t.teardown(() => provider.close())
  provider.account = { subject: 'subject-1', claims: { preferred_username: 'ann' } }
  let session = ''
  provider.spoil = ({ claims }) => {
    session = String(claims['sid'])
  }
  await startHttps(t, folder, port, authority)
  const browser = await startBrowser(t)
  const { page, context, complaints } = await newPerson(browser, `https://127.0.0.1:${port}`)

  await page.goto('/desk/#/calls')
  const way = page.getByRole('link', { name: 'Log in with Example Corp' })
  await way.waitFor()
  t.strictSame(await axeFinds(page), [])
  await picture(page, 'sign-on-ways')
  await way.press('Enter')
  await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor()
  const secret = (await page.locator('code').innerText()).replaceAll(' ', '')
  await page.getByLabel('Code from your authenticator').fill(oneTimeCode(secret, Date.now()))
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'I have kept them' }).press('Enter')
  await page.waitForURL('**/desk/#/calls')
  const kept = (await context.cookies(`https://127.0.0.1:${port}`)).map(({ name, sameSite }) => `${name} ${sameSite}`)
  t.strictSame(kept, ['__Host-sotto Strict'])

  await page.getByRole('button', { name: 'Log out' }).press('Enter')
  await way.press('Enter')
  const code = page.getByLabel('Code from your authenticator')
  await code.fill('000000')
  await page.keyboard.press('Enter')
  await page
    .getByRole('alert')
    .filter({ hasText: /is wrong/ })
    .waitFor()
  t.strictSame(await axeFinds(page), [])
  await picture(page, 'sign-on-code')
  // A code is good once: the one of the next half minute is taken already.
  await code.fill(oneTimeCode(secret, Date.now() + 30_000))
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/desk\/(#.*)?$/)
  await page.getByRole('heading', { name: 'Desk' }).waitFor()

  await provider.tellEnd('subject-1', session)
  await way.waitFor()
  t.equal(new URL(page.url()).pathname, '/', 'who was logged out at the provider is at the door, without a touch')
  provider.account = { subject: 'subject-2', claims: { preferred_username: 'no user name' } }
  await context.clearCookies()
  await way.press('Enter')
  await page.getByRole('heading', { name: /does not let you in/ }).waitFor()
  t.strictSame(await axeFinds(page), [], 'the page of a problem')
  await picture(page, 'sign-on-refused')
  await page.getByRole('link', { name: 'Log in another way' }).press('Enter')
  await page.getByLabel('Password').waitFor()
  t.strictSame(complaints, [])
})
