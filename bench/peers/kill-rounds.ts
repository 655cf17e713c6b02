/**
 * A server that is killed as a whole while calls are up, and begun again in the same folder with the same ports: what is left of it, how soon it answers, and what it says to who
 * was in a call. A round ends with the new server, and the next one begins with it.
 */

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { isFree } from '../../src/demo/free-port.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import { descendantsOf } from '../../src/leak/memory-search.ts'
import { askInDialog, IN_DIALOG } from '../../test/peers/in-dialog.ts'
import { strangeFiles } from '../../test/peers/kept-files.ts'
import { isAlive } from '../../test/peers/leak-watch.ts'
import { CANARY, type Sotto, type SottoOptions, startSotto, TRUNK_ADDRESS } from '../../test/peers/sotto.ts'
import { nextYearsEnd, type Session, type Talk, talk } from '../../test/peers/talk.ts'
import { firstAnswers } from './first-answers.ts'
import { socketsOf, withPort } from './held-sockets.ts'

/** How far each session is at the kill; a `running` one, which is keyed through, may be anywhere or over. */
const STAGES = ['half a number keyed', 'the number keyed', 'submitting', 'running'] as const
type Stage = (typeof STAGES)[number]

export type KillOptions = {
  readonly stage: Test
  /** Of every start of the server; with a folder. */
  readonly terms: SottoOptions
  readonly calls: number
  readonly sessions: number
  /** From 0 to 1. */
  readonly random: () => number
}

/** What came of a kill; times in ms. */
export type Killed = {
  /** From the kill until no process was left, and until no port was. */
  readonly goneMs: number
  readonly freeMs: number
  /** From the beginning of the new process until it said so, answered OPTIONS, and took a call. */
  readonly readyMs: number
  readonly udpMs: number
  readonly tcpMs: number
  readonly callMs: number
  /** How often each status was given to requests in calls of before. */
  readonly inDialog: Readonly<Record<string, number>>
  /** How far the session was that ran. */
  readonly running: string
  /** How many sessions the audit has as interrupted. */
  readonly interrupted: number
  readonly flaws: readonly string[]
}

const CLI = resolve(import.meta.dirname, '../../src/cli.ts')
const START_LIMIT_MS = 60_000
const GONE_LIMIT_MS = 10_000
/** Control, media and vault. */
const LEAST_PROCESSES = 3
/** A whole session with short prompts. */
const SESSION_MS = 9000

/** Has calls, kills everything and begins again. @returns the new server, and what came of it. */
export async function killRound(sotto: Sotto, options: KillOptions): Promise<{ again: Sotto; killed: Killed }> {
  const { stage, terms, calls, random } = options
  const talks = await Promise.all(Array.from({ length: calls }, (_, i) => talk(stage, sotto, placeOf(i))))
  const sessions = await bringAbout(talks.slice(0, options.sessions), random)
  const everybody = descendantsOf(sotto.server.processId)
  const sockets = socketsOf(everybody)
  const bound = withPort(sockets).length
  const running =
    sessions
      .find(({ at }) => at === 'running')
      ?.session.events()
      .at(-1)?.type ?? 'none'

  const killedMs = performance.now()
  for (const pid of everybody) process.kill(pid, 'SIGKILL')
  await until(() => !everybody.some(isAlive), 'the end of every process', GONE_LIMIT_MS)
  const goneMs = performance.now() - killedMs
  await sotto.server.exited
  const flaws = everybody.length < LEAST_PROCESSES ? [`only ${everybody.length} processes to kill`] : []
  if (bound < 2 * calls) flaws.push(`only ${bound} ports were seen before the kill`)
  for (let held = await heldOf(sotto, sockets); held.length > 0; held = await heldOf(sotto, sockets)) {
    if (performance.now() - killedMs > GONE_LIMIT_MS) throw new Error(`not free after the kill: ${held.join(', ')}`)
    await pause(5)
  }
  const freeMs = performance.now() - killedMs
  flaws.push(...filesOf(sotto, 'after the kill'))

  const asking = firstAnswers(sotto.sipPort, START_LIMIT_MS)
  const again = await startSotto(stage, { ...terms, ports: sotto })
  const { begunMs } = again.server
  const readyMs = performance.now() - begunMs
  const answered = await asking
  const inDialog = await askOf(talks, sotto.sipPort)
  await Promise.all(talks.flatMap(({ caller, agent }) => [caller.close(), agent.close()]))
  for (const status of Object.keys(inDialog))
    if (status !== '481') flaws.push(`${status} to a request in a call of before`)
  const audit = await auditOf(again)
  flaws.push(...audit.flaws, ...auditFlaws(audit.endings, sessions), ...(await historyFlaws(again, talks)))
  for (const { form, where } of await again.search()) flaws.push(`found: ${form} in ${where}`)
  flaws.push(...filesOf(again, 'after the start'))
  return {
    again,
    killed: {
      goneMs,
      freeMs,
      readyMs,
      udpMs: answered.udpMs - begunMs,
      tcpMs: answered.tcpMs - begunMs,
      callMs: answered.callMs - begunMs,
      inDialog,
      running,
      interrupted: sessions.filter(({ session }) => audit.endings.get(session.sessionId) === 'interrupted').length,
      flaws,
    },
  }
}

/** @returns who calls whom, the nth time. */
export function placeOf(nth: number) {
  const user = nth === 0 ? 'agent' : `agent-${nth + 1}`
  return { agent: { user, password: `agent-password-${nth + 1}` }, number: String(100 + nth) }
}

type Going = { readonly session: Session; readonly at: Stage }

/** A session in each call, as far as its turn says; the validation service must think for a second or more. */
async function bringAbout(talks: readonly Talk[], random: () => number): Promise<readonly Going[]> {
  const going = await Promise.all(
    talks.map(async (talking, i) => {
      const at = STAGES[i % STAGES.length] as Stage
      const session = await talking.secure()
      if (at !== 'running') await keyUpTo(at, talking, session)
      return { session, at, talking }
    }),
  )
  const submitting = going.filter(({ at }) => at === 'submitting')
  for (const { session, at } of going) if (at === 'running') void session.enter(CANARY).catch(() => undefined)
  await pause(random() * SESSION_MS)
  await Promise.all(submitting.map(({ talking }) => talking.key('123#')))
  await Promise.all(submitting.map(({ session }) => session.event('secure.submitting')))
  return going
}

/** Before the kill nothing comes after that but the last key of those that submit. */
async function keyUpTo(at: Stage, talking: Talk, session: Session): Promise<void> {
  await session.asked(0)
  await talking.key(CANARY.slice(0, 8))
  await session.event('secure.progress', START_LIMIT_MS, ({ keys }) => keys === 8)
  if (at === 'half a number keyed') return
  await talking.key(`${CANARY.slice(8)}#`)
  await session.asked(1)
  if (at === 'the number keyed') return
  await talking.key(`${nextYearsEnd()}#`)
  await session.asked(2)
}

/** @returns what of the server's ports is not free. */
async function heldOf({ sipPort, httpPort }: Sotto, sockets: ReadonlySet<string>): Promise<readonly string[]> {
  const free = await Promise.all([sipPort, httpPort].map((port) => isFree(port, '127.0.0.1')))
  return [...withPort(sockets), ...[sipPort, httpPort].flatMap((port, i) => (free[i] === true ? [] : String(port)))]
}

/** @returns what must not be in the folder, in words. */
function filesOf(sotto: Sotto, when: string): readonly string[] {
  return [
    ...sotto.searchFiles().map(({ form, where }) => `found ${when}: ${form} in ${where}`),
    ...strangeFiles(sotto).map((name) => `a file is left ${when}: ${name}`),
  ]
}

/** Every request, of both ends of every call. @returns how often each status came. */
async function askOf(talks: readonly Talk[], sipPort: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { caller, agent } of talks)
    for (const method of IN_DIALOG)
      for (const status of [
        await askInDialog(method, caller, TRUNK_ADDRESS, sipPort),
        await askInDialog(method, agent, '127.0.0.1', sipPort),
      ])
        counts[status] = (counts[status] ?? 0) + 1
  return counts
}

type Verified = {
  readonly sound: boolean
  readonly findings: readonly { readonly code: string; readonly says: string }[]
  readonly sessions: readonly { readonly sessionId: string; readonly ending: string }[]
}

/** Checks the records by the command, as an operator does. @returns the ending of every session there is. */
async function auditOf({ folder }: Sotto): Promise<{ endings: ReadonlyMap<string, string>; flaws: readonly string[] }> {
  const run = (...args: readonly string[]): Promise<string> =>
    promisify(execFile)(process.execPath, [CLI, ...args]).then(
      ({ stdout }) => stdout,
      // It ends with 1 where something does not hold, and says what.
      ({ stdout }: { stdout: string }) => stdout,
    )
  // Beside the folder: it is no file that the server keeps.
  const keyFile = `${folder}-audit-key.pem`
  writeFileSync(keyFile, await run('audit', 'key', '--config', join(folder, 'sotto.yaml')))
  const verified = JSON.parse(
    await run('verify', join(folder, 'var/audit'), '--key', keyFile, '--json', '--running'),
  ) as Verified
  const says = verified.findings.map((finding) => `audit: ${finding.code}: ${finding.says}`)
  return {
    endings: new Map(verified.sessions.map(({ sessionId, ending }) => [sessionId, ending])),
    flaws: verified.sound ? [] : ['the audit is not sound', ...says],
  }
}

function auditFlaws(endings: ReadonlyMap<string, string>, sessions: readonly Going[]): readonly string[] {
  return sessions.flatMap(({ session: { sessionId }, at }) => {
    const ending = endings.get(sessionId)
    const isRight = ending === 'interrupted' || (at === 'running' && ending === 'ended')
    return isRight ? [] : [`the audit has a session (${at}) as ${ending}`]
  })
}

async function historyFlaws({ server }: Sotto, talks: readonly Talk[]): Promise<readonly string[]> {
  const endings = await Promise.all(
    talks.map(async ({ callId }) => {
      const { body } = await server.request('GET', `/api/v1/call-history/${callId}`)
      return (body as { readonly ending?: string }).ending
    }),
  )
  return endings.flatMap((ending) => (ending === 'interrupted' ? [] : [`the history has a call as ${ending}`]))
}
