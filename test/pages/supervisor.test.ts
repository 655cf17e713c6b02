/**
 * The supervisor's page in real browsers, with real calls: a call and a secure session come, run and end before the eyes of its supervisor and of the administrator; a supervisor of others sees
 * nothing of it on the page, from the API or in the events; its record is verified, spoilt and found out; the history is searched and taken along; hundreds of calls; four languages.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { readEvents } from '../../src/demo/server-child.ts'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import { axeFinds, picture, startBrowser } from '../peers/browser.ts'
import { CANARY, startSotto } from '../peers/sotto.ts'
import { checkClean, dial, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'
import { administrationOf, askAt, comeIn, UNHURRIED } from './people.ts'

t.setTimeout(300_000)

const RIGHTS = { 'secure-input:view': 'allow', 'secure-input:start': 'allow' }
const HOSTILE = '%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E'

const validation = await startValidationPeer()
t.teardown(() => validation.close())
const sotto = await startSotto(t, {
  validationUrl: `https://127.0.0.1:${validation.port}/`,
  caText: validation.authority,
  secureInput: UNHURRIED,
  more: 'media: { processes: 1 }\npeople: { secondFactorFor: [] }',
})
const { server } = sotto
const admin = administrationOf(askAt(server.base), server.token)
await admin.user('root', { administrator: true, rights: RIGHTS })
await admin.user('ivy', { administrator: true })
await admin.user('sue', { displayName: 'Sue' })
await admin.user('tom', { displayName: 'Tom' })
await admin.make('users', { name: 'ann', displayName: 'Ann Ames', phone: 'agent' })
await admin.make('users', { name: 'bob', displayName: 'Bob Best', phone: 'agent-2' })
await admin.make('users', { name: 'cid', displayName: 'Cid Cole' })
await admin.make('forms', { name: 'order', flow: 'card-payment' })
const group = (name: string, displayName: string, members: string[], supervisors: string[]) =>
  admin.make('workgroups', { name, displayName, members, supervisors, forms: ['order'], rights: RIGHTS })
await group('payments', 'Payments', ['ann', 'cid', 'sue'], ['sue'])
await group('claims', 'Claims', ['bob', 'tom'], ['tom'])
const browser = await startBrowser(t)
const people = {
  sue: await comeIn(browser, server.base, 'sue'),
  root: await comeIn(browser, server.base, 'root'),
  tom: await comeIn(browser, server.base, 'tom'),
  /** Administers, and has no right to see secure sessions. */
  ivy: await comeIn(browser, server.base, 'ivy'),
}

async function clean(t: Test, page: Page, name: string): Promise<void> {
  t.strictSame(await axeFinds(page), [], `axe: ${name}`)
  await picture(page, `supervisor-${name}`)
}
const textOf = (page: Page) => page.locator('body').innerText()
const statusFor = async (cookie: string, path: string) =>
  (await fetch(`${server.base}${path}`, { headers: { cookie } })).status

t.test('a call and a secure session come, run and end, before those alone who may see them', async (t) => {
  const { sue, root, tom, ivy } = people
  const told: TimelineEvent[] = []
  const stream = new AbortController()
  t.teardown(() => stream.abort())
  const events = await fetch(`${server.base}/api/v1/events`, { headers: { cookie: tom.cookie }, signal: stream.signal })
  void readEvents(events, { onEvent: (event) => told.push(event) })

  for (const { page } of [sue, root, tom, ivy]) {
    await page.goto('/supervisor/')
    await page.getByText('Nobody is on a call.').waitFor()
  }
  for (const { page } of [sue, root]) await page.getByRole('heading', { name: 'Payments' }).waitFor()
  await clean(t, sue.page, 'nothing')
  t.strictSame(await sue.page.locator('article h3').allInnerTexts(), ['Payments'], 'her workgroup')
  t.strictSame(await root.page.locator('article h3').allInnerTexts(), ['Claims', 'Payments'], 'all of them')

  const talking = await talk(t, sotto)
  const { callId } = talking
  const ann = sue.page.getByRole('row', { name: 'Ann Ames' })
  for (const { page } of [sue, root]) {
    await page.getByText('1 of 3 on a call').waitFor()
    await page.getByRole('region', { name: 'Calls that stand' }).getByText('+493012345678').first().waitFor()
  }
  await ann.first().getByText('Talking').waitFor()
  await clean(t, sue.page, 'call')

  const session = await talking.secure()
  await session.asked(0)
  for (const { page } of [sue, root]) {
    await page.getByText('1 in Secure Input').waitFor()
    await page.getByText('attempt 1 of 3').first().waitFor()
  }
  await talking.key(CANARY.slice(0, 5))
  await ann.first().getByText('5 keys').waitFor()
  await ivy.page.reload()
  await ivy.page.getByText('1 of 3 on a call').waitFor()
  await ivy.page.getByRole('row', { name: 'Ann Ames' }).first().getByText('Talking').waitFor()
  t.notMatch(await textOf(ivy.page), /\d in Secure Input|attempt|\d keys?|Accepted|Declined/, 'nothing of the session')
  const counted = ivy.page.locator('.counters')
  t.equal(await counted.getByText('Secure Input').count(), 0, 'and no zero that would be none')
  t.equal(await ivy.page.getByRole('columnheader', { name: 'Secure Input' }).count(), 0, 'nor an empty column')
  await sue.page.getByRole('columnheader', { name: 'Secure Input' }).first().waitFor()
  await clean(t, ivy.page, 'without-the-right')
  await clean(t, sue.page, 'asking')

  await ann.first().getByRole('link').press('Enter')
  await sue.page.getByRole('heading', { name: 'Interaction details' }).waitFor()
  await sue.page.getByText('5 keys').first().waitFor()
  await clean(t, sue.page, 'details-running')
  await talking.key(`${CANARY.slice(5)}#`)
  await session.enterRest()
  await session.event('secure.ended', 30_000)
  await sue.page.locator('article').getByText('Accepted').waitFor()
  await sue.page.getByText('Verified', { exact: true }).waitFor()
  await sue.page.getByText('The counts show that nobody heard the caller meanwhile.').waitFor()
  await sue.page.getByText('Secure Input was used once').first().waitFor({ state: 'attached' })
  await clean(t, sue.page, 'details-verified')

  await talking.caller.signalling.hangUp()
  await talking.over()
  await sue.page.getByText('The caller hung up').waitFor()
  await sue.page.getByRole('button', { name: 'Back' }).press('Enter')
  for (const { page } of [sue, root]) await page.getByText('Nobody is on a call.').waitFor()
  await clean(t, sue.page, 'after')

  t.match(await textOf(tom.page), 'Nobody is on a call.')
  t.notMatch(await textOf(tom.page), '+493012345678')
  const one = `/api/v1/calls/${callId}`
  const kept = `/api/v1/call-history/${callId}`
  const record = `${one}/secure-sessions/${session.sessionId}/verification`
  for (const path of [one, `${one}/secure-sessions`, record, kept]) {
    t.equal(await statusFor(tom.cookie, path), 404, `not his: ${path}`)
    t.equal(await statusFor(sue.cookie, path), 200, `hers: ${path}`)
  }
  for (const path of ['/api/v1/calls', '/api/v1/ended-calls', '/api/v1/call-history', '/api/v1/team']) {
    const text = await (await fetch(`${server.base}${path}`, { headers: { cookie: tom.cookie } })).text()
    t.notMatch(text, callId, path)
    t.notMatch(text, 'ann', path)
  }
  await tom.page.goto(`/supervisor/#/call/${callId}`)
  await tom.page.getByText('There is no such call, or it is not one of those that you see.').waitFor()
  await clean(t, tom.page, 'not-his')
  t.strictSame(
    told.filter((event) => event['callId'] !== undefined),
    [],
    'no event of a call that is not his',
  )
})

t.test('whatever a caller calls himself is text', async (t) => {
  const { sue, root } = people
  await sue.page.goto('/supervisor/')
  const agent = await sotto.agent()
  const caller = await sotto.caller({ user: HOSTILE })
  const talking = await dial(sotto, caller, agent, '100', sotto.events.length)
  await sue.page.getByText(decodeURIComponent(HOSTILE)).first().waitFor()
  t.equal(await sue.page.locator('img').count(), 0)
  await clean(t, sue.page, 'hostile')
  await caller.signalling.hangUp()
  await talking.over()
  // The history is written a moment later, and a page of it is read once.
  while ((await statusFor(root.cookie, `/api/v1/call-history/${talking.callId}`)) !== 200) await pause(50)
  await root.page.goto('/supervisor/#/history')
  await root.page.getByText(decodeURIComponent(HOSTILE)).first().waitFor()
})

t.test('the history is searched, taken along, and its records verified; a spoilt one is found out', async (t) => {
  const { page } = people.sue
  await page.goto('/supervisor/#/history')
  await page.getByRole('heading', { name: 'Call history' }).waitFor()
  const rows = page.locator('tbody tr')
  await page.getByText('Accepted').nth(1).waitFor()
  t.equal(await rows.count(), 2)
  await clean(t, page, 'history')
  await page.getByLabel('Outcome').selectOption('accepted')
  await page.getByRole('button', { name: 'Search' }).press('Enter')
  await page.waitForURL('**/#/history/outcome%3Daccepted')
  await rows.nth(1).waitFor({ state: 'detached' })
  await rows.first().waitFor()
  t.equal(await rows.count(), 1)
  const taking = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export as CSV' }).press('Enter')
  const csv = readFileSync(await (await taking).path(), 'utf8')
  t.match(csv, /^call,started,/)
  t.equal(csv.trim().split('\r\n').length, 2, 'what was looked for')
  await page.getByLabel('Number').fill('+4999*')
  await page.getByRole('button', { name: 'Search' }).press('Enter')
  await page.getByText('No call fits what you look for.').waitFor()
  await clean(t, page, 'history-nothing')
  await page.getByRole('button', { name: 'Clear' }).press('Enter')
  await page.waitForURL('**/#/history')
  await rows.nth(1).waitFor()

  await page.getByLabel('Outcome').selectOption('any')
  await page.getByRole('button', { name: 'Search' }).press('Enter')
  await page.waitForURL('**/#/history/outcome%3Dany')
  await rows.nth(1).waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'Details of the call from +49' }).press('Enter')
  await page.getByText('Verified', { exact: true }).waitFor()
  const folder = join(sotto.folder, 'var', 'audit')
  const [file = ''] = readdirSync(folder).filter((name) => name.startsWith('records-'))
  const sound = readFileSync(join(folder, file), 'utf8')
  writeFileSync(join(folder, file), sound.replace('"fieldsTaken":3', '"fieldsTaken":2'))
  await page.getByRole('button', { name: 'Verify again' }).press('Enter')
  await page.getByText('Does not hold').waitFor()
  await page.getByText('bad-signature').waitFor()
  await clean(t, page, 'spoilt')
  writeFileSync(join(folder, file), sound)
})

t.test('figures over time, as charts and as tables', async (t) => {
  const { page } = people.sue
  await page.goto('/supervisor/#/figures')
  const outcomes = page.getByRole('region', { name: 'Secure sessions by outcome' }).first()
  await outcomes.locator('canvas').waitFor()
  await outcomes.getByText('Accepted: 1').waitFor()
  await outcomes.getByText('As a table').press('Enter')
  const cells = await outcomes.locator('tbody td:nth-child(2)').allInnerTexts()
  t.equal(cells.length, 24)
  t.equal(
    cells.reduce((sum, cell) => sum + Number(cell), 0),
    1,
  )
  await clean(t, page, 'figures')
  await page.getByLabel('Period').selectOption('week')
  await page.locator('tbody td').nth(7).waitFor({ state: 'attached' })
  const { ivy } = people
  await ivy.page.goto('/supervisor/#/figures')
  await ivy.page.locator('canvas').first().waitFor()
  t.equal(await ivy.page.locator('canvas').count(), 1, 'calls alone, for who may not see secure sessions')
  await clean(t, ivy.page, 'figures-without-the-right')
})

t.test('hundreds of calls at once stay usable', async (t) => {
  const { page, context } = people.root
  const calls = Array.from({ length: 400 }, (_, i) => ({
    ...{ callId: `call-${i}`, state: 'bridged', origin: 'trunk', from: `+49301${1000 + i}`, to: '100' },
    ...{ isEmergency: false, startedAtMs: i, bridgedAtMs: i + 1, transfers: [], secureSessions: [] },
    agentLeg: { legId: `leg-${i}`, account: `phone-${i}`, held: false },
  }))
  await context.route('**/api/v1/calls', (route) => route.fulfill({ json: { nowMs: 100_000, calls } }))
  await page.goto('/supervisor/')
  await page.reload()
  const table = page.getByRole('region', { name: 'Calls that stand' }).locator('tbody tr')
  await page.getByText('1 to 50 of 400').waitFor()
  t.equal(await table.count(), 50)
  await page.getByRole('button', { name: 'Next page' }).press('Enter')
  await page.getByText('51 to 100 of 400').waitFor()
  t.match(await table.first().innerText(), '+493011050')
  await page.getByLabel('Number or agent').fill('phone-399')
  await table.nth(1).waitFor({ state: 'detached' })
  t.match(await table.first().innerText(), '+493011399')
  await page.getByLabel('Number or agent').fill('')
  await clean(t, page, 'hundreds')
  await context.unroute('**/api/v1/calls')
})

t.test('every view in other languages, on 320 CSS pixels, in the dark', async (t) => {
  const titles = { de: 'Anrufliste', fr: 'Historique', es: 'Historial' }
  for (const [locale, title] of Object.entries(titles)) {
    const viewport = { width: 320, height: 640 }
    const small = await comeIn(browser, server.base, 'sue', { locale, viewport, colorScheme: 'dark' })
    for (const view of ['now', 'history', 'figures']) {
      await small.page.goto(`/supervisor/#/${view}`)
      const heading = small.page.getByRole('heading', { level: 1 })
      await heading.waitFor()
      if (view === 'history') await heading.filter({ hasText: title }).waitFor()
      if (view === 'figures') await small.page.locator('canvas').nth(2).waitFor()
      await small.page.locator('main table, main dl').first().waitFor({ state: 'attached' })
      await picture(small.page, `supervisor-${locale}-${view}-dark-320`)
      if (view === 'history') t.strictSame(await axeFinds(small.page), [], `axe: ${locale}`)
      const widest = await small.page.evaluate('document.documentElement.scrollWidth')
      t.ok(Number(widest) <= 320, `${locale}, ${view}: ${widest} CSS pixels wide`)
    }
    t.strictSame(small.complaints, [])
    await small.context.close()
  }
})

t.test('nobody complained, and the card number is nowhere', async (t) => {
  for (const [name, { page, complaints, context }] of Object.entries(people)) {
    t.strictSame(complaints, [], name)
    t.notMatch(await page.content(), CANARY)
    t.notMatch(await page.content(), CANARY.slice(-4))
    await context.close()
  }
  await checkClean(t, sotto)
})
