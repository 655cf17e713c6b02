/**
 * Debian's Chromium without a window, for stories on pages: one browser for a test file, a context (cookies of its own) for each person. Every page is held to what all pages promise: nothing
 * that the content security policy had to stop, no error in its console, and nothing that axe finds against WCAG 2.2 AA.
 */

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Frame,
  type Page,
} from 'playwright-core'
import type { Test } from 'tap'

const CHROMIUM = '/usr/bin/chromium'
/** How long anything may take on a machine that is busy with other tests. */
const PATIENCE_MS = 60_000
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
/** Of headings and landmarks, which a frame finds in the page around it. */
const PAGE_RULES = [...RULES, 'best-practice']

/** Starts a browser that ends with the test. Its way to the network is loopback alone. */
export async function startBrowser(t: Test, args: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    // Whoever runs the tests as root has no sandbox; the pages are our own.
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...args],
  })
  t.teardown(() => browser.close())
  return browser
}

export type Person = {
  readonly page: Page
  readonly context: BrowserContext
  /** What the page complained of since it was opened; empty when all is well. */
  readonly complaints: readonly string[]
}

/** Somebody with a browser of his own. @param origin such as `https://127.0.0.1:8443`; its certificate is a test's. */
export async function newPerson(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Person> {
  const context = await browser.newContext({
    baseURL: origin,
    ignoreHTTPSErrors: true,
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    ...options,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
  page.on('console', (message) => {
    // The browser itself notes each answer that is no success; pages ask for some and show them.
    const isRefusal = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isRefusal) complaints.push(message.text())
  })
  return { page, context, complaints }
}

/** @returns what axe finds on the page, or in one of its frames, as it stands, one line each: rule and where; empty when all is well. */
export async function axeFinds(page: Page | Frame): Promise<readonly string[]> {
  // Through the debugger: the policy of the page lets no script in.
  await page.evaluate(axe.source)
  return page.evaluate(
    async (tags) => {
      type Result = { violations: { id: string; help: string; nodes: { target: string[] }[] }[] }
      const { axe } = window as unknown as { axe: { run(at: Document, options: object): Promise<Result> } }
      // Style sheets it would fetch once more, which a frame without network cannot.
      const { violations } = await axe.run(document, { runOnly: tags, preload: self === top })
      return violations.map(
        ({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target.join(' ')).join(', ')})`,
      )
    },
    'mainFrame' in page ? PAGE_RULES : RULES,
  )
}

/** Keeps a picture where `SOTTO_SCREENSHOTS` names a folder: to be looked at; nothing is compared with it. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['SOTTO_SCREENSHOTS']
  if (folder === undefined) return
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}
