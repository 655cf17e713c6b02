/**
 * Slow HTTP clients against a whole server, over HTTP and over HTTPS: who says nothing, sends a head or a body drop by drop, stays after an answer, reads one drop by drop, or does not finish a
 * TLS handshake. How long others wait for an answer meanwhile, on connections of their own, and after how long the last of each kind is closed. Prints a table and a line of JSON; ends with code 1 where
 * a mark was missed.
 * Usage: node bench/slow-clients.ts [--clients 300] [--before-ms 2000]
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { get as getTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Test } from 'tap'
import { pause } from '../src/demo/waiting.ts'
import { furnish, startHttps } from '../test/peers/https-server.ts'
import { type SlowClient, type SlowKind, slowClient } from '../test/peers/slow-clients.ts'
import { startSotto } from '../test/peers/sotto.ts'
import { startValidationPeer } from '../test/peers/validation-peer.ts'

const MARKS = { answerMs: 250, closedSeconds: 30 }
const KINDS: readonly SlowKind[] = ['silent', 'head', 'body', 'idle', 'reader']
/** Longer than any of them should stay. */
const LIMIT_MS = 60_000
const LOOK_MS = 50

const { values } = parseArgs({
  options: { clients: { type: 'string', default: '300' }, 'before-ms': { type: 'string', default: '2000' } },
})
const clients = Number(values.clients)
const ends: (() => unknown)[] = []
const stage = { teardown: (end: () => unknown) => void ends.push(end), pass: () => true } as unknown as Test
const folder = mkdtempSync(join(tmpdir(), 'sotto-slow-'))
const rows: Row[] = []

type Answers = { readonly p50Ms: number; readonly p99Ms: number; readonly mostMs: number; readonly failed: number }
type Row = {
  readonly port: 'http' | 'https'
  readonly before: Answers
  readonly during: Answers
  /** Of the last one of each kind; null for who was not closed. */
  readonly closedSeconds: Readonly<Record<string, number | null>>
}

try {
  const validation = await startValidationPeer()
  ends.push(() => validation.close())
  const url = `https://127.0.0.1:${validation.port}/`
  const { httpPort } = await startSotto(stage, { validationUrl: url, caText: validation.authority })
  await measure('http', httpPort, KINDS)
  const { port, authority } = await furnish(folder)
  await startHttps(stage, folder, port, authority)
  await measure('https', port, [...KINDS, 'handshake'])
} finally {
  for (const end of ends.reverse()) await end()
  rmSync(folder, { recursive: true, force: true })
}
const missed = rows.flatMap(({ port, during, closedSeconds }) => [
  ...(during.failed > 0 || during.mostMs > MARKS.answerMs ? [`${port}: answers to others`] : []),
  ...Object.entries(closedSeconds)
    .filter(([, seconds]) => seconds === null || seconds > MARKS.closedSeconds)
    .map(([kind]) => `${port}: ${kind} closed`),
])
process.stdout.write(`${JSON.stringify({ clients, rows, missed })}\n`)
if (missed.length > 0) process.exitCode = 1

async function measure(name: Row['port'], port: number, kinds: readonly SlowKind[]): Promise<void> {
  const isTls = name === 'https'
  const before = await answersWhile(port, isTls, pause(Number(values['before-ms'])))
  const all = Array.from({ length: clients }, (_, at) =>
    slowClient(port, kinds[at % kinds.length] ?? 'silent', { isTls }),
  )
  const over = Promise.all(all.map(({ closed }) => closed))
  const during = await answersWhile(port, isTls, Promise.race([over, pause(LIMIT_MS)]))
  const closedSeconds = Object.fromEntries(
    await Promise.all(kinds.map(async (kind) => [kind, await lastOf(all, kind)])),
  )
  for (const each of all) each.end()
  const row = { port: name, before, during, closedSeconds }
  rows.push(row)
  const shown = ({ p50Ms, p99Ms, mostMs, failed }: Answers) => `${p50Ms} / ${p99Ms} / ${mostMs} ms, ${failed} failed`
  process.stdout.write(
    `${name}, ${clients} slow clients: GET p50 / p99 / most ${shown(during)}; alone ${shown(before)}\n`,
  )
  for (const [kind, seconds] of Object.entries(closedSeconds))
    process.stdout.write(`  ${kind.padEnd(10)} closed after ${seconds ?? '-'} s\n`)
}

async function lastOf(all: readonly SlowClient[], kind: SlowKind): Promise<number | null> {
  const times = all.filter((each) => each.kind === kind).map(({ closed }) => Promise.race([closed, pause(0)]))
  const found = await Promise.all(times)
  const ms = found.map((each) => (typeof each === 'object' ? each.ms : undefined))
  return ms.some((each) => each === undefined)
    ? null
    : Math.round(Math.max(0, ...ms.map((each) => each ?? 0)) / 100) / 10
}

/** Asks again and again, each time on a connection of its own. */
async function answersWhile(port: number, isTls: boolean, end: Promise<unknown>): Promise<Answers> {
  let isOver = false
  void end.then(() => {
    isOver = true
  })
  const times: number[] = []
  let failed = 0
  while (!isOver) {
    const ms = await answerMs(port, isTls)
    if (ms === undefined) failed += 1
    else times.push(ms)
    await pause(LOOK_MS)
  }
  times.sort((a, b) => a - b)
  const at = (part: number) =>
    Math.round((times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0) * 10) / 10
  return { p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1), failed }
}

function answerMs(port: number, isTls: boolean): Promise<number | undefined> {
  const startMs = performance.now()
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/health', agent: false, timeout: 10_000 }
    const answered = (response: IncomingMessage) => {
      response.on('end', () => resolve(response.statusCode === 200 ? performance.now() - startMs : undefined))
      response.resume()
    }
    const asked = isTls ? getTls({ ...options, rejectUnauthorized: false }, answered) : get(options, answered)
    asked.on('error', () => resolve(undefined))
    asked.on('timeout', () => asked.destroy())
  })
}
