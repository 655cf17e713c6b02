/**
 * The agent's desk as a browser gets it from a real server: how long from going there until it can be worked with, nothing kept from before, and how many octets of scripts come for it, compressed.
 * Prints a table and a line of JSON; ends with code 1 where a mark was missed.
 * Usage: node bench/desk-page.ts [--loads 20]
 */

import { parseArgs } from 'node:util'
import type { Test } from 'tap'
import { atDesk, hireAgents } from '../test/pages/desk-people.ts'
import { administrationOf, askAt, NO_SECOND_FACTOR } from '../test/pages/people.ts'
import { startBrowser } from '../test/peers/browser.ts'
import { startSotto } from '../test/peers/sotto.ts'
import { startValidationPeer } from '../test/peers/validation-peer.ts'

/** Marks: ms until it can be worked with, at the median; octets of scripts. */
const MARKS = { interactiveMs: 1000, scriptOctets: 100_000 }
/** Tells when the desk has read its calls: then every control that it has does something. */
const WATCH = `new MutationObserver((_, watch) => {
  if (document.querySelector('.calls .card, .call') === null) return
  globalThis.interactiveMs = performance.now()
  watch.disconnect()
}).observe(document, { childList: true, subtree: true })`
const SCRIPTS = `performance.getEntriesByType('resource')
  .filter(({ name }) => name.endsWith('.js'))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`

const { values } = parseArgs({ options: { loads: { type: 'string', default: '20' } } })
const ends: (() => unknown)[] = []
const stage = { teardown: (end: () => unknown) => void ends.push(end), pass: () => true } as unknown as Test
const validation = await startValidationPeer()
try {
  const sotto = await startSotto(stage, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    more: `${NO_SECOND_FACTOR}media: { processes: 1 }`,
  })
  await hireAgents(administrationOf(askAt(sotto.server.base), sotto.server.token))
  const browser = await startBrowser(stage)
  const times: number[] = []
  let octets = 0
  for (let load = 0; load < Number(values.loads); load += 1) {
    const { page, context } = await atDesk(browser, sotto, 'amy', {}, WATCH)
    await page.getByText('No call.').waitFor()
    times.push(await page.evaluate<number>('interactiveMs'))
    octets = Math.max(octets, await page.evaluate<number>(SCRIPTS))
    await context.close()
  }
  const sorted = times.toSorted((a, b) => a - b)
  const [p50 = 0, worst = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  const rows = [
    ['until it can be worked with, median, ms', Math.round(p50), MARKS.interactiveMs],
    ['until it can be worked with, worst, ms', Math.round(worst), '-'],
    ['scripts, compressed, octets', octets, MARKS.scriptOctets],
  ]
  const write = (text: string) => process.stdout.write(`${text}\n`)
  write('| what | measured | mark |\n|---|---|---|')
  for (const row of rows) write(`| ${row.join(' | ')} |`)
  write(JSON.stringify({ bench: 'desk-page', loads: times.length, p50Ms: p50, worstMs: worst, scriptOctets: octets }))
  if (octets === 0 || octets > MARKS.scriptOctets || p50 > MARKS.interactiveMs) process.exitCode = 1
} finally {
  for (const end of ends.reverse()) await end()
  await validation.close()
}
