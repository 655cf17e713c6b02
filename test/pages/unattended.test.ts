/** Pages in a real browser, with clocks that are set by hand: while somebody is at one his log-in stays; when he has gone it ends, however much the page asks for by itself. */

import type { Request } from 'playwright-core'
import t, { type Test } from 'tap'
import { until } from '../../src/demo/waiting.ts'
import { readPageFiles } from '../../src/web/page-files.ts'
import { buildServer } from '../../src/web/server.ts'
import { newPerson, startBrowser } from '../peers/browser.ts'
import { webBench } from '../web/web-bench.ts'

t.setTimeout(300_000)

const MINUTE_MS = 60_000
/** Of the log-ins of the bench. */
const IDLE_MINUTES = 30

/** A page of somebody who is logged in, its clock in our hands as the server's is. */
async function open(t: Test, name: string, path: string) {
  const b = webBench({ pages: readPageFiles('pages/built') })
  const app = buildServer(b.options)
  t.teardown(() => app.close())
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  await b.withPassword(name)
  const { cookie } = await b.loggedIn(name)
  const person = await newPerson(await startBrowser(t), origin)
  await person.context.addCookies([{ name: 'sotto', value: cookie, url: origin }])
  await person.page.clock.install()
  await person.page.goto(path)
  return { b, ...person }
}

t.test('an open page that nobody is at does not stay logged in', async (t) => {
  const { b, page, context, complaints } = await open(t, 'sue', '/supervisor/')
  await page.getByText('Nobody is on a call.').waitFor()

  const unanswered = new Set<Request>()
  page.on('request', (request) => unanswered.add(request))
  page.on('response', (response) => unanswered.delete(response.request()))
  page.on('requestfailed', (request) => unanswered.delete(request))
  /** Lets it become later, here and there. @returns what the page's next question, by itself, is answered. */
  const later = async (minutes: number) => {
    b.go(minutes * MINUTE_MS)
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().endsWith('/api/v1/team')),
      page.clock.fastForward(minutes * MINUTE_MS),
    ])
    return answer.status()
  }
  for (let n = 0; n < 4; n += 1) {
    t.equal(await later(IDLE_MINUTES / 2), 200)
    await page.mouse.move(100 + n, 100)
    t.equal(await later(1), 200, 'somebody is there')
  }
  // What it asks for from now on says that nobody is, and what it asked before comes to the server before its clock goes on.
  await page.clock.fastForward(MINUTE_MS / 2)
  await until(() => unanswered.size === 0, 'everything is answered')
  for (let n = 0; n < 2; n += 1) t.equal(await later(IDLE_MINUTES / 2 - 1), 200, 'it is shown what happens')
  // The end of its log-in ends its stream, by which the page may know before it asks for anything.
  b.go(3 * MINUTE_MS)
  const leaves = page.waitForURL(/\/\?to=/)
  await page.clock.fastForward(3 * MINUTE_MS).catch(() => undefined)
  await leaves
  t.equal((await context.request.get('/api/v1/me')).status(), 401, 'nobody was there')
  t.strictSame(complaints, [])
})

t.test('somebody is at a page that has nothing to ask for', async (t) => {
  const { b, page } = await open(t, 'ann', '/desk/')
  await page.getByRole('heading', { name: 'Desk' }).waitFor()
  for (let n = 0; n < 4; n += 1) {
    b.go((IDLE_MINUTES / 2) * MINUTE_MS)
    await page.mouse.move(100 + n, 100)
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().endsWith('/api/v1/me')),
      page.clock.fastForward(MINUTE_MS),
    ])
    t.equal(answer.status(), 200)
  }
})
