/**
 * Live updates with two browsers at once, an agent's desk and her supervisor's page: how long from an event of a call until it stands in the document of each, over real calls with a secure session
 * in each. Times are of one machine's clock; that of an event is when the server wrote it. Prints a table and a line of JSON; ends with code 1 where the mark was missed.
 * Usage: node bench/live-updates.ts [--calls 30]
 */

import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { atDesk, hireAgents } from '../test/pages/desk-people.ts'
import { administrationOf, askAt, NO_SECOND_FACTOR } from '../test/pages/people.ts'
import { startBrowser } from '../test/peers/browser.ts'
import { startSotto } from '../test/peers/sotto.ts'
import { dial } from '../test/peers/talk.ts'
import { startValidationPeer } from '../test/peers/validation-peer.ts'

/** Mark: ms for the slowest. */
const MARK_MS = 1000
const LIMIT_MS = 20_000
/** Events, and what of the page says that one has happened; a page may draw two that follow at once as one. */
const SHOWN = {
  desk: {
    'call.bridged': 'Talking',
    'secure.requested': 'Secure session',
    'secure.parted': 'goes into the vault|is greeted|The caller keys\\.',
    'secure.asking': 'The caller keys\\.',
    'secure.progress': '\\b1 digit keyed',
    'secure.ended': 'Not completed',
    'call.ended': 'The call is over',
  },
  supervisor: {
    'call.bridged': 'Talking',
    'secure.requested': '1 in Secure Input',
    // The page has no word of its own for it: until the caller hears the vault.
    'secure.parted': 'hears an announcement|The caller keys',
    'secure.asking': 'attempt 1 of 3',
    'secure.progress': '\\b1 key\\b',
    'secure.ended': 'Talking',
    'call.ended': 'Nobody is on a call',
  },
} as const
/** What the form asks for. */
const FILLED = [
  { name: 'Order number', value: 'A 17' },
  { name: 'amount', value: '12.50' },
]
const RIGHTS = { 'secure-input:view': 'allow' }
type Where = keyof typeof SHOWN
type What = keyof (typeof SHOWN)['desk']
const WHERE = Object.keys(SHOWN) as Where[]
const WHAT = Object.keys(SHOWN.desk) as What[]

/** Notes when each of the words comes into the page. */
const watching = (words: readonly string[]) => `globalThis.shown = []
const words = ${JSON.stringify(words)}.map((word) => new RegExp(word))
let before = words.map(() => false)
new MutationObserver(() => {
  const text = document.querySelector('main')?.textContent ?? ''
  const now = words.map((word) => word.test(text))
  now.forEach((is, at) => {
    if (is && !before[at]) shown.push({ word: words[at].source, atMs: performance.timeOrigin + performance.now() })
  })
  before = now
}).observe(document, { childList: true, subtree: true, characterData: true })`

const { values } = parseArgs({ options: { calls: { type: 'string', default: '30' } } })
const count = Number(values.calls)
const ends: (() => unknown)[] = []
const stage = { teardown: (end: () => unknown) => void ends.push(end), pass: () => true } as unknown as Test
const times = new Map<string, number[]>()
const validation = await startValidationPeer()
try {
  const sotto = await startSotto(stage, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    more: `${NO_SECOND_FACTOR}media: { processes: 1 }`,
  })
  const admin = administrationOf(askAt(sotto.server.base), sotto.server.token)
  await hireAgents(admin)
  await admin.user('sue', { rights: RIGHTS })
  await admin.change('workgroups', 'payments', { supervisors: ['sue'] })
  const open = async (where: Where, name: string) => {
    const { page } = await atDesk(await startBrowser(stage), sotto, name, {}, watching(Object.values(SHOWN[where])))
    if (where === 'supervisor') await page.goto('/supervisor/')
    await page.getByText(where === 'desk' ? 'No call.' : 'Nobody is on a call.').waitFor()
    return page
  }
  const pages: Record<Where, Page> = { desk: await open('desk', 'amy'), supervisor: await open('supervisor', 'sue') }
  const agent = await sotto.agent()
  const caller = await sotto.caller()
  for (let call = 0; call < count; call += 1) {
    const from = sotto.events.length
    for (const where of WHERE) await pages[where].evaluate('shown.length = 0')
    const talking = await dial(sotto, caller, agent, '100', from)
    await stands(pages, 'call.bridged')
    const session = await talking.secure(FILLED)
    await session.asked(0)
    await stands(pages, 'secure.asking')
    await talking.key('4')
    await stands(pages, 'secure.progress')
    await sotto.server.request('DELETE', `/api/v1/calls/${talking.callId}/secure-sessions/${session.sessionId}`)
    await stands(pages, 'secure.ended')
    await caller.signalling.hangUp()
    await stands(pages, 'call.ended')
    for (const what of WHAT) {
      const event = await sotto.event(({ type }) => type === what, what, LIMIT_MS, from)
      const atMs = performance.timeOrigin + sotto.whenMs(event)
      for (const where of WHERE) note(`${where} ${what}`, await shownAfter(pages[where], SHOWN[where][what], atMs))
    }
    await pages.desk.getByRole('button', { name: 'Close', exact: true }).or(cancelOn(pages.desk)).first().click()
    await pages.desk.getByText('No call.').waitFor()
  }
} finally {
  for (const end of ends.reverse()) await end()
  await validation.close()
}

const write = (text: string) => process.stdout.write(`${text}\n`)
const rows = WHERE.flatMap((where) => WHAT.map((what) => ({ where, what, ...spreadOf(times.get(`${where} ${what}`)) })))
write('| event | where | p50 ms | p99 ms | most ms | calls |\n|---|---|---|---|---|---|')
for (const { what, where, p50, p99, most, calls } of rows)
  write(`| ${what} | ${where} | ${p50} | ${p99} | ${most} | ${calls} |`)
write(JSON.stringify({ bench: 'live-updates', rows }))
if (rows.some(({ most, calls }) => calls < count || most > MARK_MS)) process.exitCode = 1

function note(key: string, ms: number): void {
  times.set(key, [...(times.get(key) ?? []), ms])
}

function cancelOn(page: Page) {
  return page.getByRole('button', { name: 'Cancel', exact: true })
}

/** Both pages show it. */
async function stands(pages: Record<Where, Page>, what: What): Promise<void> {
  for (const where of WHERE)
    await pages[where]
      .locator('main')
      .filter({ hasText: new RegExp(SHOWN[where][what]) })
      .waitFor({ timeout: LIMIT_MS })
}

/** @returns ms from a time of the wall until a word came. @throws Error when it did not */
async function shownAfter(page: Page, word: string, atMs: number): Promise<number> {
  const shown = await page.evaluate<{ word: string; atMs: number }[]>('shown')
  // The server's clock is known to about a millisecond.
  const first = shown.find((each) => each.word === word && each.atMs >= atMs - 5)
  if (first === undefined) throw new Error(`${word} did not come: ${JSON.stringify({ atMs, shown })}`)
  return Math.max(0, first.atMs - atMs)
}

function spreadOf(all: readonly number[] = []) {
  const sorted = all.toSorted((a, b) => a - b)
  const at = (part: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0)
  return { p50: at(0.5), p99: at(0.99), most: at(1), calls: sorted.length }
}
