/**
 * The first run from an empty folder: `sotto start` prints a link, which makes the administrator in a real browser, second factor and all; then two phones register, one calls the other, and a
 * first secure session runs while the page ticks off each step. The link is refused the second time, and after the next start there is none.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { words as de } from '../../pages/first/languages/de.ts'
import { words as en } from '../../pages/first/languages/en.ts'
import { words as es } from '../../pages/first/languages/es.ts'
import { words as fr } from '../../pages/first/languages/fr.ts'
import { createCallCapture } from '../../src/demo/call-capture.ts'
import { openPhone } from '../../src/demo/phone.ts'
import { readEvents } from '../../src/demo/server-child.ts'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import { until } from '../../src/demo/waiting.ts'
import { searchFiles } from '../../src/leak/file-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'
import { axeFinds, newPerson, picture, startBrowser } from '../peers/browser.ts'
import { freePort } from '../peers/free-port.ts'
import { CANARY } from '../peers/sotto.ts'
import { codesOf, nextYearsEnd } from '../peers/talk.ts'
import { oneTimeCode } from '../people/one-time-code.ts'

t.setTimeout(300_000)

const CLI = resolve(import.meta.dirname, '../../src/cli.ts')
const OTHERS = { de, fr, es }
const PASSWORD = 'horse battery staple correct'
const SAMPLE = { authorization: 'Bearer token-on-loopback' }

const folder = t.testdir()
const [sipPort, httpPort] = [await freePort(), await freePort()]
const origin = `http://127.0.0.1:${httpPort}`
const children: ChildProcess[] = []
t.teardown(() => children.map((child) => child.kill('SIGINT')))

/** Without a configuration, and without a variable but where it listens and that a busy machine does not matter. */
async function start() {
  const env = {
    SOTTO_SIP_LISTENERS_0_PORT: String(sipPort),
    SOTTO_SIP_LISTENERS_1_PORT: String(sipPort),
    SOTTO_HTTP_PORT: String(httpPort),
    SOTTO_MEDIA_PROCESSES: '1',
    SOTTO_ADMISSION_ENABLED: 'false',
  }
  const child = spawn(process.execPath, [CLI, 'start'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const said = { terminal: '', log: '' }
  child.stderr.on('data', (chunk) => {
    said.terminal += chunk
  })
  child.stdout.on('data', (chunk) => {
    said.log += chunk
  })
  const isReady = () => said.terminal.includes('Ready.')
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  await until(() => isReady() || isOver(), 'it is ready', 120_000).catch(() => undefined)
  if (!isReady())
    throw new Error(
      `it does not start (${child.exitCode ?? child.signalCode}): ${said.terminal}\n${said.log.slice(-3000)}`,
    )
  const gone = new Promise<void>((ended) => child.once('exit', () => ended()))
  return {
    said,
    stop: async () => {
      child.kill('SIGINT')
      await gone
    },
  }
}

t.test('from an empty folder to a first secure call', async (t) => {
  const { said, stop } = await start()
  const link = /http:\S+\/first\/#[a-z]{64}/.exec(said.terminal)?.[0] ?? ''
  t.ok(link.startsWith(origin), said.terminal)
  const secret = link.split('#')[1] ?? ''
  const browser = await startBrowser(t)
  for (const [locale, { title }] of Object.entries(OTHERS)) {
    const viewport = { width: 320, height: 640 }
    const other = await newPerson(browser, origin, { locale, viewport, colorScheme: 'dark' })
    await other.page.goto(link)
    await other.page.getByRole('heading', { name: title }).waitFor()
    t.equal(await other.page.locator('html').getAttribute('lang'), locale)
    t.strictSame(await axeFinds(other.page), [], `axe: ${locale}`)
    const widest = Number(await other.page.evaluate('document.documentElement.scrollWidth'))
    t.ok(widest <= 320, `${locale}: ${widest} CSS pixels wide`)
    await picture(other.page, `first-create-${locale}-dark-320`)
    t.strictSame(other.complaints, [], locale)
    await other.context.close()
  }
  const { page, context, complaints } = await newPerson(browser, origin)
  const clean = async (what: string) => {
    t.strictSame(await axeFinds(page), [], `axe: ${what}`)
    await picture(page, `first-${what}`)
  }
  await page.goto(link)
  await page.getByRole('heading', { name: 'Welcome to Sotto' }).waitFor()
  t.equal(page.url(), `${origin}/first/`, 'the secret is in the address no more')
  await clean('create')
  await page.getByLabel('Name', { exact: true }).fill('root')
  await page.getByLabel('Name shown to people').fill('Ruth Root')
  await page.getByLabel('Password').fill('short')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').filter({ hasText: /\S/ }).waitFor()
  await clean('short-password')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')

  await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor()
  const key = page.locator('code')
  await key.waitFor()
  const code = oneTimeCode((await key.innerText()).replaceAll(' ', ''), Date.now())
  await page.getByLabel('Code from your authenticator').fill(code)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'I have kept them' }).press('Enter')
  await page.getByRole('heading', { name: 'Your first secure call' }).waitFor()
  await page.getByText('alice-on-loopback').waitFor()
  const done = page.locator('.steps .badge.good')
  t.equal(await done.count(), 0)
  await clean('guide')
  for (const [locale, { guideTitle }] of Object.entries({ ...OTHERS, en })) {
    await page.locator('header select').first().selectOption(locale)
    await page.getByRole('heading', { name: guideTitle }).waitFor()
    await clean(`guide-${locale}`)
  }

  const events: TimelineEvent[] = []
  const stream = new AbortController()
  t.teardown(() => stream.abort())
  const response = await fetch(`${origin}/api/v1/events`, { headers: SAMPLE, signal: stream.signal })
  void readEvents(response, { onEvent: (event) => events.push(event) })
  const phone = async (user: string, humHz: number) => {
    const opened = await openPhone({
      ...{ user, password: `${user}-on-loopback`, address: '127.0.0.1', codec: 'PCMA', humHz, ringMs: 100 },
      capture: createCallCapture(() => performance.now()),
      server: { address: '127.0.0.1', port: sipPort },
    })
    t.teardown(() => opened.close())
    await opened.signalling.register()
    return opened
  }
  const alice = await phone('alice', 2150)
  const bob = await phone('bob', 1850)
  await done.nth(1).waitFor()
  await bob.call('100')
  await done.nth(2).waitFor()
  await until(() => events.some(({ type }) => type === 'call.bridged'), 'the call stands', 20_000)
  await alice.sound.press(codesOf('*71'), 'event')
  await done.nth(3).waitFor()
  const entries = [CANARY, nextYearsEnd(), '123']
  for (const [field, entry] of entries.entries()) {
    const isAsked = () => events.some((event) => event.type === 'secure.asking' && event['field'] === field)
    await until(isAsked, `field ${field} is asked for`, 60_000)
    await bob.sound.press(codesOf(`${entry}#`), 'event')
  }
  await page.getByText('It was accepted.').waitFor()
  await done.nth(4).waitFor()
  t.equal(await done.count(), 5)
  await clean('done')
  await page.setViewportSize({ width: 320, height: 640 })
  const widest = Number(await page.evaluate('document.documentElement.scrollWidth'))
  t.ok(widest <= 320, `${widest} CSS pixels wide`)
  await picture(page, 'first-320')
  await bob.signalling.hangUp()

  const other = await context.newPage()
  await other.goto(link)
  await other.getByRole('heading', { name: 'This link is good no more' }).waitFor()
  t.strictSame(await axeFinds(other), [])
  const again = await fetch(`${origin}/api/v1/first-run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sotto-request': '1' },
    body: JSON.stringify({ secret, name: 'second', password: PASSWORD, sample: false }),
  })
  t.match(await again.json(), { code: 'people.first-link-void' })
  t.strictSame(complaints, [])
  await stop()

  const second = await start()
  t.notMatch(second.said.terminal, '/first/', 'somebody is there')
  await second.stop()
  for (const log of [said.log, second.said.log]) t.notMatch(log, secret, 'no log has the secret')
  t.notMatch(readFileSync(join(folder, 'var', 'directory', 'directory.sqlite'), 'latin1'), secret)
  t.strictSame(searchFiles(folder, needlesOf(digitsOf(CANARY))), [], 'the card number is nowhere')
})
