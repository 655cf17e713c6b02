/**
 * Hundreds of agents' desks at one server, over HTTPS with log-ins of their own and with the questions that the page asks: what they cost control when nothing happens and while some of them have calls
 * with secure sessions, how long an event takes until a desk shows it, and what it costs when all come back at once, after the network was gone and after the server was. Prints a table and a line
 * of JSON; ends with code 1 where a mark was missed.
 * Usage: node bench/desks.ts [--desks 200] [--talking 8] [--seconds 60]
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { parseArgs } from 'node:util'
import type { Test } from 'tap'
import { makeDevelopmentCertificates } from '../src/demo/certificate.ts'
import { startServerChild } from '../src/demo/server-child.ts'
import type { TimelineEvent } from '../src/demo/timeline.ts'
import { pause, until } from '../src/demo/waiting.ts'
import { administrationOf, askAt } from '../test/pages/people.ts'
import { sampleOf } from '../test/peers/memory-samples.ts'
import { cpuMs, measureCpu } from '../test/peers/process-times.ts'
import { type Sotto, startSotto } from '../test/peers/sotto.ts'
import { dial } from '../test/peers/talk.ts'
import { startValidationPeer } from '../test/peers/validation-peer.ts'
import { type Crowd, startCrowd } from './peers/desk-crowd.ts'

const MARKS = { idlePercent: 25, eventP99Ms: 250 }
const RIGHTS = { 'secure-input:view': 'allow', 'secure-input:start': 'allow' }
const LIMIT_MS = 120_000
/** How long the server is gone. */
const AWAY_MS = 3000
const LOOK_MS = 20
const AT_ONCE = 8

const { values } = parseArgs({
  options: {
    desks: { type: 'string', default: '200' },
    talking: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '60' },
  },
})
const [desks, talking, seconds] = [Number(values.desks), Number(values.talking), Number(values.seconds)]
const ends: (() => unknown)[] = []
const stage = { teardown: (end: () => unknown) => void ends.push(end), pass: () => true } as unknown as Test
const folder = mkdtempSync(join(tmpdir(), 'sotto-desks-'))
const rows: Record<string, number> = {}

try {
  const certificates = await makeDevelopmentCertificates(Date.now())
  writeFileSync(join(folder, 'http.pem'), certificates.certificate)
  writeFileSync(join(folder, 'http.key'), certificates.key)
  setDefaultCACertificates([...getCACertificates(), certificates.authority])
  const validation = await startValidationPeer()
  ends.push(() => validation.close())
  const sotto = await startSotto(stage, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    folder,
    phones: Math.max(2, talking),
    protocol: 'https',
    http: ['tls: { certFile: http.pem, keyFile: http.key }'],
    more: 'people: { secondFactorFor: [] }\nmedia: { processes: 1 }',
  })
  const cookies = await hire(sotto)
  const { control } = sotto.processes()
  const megabytes = () => sampleOf(sotto).processes['control']?.megabytes ?? 0
  rows['control, no desk, MB'] = megabytes()
  const crowd = startCrowd({ serverPort: sotto.httpPort, authority: certificates.authority, cookies })
  ends.push(crowd.close)
  await crowd.ask({ do: 'open' })
  await pause(5000)

  const idle = measureCpu({ control })
  await pause(seconds * 500)
  rows['idle, control, % of a core'] = idle()['control'] ?? 0
  rows['all desks, control, MB'] = megabytes()

  const busy = measureCpu({ control })
  const calls = await work(sotto, crowd, [...cookies.keys()].slice(0, talking))
  rows['with calls, control, % of a core'] = busy()['control'] ?? 0
  rows['calls'] = calls
  const late = latenessOf(sotto, crowd)
  rows['events that were shown'] = late.length
  for (const part of [0.5, 0.99, 1]) rows[`event until shown, p${part * 100}, ms`] = quantile(late, part)

  await comeBack('network', crowd, sotto.httpPort, {
    lose: () => crowd.ask({ do: 'cut' }),
    mend: async () => {
      await crowd.ask({ do: 'mend' })
      return control
    },
  })
  rows['after the network, control, MB'] = megabytes()
  await comeBack('restart', crowd, sotto.httpPort, {
    lose: () => sotto.server.stop(),
    mend: async () => {
      const again = await startServerChild({
        cli: join(import.meta.dirname, '../src/cli.ts'),
        configFile: join(folder, 'sotto.yaml'),
        logFile: join(folder, 'again.log'),
        httpPort: sotto.httpPort,
        token: sotto.server.token,
        protocol: 'https',
        onEvent: () => undefined,
      })
      ends.push(() => again.stop())
      return again.processId
    },
  })
} finally {
  for (const end of ends.reverse()) await end()
  rmSync(folder, { recursive: true, force: true })
}
const write = (text: string) => process.stdout.write(`${text}\n`)
write('| what | measured |\n|---|---|')
for (const [what, figure] of Object.entries(rows)) write(`| ${what} | ${Math.round(figure * 10) / 10} |`)
write(JSON.stringify({ bench: 'desks', desks, talking, rows }))
const isLate = (rows['event until shown, p99, ms'] ?? Number.POSITIVE_INFINITY) > MARKS.eventP99Ms
if (isLate || (rows['idle, control, % of a core'] ?? 100) > MARKS.idlePercent) process.exitCode = 1

/** One agent for each desk, in one workgroup with one form. @returns cookies by name. */
async function hire(sotto: Sotto): Promise<ReadonlyMap<string, string>> {
  const admin = administrationOf(askAt(sotto.server.base), sotto.server.token)
  const names = Array.from({ length: desks }, (_, i) => (i === 0 ? 'agent' : `agent-${i + 1}`))
  const cookies = new Map<string, string>()
  const left = [...names]
  const one = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      if (names.indexOf(name) >= Math.max(2, talking))
        await admin.make('phones', { name, password: `of-${name}-alone` })
      cookies.set(name, await admin.user(`of-${name}`, { phone: name }))
    }
  }
  const fromMs = performance.now()
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  rows['log-ins and passwords of all, s'] = (performance.now() - fromMs) / 1000
  await admin.make('forms', { name: 'plain', flow: 'card-payment' })
  const members = names.map((name) => `of-${name}`)
  await admin.make('workgroups', { name: 'payments', members, forms: ['plain'], rights: RIGHTS })
  return new Map(names.map((name) => [name, cookies.get(name) ?? '']))
}

/** Calls with a secure session each, one after the other at each of these desks. @returns how many. */
async function work(sotto: Sotto, { ask, shown }: Crowd, names: readonly string[]): Promise<number> {
  let calls = 0
  const endMs = performance.now() + seconds * 1000
  const one = async (name: string, at: number) => {
    const agent = await sotto.agent({ user: name, password: `agent-password-${at + 1}` })
    const caller = await sotto.caller({ user: `+4930${1000 + at}` })
    while (performance.now() < endMs) {
      const talk = await dial(sotto, caller, agent, String(100 + at), sotto.events.length)
      const { callId } = talk
      const sees = (type: string) => until(() => shown.has(`${callId} ${type}`), `${name} sees ${type}`, LIMIT_MS)
      await sees('call.bridged')
      const from = sotto.events.length
      const refused = await ask({ do: 'start', name, callId, form: 'plain' })
      if (refused !== undefined) throw new Error(JSON.stringify(refused))
      const isIt = (event: TimelineEvent) => event.type === 'secure.requested' && event['callId'] === callId
      const session = talk.session(await sotto.event(isIt, 'a session', LIMIT_MS, from))
      await session.asked(0)
      await talk.key('4')
      await session.event('secure.progress')
      await sees('secure.progress')
      await ask({ do: 'cancel', name, callId, sessionId: session.sessionId })
      await sees('secure.ended')
      await ask({ do: 'close-outcome', name, sessionId: session.sessionId })
      await caller.signalling.hangUp()
      await sees('call.ended')
      calls += 1
    }
  }
  await Promise.all(names.map(one))
  return calls
}

/** @returns ms from each event until a desk showed it, the shortest first. */
function latenessOf({ events, whenMs }: Sotto, { shown }: Crowd): readonly number[] {
  const told = new Map<string, number>()
  for (const event of events) {
    const key = `${event['callId']} ${event.type}`
    if (!told.has(key)) told.set(key, performance.timeOrigin + whenMs(event))
  }
  return [...shown]
    .flatMap(([key, atMs]) => {
      const toldMs = told.get(key)
      return toldMs === undefined ? [] : [Math.max(0, atMs - toldMs)]
    })
    .toSorted((a, b) => a - b)
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.POSITIVE_INFINITY
}

type Loss = {
  lose(): Promise<unknown>
  /** @returns the process id of control, when it is there again. */
  mend(): Promise<number>
}

/** All desks lose the server for a while, and come back: how long that takes and what it costs control. A new process counts from its beginning. */
async function comeBack(what: string, { ask }: Crowd, httpPort: number, { lose, mend }: Loss): Promise<void> {
  await lose()
  await ask({ do: 'lost' })
  await pause(AWAY_MS)
  const back = ask({ do: 'back' })
  let isBack = false
  const noted = back.then(() => {
    isBack = true
  })
  const pid = await mend()
  const before = what === 'restart' ? 0 : cpuMs(pid)
  let most = 0
  while (!isBack) {
    const askedMs = performance.now()
    await fetch(`https://127.0.0.1:${httpPort}/health`)
    most = Math.max(most, performance.now() - askedMs)
    await pause(LOOK_MS)
  }
  await noted
  const all = ((await back) as readonly number[]).toSorted((a, b) => a - b)
  rows[`${what}: back, p50, s`] = quantile(all, 0.5) / 1000
  rows[`${what}: back, the last, s`] = quantile(all, 1) / 1000
  rows[`${what}: control, s of a core`] = (cpuMs(pid) - before) / 1000
  rows[`${what}: answers to others, most, ms`] = most
}
