/**
 * Two servers that are restarted one after the other, as docs/OPERATION.md says it: TERM, the last call ends, it begins again, then the next. A trunk offers calls all the time, asks both with OPTIONS, and
 * goes to the other one where it gets a 503 (RFC 3261 section 21.5.4); people talk at the one that drains, some in a secure session.
 */

import type { Test } from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { type HeldCalls, startHeldCalls } from '../../test/peers/held-calls.ts'
import { CANARY, type Sotto, type SottoOptions, startSotto, TRUNK_ADDRESS } from '../../test/peers/sotto.ts'
import { hearEachOther, talk } from '../../test/peers/talk.ts'
import { firstAnswers, optionsByUdp } from './first-answers.ts'
import { placeOf } from './kill-rounds.ts'

export type RollOptions = {
  readonly stage: Test
  /** Of each server, without its folder. */
  readonly terms: SottoOptions
  readonly folders: readonly string[]
  /** That stand at a server when it is told to end, and how many of them are in a session. */
  readonly calls: number
  readonly sessions: number
}

/** What came of restarting one server; times in ms. */
export type Rolled = {
  /** From TERM to the end of the process, and from the end of its last call on. */
  readonly drainedMs: number
  readonly afterLastMs: number
  /** From the beginning of the new process until it answers OPTIONS and takes a call. */
  readonly answersMs: number
  readonly callMs: number
  readonly accepted: number
}

/** Calls that the trunk offered. */
export type Offered = {
  calls: number
  /** Got 503 of the first, and were taken by the other. */
  elsewhere: number
  /** Taken by nobody. */
  lost: number
  /** From the first INVITE to the 200, the longest. */
  slowestMs: number
}

type Place = { sotto: Sotto; readonly trunk: HeldCalls; takesCalls: boolean; lastEndMs: number }

const OFFER_MS = 200
const TALK_MS = 2000
const PING_MS = 250
/** T1 of RFC 3261 section 17.1.1.2. */
const RESEND_MS = 500
const LIMIT_MS = 60_000

/** @returns each server's restart, the calls that were offered meanwhile, and everything that must not be, in words. */
export async function rollingRestart(
  options: RollOptions,
): Promise<{ rolled: readonly Rolled[]; offered: Offered; flaws: readonly string[] }> {
  const { stage, terms, folders } = options
  const places: Place[] = []
  for (const folder of folders) {
    const sotto = await startSotto(stage, { ...terms, folder })
    const trunk = await startHeldCalls(TRUNK_ADDRESS, sotto.sipPort)
    stage.teardown(() => trunk.close())
    places.push({ sotto, trunk, takesCalls: true, lastEndMs: 0 })
  }
  const flaws: string[] = []
  const offering = offer(places, flaws)
  const rolled: Rolled[] = []
  for (const place of places) rolled.push(await restart(place, options, flaws))
  return { rolled, offered: await offering.end(), flaws }
}

/** Offers calls until it is told to end. */
function offer(places: readonly Place[], flaws: string[]): { end(): Promise<Offered> } {
  const offered: Offered = { calls: 0, elsewhere: 0, lost: 0, slowestMs: 0 }
  let isOver = false
  const pinging = places.map(async (place) => {
    while (!isOver) {
      place.takesCalls = (await optionsByUdp(place.sotto.sipPort, RESEND_MS)) === 200
      await pause(PING_MS)
    }
  })
  const one = async (nth: number): Promise<void> => {
    const turned = [...places.slice(nth % places.length), ...places.slice(0, nth % places.length)]
    const inOrder = turned.toSorted((a, b) => Number(b.takesCalls) - Number(a.takesCalls))
    const beganMs = performance.now()
    for (const [tried, place] of inOrder.entries()) {
      const answer = await place.trunk.begin(RESEND_MS).catch(() => undefined)
      if (answer?.status !== 200) continue
      offered.slowestMs = Math.max(offered.slowestMs, performance.now() - beganMs)
      if (tried > 0) offered.elsewhere += 1
      await pause(TALK_MS)
      await place.trunk.end(1).catch(() => void flaws.push('a BYE was not answered'))
      place.lastEndMs = performance.now()
      return
    }
    offered.lost += 1
  }
  const standing: Promise<void>[] = []
  const offering = (async () => {
    while (!isOver) {
      standing.push(one(offered.calls))
      offered.calls += 1
      await pause(OFFER_MS)
    }
  })()
  return {
    end: async () => {
      isOver = true
      await Promise.all([offering, ...pinging])
      await Promise.all(standing)
      return offered
    },
  }
}

/** TERM with calls up, which all go to their end; then the same server again. */
async function restart(place: Place, options: RollOptions, flaws: string[]): Promise<Rolled> {
  const { stage, terms, calls } = options
  const { sotto } = place
  const talks = await Promise.all(Array.from({ length: calls }, (_, i) => talk(stage, sotto, placeOf(i))))
  const sessions = await Promise.all(
    talks.slice(0, options.sessions).map(async (talking) => {
      const session = await talking.secure()
      await session.asked(0)
      await talking.key(CANARY.slice(0, 8))
      await session.event('secure.progress', LIMIT_MS, ({ keys }) => keys === 8)
      return { talking, session }
    }),
  )
  const termMs = performance.now()
  sotto.server.signal('SIGTERM')
  await sotto.logged(/control\.draining-began/)
  const outcomes = await Promise.all(
    sessions.map(async ({ talking, session }) => {
      await talking.key(`${CANARY.slice(8)}#`)
      await session.enterRest()
      return (await session.event('secure.ended', LIMIT_MS))['outcome'] as { readonly result: string }
    }),
  )
  const accepted = outcomes.filter(({ result }) => result === 'accepted').length
  if (accepted < sessions.length) flaws.push(`${sessions.length - accepted} sessions did not end well`)
  for (const talking of talks) {
    await hearEachOther(stage, talking).catch(() => void flaws.push('a call was lost'))
    await talking.caller.signalling.hangUp()
  }
  await until(() => talks.every(({ agent }) => !agent.signalling.inCall), 'the end of every call', LIMIT_MS)
  const hungUpMs = performance.now()
  const code = await sotto.server.exited
  const exitMs = performance.now()
  if (code !== 0) flaws.push(`it ended with ${code}`)
  for (const { form, where } of sotto.searchFiles()) flaws.push(`found: ${form} in ${where}`)
  await Promise.all(talks.flatMap(({ caller, agent }) => [caller.close(), agent.close()]))

  const asking = firstAnswers(sotto.sipPort, LIMIT_MS)
  place.sotto = await startSotto(stage, { ...terms, folder: sotto.folder, ports: sotto })
  const { begunMs } = place.sotto.server
  const { udpMs, callMs } = await asking
  await until(() => place.takesCalls, 'the trunk taking it in again', LIMIT_MS)
  return {
    drainedMs: exitMs - termMs,
    afterLastMs: exitMs - Math.max(hungUpMs, place.lastEndMs),
    answersMs: udpMs - begunMs,
    callMs: callMs - begunMs,
    accepted,
  }
}
