/** The desk as an element of a page of another origin, which has a strict policy of its own; and what other pages cannot do. */

import type { Test } from 'tap'
import { newPerson } from '../peers/browser.ts'
import type { Sotto } from '../peers/sotto.ts'
import { button, CARD, type Desks, hangUp, heading, looksRight, started } from './desk-scene.ts'
import { startHostPage } from './host-page.ts'

export async function embeddedStory(t: Test, desks: Desks): Promise<void> {
  const { sotto, cookies, browser, host, call } = desks
  const { base } = sotto.server
  t.equal((await tokenFor('amy', sotto.server, cookies.ben)).status, 403, 'nobody makes a token for somebody else')
  t.equal((await tokenFor('nobody', sotto.server)).status, 404)
  const { token } = (await (await tokenFor('amy', sotto.server)).json()) as { token: string }
  const script = `window.told = []
for (const type of ['ready', 'call', 'secure-began', 'secure-ended', 'problem', 'signed-out'])
  addEventListener('sotto-' + type, ({ type, detail }) => told.push({ type, ...detail }))`
  const body = (given: string) =>
    `<main><h1>Customer</h1><sotto-desk token="${given}" language="es" scheme="dark"></sotto-desk></main>`
  host.show(pageOf(`<script nonce="own">${script}</script>${scriptOf(base)}`, body(token)), policyFor(base))

  const embedding = await newPerson(browser, host.origin)
  const { page } = embedding
  desks.add(embedding)
  await page.goto('/')
  await page.getByText('Ninguna llamada.').waitFor()
  const talking = await call()
  await button(page, 'Entrada segura').click()
  await page.getByLabel(/Number of the order/).fill('E 5')
  await page.getByLabel('Amount').fill('3')
  const from = sotto.events.length
  await button(page, 'Enviar al IVR').click()
  const session = await started(talking, from)
  await session.asked(0)
  await talking.key(CARD.slice(0, 2))
  await page.getByText('2 cifras marcadas').first().waitFor()
  await looksRight(t, page, 'embedded')
  await talking.key(`${CARD.slice(2)}#`)
  await session.enterRest()
  await heading(page, 'Operación realizada').waitFor()
  const told = await page.evaluate<{ type: string }[]>('told')
  t.match(
    told.filter(({ type }) => type !== 'sotto-call'),
    [
      { type: 'sotto-ready', agent: 'amy' },
      { type: 'sotto-secure-began', callId: talking.callId, sessionId: session.sessionId, form: 'order' },
      { type: 'sotto-secure-ended', sessionId: session.sessionId, result: 'accepted', rejoined: true },
    ],
  )
  t.ok(told.some((event) => event.type === 'sotto-call'))
  t.notMatch(JSON.stringify(told), new RegExp(`${CARD.slice(-4)}|lastFour|brand`, 'i'), 'no value of a card in it')
  t.equal(await page.evaluate('document.documentElement.lang'), 'en', 'the page of the others is left alone')
  await hangUp(talking)

  const again = await newPerson(browser, host.origin)
  await again.context.addCookies([{ name: 'sotto', value: cookies.amy.split('=')[1] ?? '', url: base }])
  await again.page.goto('/')
  const status = (of: string) =>
    again.page.evaluate(`fetch('${base}/api/v1/me', ${of}).then(({ status }) => status, () => 'kept away')`)
  t.equal(await status("{ credentials: 'include', headers: { 'sotto-request': '1' } }"), 'kept away', 'with a cookie')
  t.equal(await status(`{ headers: { authorization: 'Bearer ${token}' } }`), 200)
  await again.context.close()
  const other = await startHostPage(t)
  other.show(pageOf(scriptOf(base), body(token)), policyFor(base))
  const stranger = await newPerson(browser, other.origin)
  await stranger.page.goto('/')
  const kept = `fetch('${base}/api/v1/me', { headers: { authorization: 'Bearer ${token}' } }).then(() => 'let in', () => 'kept away')`
  t.equal(await stranger.page.evaluate(kept), 'kept away', 'a page that nobody named')
  t.equal(await stranger.page.evaluate("customElements.get('sotto-desk') === undefined"), true)
  await stranger.context.close()
}

export function pageOf(head: string, body: string): string {
  return `<!doctype html><html lang="en"><head><title>Customers</title>${head}</head><body>${body}</body></html>`
}

export function scriptOf(base: string): string {
  return `<script type="module" src="${base}/desk/sotto-desk.js"></script>`
}

/** Nothing of its own but one script, and of Sotto scripts and the API. */
export function policyFor(base: string): string {
  return `default-src 'none'; script-src 'nonce-own' ${base}; connect-src ${base}; style-src 'none'; require-trusted-types-for 'script'`
}

/** As an administrator makes it for the desk of an agent. */
export async function tokenFor(agent: string, { base, token }: Sotto['server'], cookie?: string): Promise<Response> {
  return fetch(`${base}/api/v1/tokens`, {
    method: 'POST',
    headers: {
      ...(cookie === undefined ? { authorization: `Bearer ${token}` } : { cookie, 'sotto-request': '1' }),
      'content-type': 'application/json',
    },
    body: JSON.stringify({ name: 'crm', user: agent, scopes: ['calls:read', 'secure:read', 'secure:start'], days: 1 }),
  })
}
