/** A server with an administrator who is logged in at its administration, for stories on those pages: everything that is shown is looked at by axe and kept as a picture. */

import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import type { Test } from 'tap'
import { axeFinds, picture } from '../../peers/browser.ts'
import { DOOR_TOKEN, furnish, startHttps } from '../../peers/https-server.ts'
import { administrationOf, comeIn, NO_SECOND_FACTOR } from '../people.ts'

const BEARER = { authorization: `Bearer ${DOOR_TOKEN}` }

/** Whatever people could write where text goes. */
export const HOSTILE = {
  script: '<img src=x onerror=alert(1)>',
  quotes: `"'\`</textarea><script>alert(2)</script>`,
  backwards: '\u202Etxet\u202C',
  long: 'W'.repeat(120),
  longer: 'W'.repeat(200),
  card: '4111 1111 1111 1111',
} as const

export type Site = Awaited<ReturnType<typeof startSite>>

/** @param more of the configuration. */
export async function startSite(t: Test, more = '') {
  const folder = t.testdir()
  const { port, authority } = await furnish(folder, `${NO_SECOND_FACTOR}${more}`)
  const server = await startHttps(t, folder, port, authority)
  const origin = `https://127.0.0.1:${port}`
  /** As a program does that has a token of the configuration: the second writer. */
  const ask = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    server.ask(method, path, { ...BEARER, ...headers }, body)
  return { folder, origin, ask, ...administrationOf(server.ask, DOOR_TOKEN) }
}

/** Logs somebody in who exists, with a new password. @returns his browser. */
export async function logIn(site: Site, browser: Browser, name: string, options: BrowserContextOptions = {}) {
  await site.letIn(name)
  return comeIn(browser, site.origin, name, options)
}

/** Makes the administrator `root` and logs him in. */
export async function administer(site: Site, browser: Browser, options: BrowserContextOptions = {}) {
  await site.make('users', { name: 'root', administrator: true })
  const logged = await logIn(site, browser, 'root', options)
  const person = { ...logged, complaints: logged.complaints as string[] }
  person.page.on('dialog', (dialog) => {
    // A script of somebody's would show itself so; leaving with something unsaved asks too.
    if (dialog.type() !== 'beforeunload') person.complaints.push(`dialog: ${dialog.message()}`)
    void dialog.accept()
  })
  return { ...person, ...lookAt(person.page) }
}

/** @returns looks at a page as it stands. */
export function lookAt(page: Page) {
  return {
    /** Nothing for axe to find, nothing wider than the window; a picture is kept. */
    async clean(t: Test, what: string) {
      await picture(page, `admin-${what}`)
      t.strictSame(await axeFinds(page), [], `axe: ${what}`)
      const [wide = 0, there = 0] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
      t.ok(wide <= there, `${what}: ${wide} of ${there} CSS pixels`)
    },
    async says(text: string | RegExp) {
      await page.getByRole('status').filter({ hasText: text }).waitFor()
    },
    async alerts(text: string | RegExp) {
      await page.getByRole('alert').filter({ hasText: text }).waitFor()
    },
    button: (name: string): Locator => page.getByRole('button', { name, exact: true }),
  }
}
