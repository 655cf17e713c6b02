/**
 * Many races at once through the whole server: callers on a trunk and a PBX of ours over UDP, each with its sound. Afterwards both ends of a
 * call are in it and hear each other, or neither is; while the legs are parted no packet of the caller reaches the agent; and nothing remains.
 */

import type { Test } from 'tap'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import { pause } from '../../src/demo/waiting.ts'
import { holds, type RaceEnd, type RaceLeg, raceEnd } from './race-ends.ts'
import { behave, PLAYS, type Race } from './race-plays.ts'
import { type Sotto, startSotto, TRUNK_ADDRESS } from './sotto.ts'

export type RacesTold = {
  readonly races: number
  /** By kind, how many. */
  readonly kinds: Readonly<Record<string, number>>
  /** Calls in which both ends heard each other at the end. */
  readonly heard: number
  readonly sessions: number
  /** Whatever is wrong, in words; nothing when all is well. */
  readonly flaws: readonly string[]
}

export type RacesOptions = {
  readonly seed: number
  readonly races: number
  readonly concurrent: number
  readonly validationUrl: string
  readonly caText: string
  /** No new ones from then on, ms of this process. */
  readonly untilMs?: number
  readonly onRace?: (done: number, flaws: readonly string[]) => void
}

/** From a word of a socket's owner until the other end must know. */
const TOLD_MS = 15_000
const HEARD_MS = 15_000
/** An event is told a little after it happened. */
const TOLD_LATE_MS = 20
/** Longer than any transaction of the server lasts. */
const QUIET_MS = 45_000

export async function runRaces(t: Test, options: RacesOptions): Promise<RacesTold> {
  const ends = { caller: await raceEnd('caller', TRUNK_ADDRESS), agent: await raceEnd('agent', '127.0.0.1') }
  const { address, port } = ends.agent.where
  const sotto = await startSotto(t, { ...options, pbxUri: `sip:agent@${address}:${port}` })
  for (const end of [ends.caller, ends.agent]) end.connect({ address: '127.0.0.1', port: sotto.sipPort })
  t.teardown(() => Promise.all([ends.caller.close(), ends.agent.close()]))

  const told = { races: 0, heard: 0, sessions: 0 }
  const kinds: Record<string, number> = {}
  const flaws: string[] = []
  const events = eventsByCall(sotto)
  const waiting = new Map<number, (leg: RaceLeg) => void>()
  ends.agent.onCall = (leg) => {
    behave(leg)
    const race = Number(/race(\d+)$/.exec(leg.tag.replace('agent', 'race'))?.[1] ?? -1)
    waiting.get(race)?.(leg)
  }
  const names = Object.keys(PLAYS)

  const runOne = async (number: number) => {
    const dice = diceOf(options.seed * 100_003 + number * 7919 + 1)
    const name = names[number % names.length] ?? ''
    const caller = ends.caller.leg(`race${number}-${options.seed}@races`, number)
    behave(caller)
    let agent: RaceLeg | undefined
    let sessionId: string | undefined
    const own = () => events.of(number)
    const callId = () => String(own()[0]?.['callId'] ?? '')
    const race: Race = {
      dice,
      number: `sip:300@127.0.0.1:${sotto.sipPort}`,
      user: `race${number}`,
      caller,
      agent: () => agent,
      onAgent: () => {},
      flaws: [],
      secure: async () => {
        await holds(() => own().some(({ type }) => type === 'call.bridged'), 5000)
        // An idle connection may end in the moment that it is used again: then the events tell what became of it.
        const answer = await sotto.startSecureSession(callId()).catch(() => pause(500))
        const requested = own().findLast(({ type }) => type === 'secure.requested')?.['sessionId']
        if (answer?.status === 202) sessionId = String((answer.body as { readonly sessionId: string }).sessionId)
        else if (answer === undefined && requested !== undefined) sessionId = String(requested)
        return sessionId !== undefined
      },
      cancelSecure: async () => {
        if (sessionId === undefined) return
        const path = `/api/v1/calls/${callId()}/secure-sessions/${sessionId}`
        await sotto.server.request('DELETE', path).catch(() => sotto.server.request('DELETE', path))
      },
      secureOver: () =>
        holds(() => sessionId === undefined || own().some(({ type }) => type === 'secure.ended'), 20_000),
    }
    waiting.set(number, (leg) => {
      agent = leg
      if (leg.invite !== undefined) race.onAgent(leg, leg.invite)
    })
    // Such as an answer of the API that never comes.
    const broken = (thrown: unknown) =>
      void race.flaws.push(`broken off: ${String(thrown)} ${String((thrown as Error).cause ?? '')}`)
    await PLAYS[name]?.(race).catch(broken)
    const isHeard = await judge(race)
    if (!(await holds(() => own().some(({ type }) => type === 'call.ended'), QUIET_MS)))
      race.flaws.push('it never ends')
    if (sessionId !== undefined && agent !== undefined) checkParted(race, agent, own(), sotto)
    for (const leg of [caller, agent]) race.flaws.push(...(leg?.flaws ?? []))
    told.races += 1
    told.heard += isHeard ? 1 : 0
    told.sessions += sessionId === undefined ? 0 : 1
    kinds[name] = (kinds[name] ?? 0) + 1
    const worded = race.flaws.map((flaw) => `race ${number}, ${name}: ${flaw}`)
    flaws.push(...worded)
    waiting.delete(number)
    events.forget(number)
    // Late repetitions find it for a while.
    setTimeout(() => letGo(ends, caller, agent), QUIET_MS).unref()
    options.onRace?.(told.races, worded)
  }

  let next = 0
  const worker = async () => {
    while (next < options.races && performance.now() < (options.untilMs ?? Number.POSITIVE_INFINITY)) {
      const number = next
      next += 1
      await runOne(number)
    }
  }
  await Promise.all(Array.from({ length: options.concurrent }, worker))
  flaws.push(...(await whatRemains(sotto)))
  events.close()
  return { ...told, kinds, flaws }
}

function letGo(
  { caller: callers, agent: agents }: Readonly<Record<'caller' | 'agent', RaceEnd>>,
  caller: RaceLeg,
  agent: RaceLeg | undefined,
): void {
  callers.forget(caller)
  if (agent !== undefined) agents.forget(agent)
}

/** Both ends are in the call and hear each other, which somebody ends then; or neither is in it. @returns whether they heard each other. */
async function judge(race: Race): Promise<boolean> {
  const { caller, dice, flaws } = race
  const agent = race.agent()
  if (agent === undefined) {
    if (!caller.isOver) flaws.push('nobody was called')
    return false
  }
  if (caller.isOver || agent.isOver) {
    if (!(await holds(() => caller.isOver && agent.isOver, TOLD_MS)))
      flaws.push(`stuck: it is over for the ${caller.isOver ? 'caller' : 'agent'} alone`)
    return false
  }
  const before = [caller.heard.length, agent.heard.length]
  const hear = () => [caller.heard.length > (before[0] ?? 0), agent.heard.length > (before[1] ?? 0)]
  const endMs = performance.now() + HEARD_MS
  while (hear().includes(false) && performance.now() < endMs && !caller.isOver && !agent.isOver) {
    caller.speak()
    agent.speak()
    await pause(40)
  }
  const [isCaller, isAgent] = hear()
  if (!isCaller || !isAgent) flaws.push(`one-way: caller hears ${isCaller}, agent hears ${isAgent}`)
  const [first, other] = dice(2) === 0 ? [caller, agent] : [agent, caller]
  first.isOver = true
  const status = await first.ask('BYE')
  if (status !== 200 && status !== 481) flaws.push(`BYE got ${status}`)
  if (!(await holds(() => other.isOver, TOLD_MS))) flaws.push('stuck: the other end is not told of the BYE')
  return isCaller === true && isAgent === true
}

/** No packet of the caller at the agent while they are parted. */
function checkParted(race: Race, agent: RaceLeg, events: readonly TimelineEvent[], sotto: Sotto): void {
  const parted = events.find(({ type }) => type === 'secure.parted')
  if (parted === undefined) return
  const rejoined = events.find(({ type }) => type === 'secure.rejoined')
  const ended = events.find(({ type }) => type === 'secure.ended')
  const fromMs = sotto.whenMs(parted) + TOLD_LATE_MS
  const untilMs =
    rejoined === undefined ? sotto.whenMs(ended ?? parted) : sotto.whenMs(rejoined) - Number(rejoined['gapMs'])
  // What was sent before may be seen late: this process is busy.
  const heard = agent.heard.filter(({ sentMs, seenMs }) => sentMs > fromMs && seenMs < untilMs).length
  if (heard > 0) race.flaws.push(`${heard} packets of the caller reached the agent while they were parted`)
}

/** Nothing stands any more once everybody has gone. */
async function whatRemains(sotto: Sotto): Promise<string[]> {
  const calls = async () => (await sotto.server.request('GET', '/api/v1/calls')).body
  const isEmpty = async () => JSON.stringify(await calls()).includes('"callId"') === false
  const endMs = performance.now() + QUIET_MS
  while (!(await isEmpty()) && performance.now() < endMs) await pause(500)
  const left = (await isEmpty()) ? [] : ['calls remain']
  const metrics = async () => {
    const answer = await fetch(`${sotto.server.base}/metrics`, {
      headers: { authorization: `Bearer ${sotto.server.token}` },
    })
    return answer.text()
  }
  const counted = (text: string, what: string) =>
    Number(new RegExp(`^sotto_sip_open\\{what="${what}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  const remains = (text: string) =>
    ['dialogs', 'sessions', 'clientTransactions'].filter((what) => counted(text, what) > 0)
  let text = await metrics()
  while (remains(text).length > 0 && performance.now() < endMs + QUIET_MS) {
    await pause(500)
    text = await metrics()
  }
  for (const what of remains(text)) left.push(`${counted(text, what)} ${what} remain`)
  const defects = sotto.log().match(/"event":"sip\.defect"|control\.failed/g) ?? []
  return defects.length === 0 ? left : [...left, `${defects.length} defects in the log`]
}

/** Events sorted by the race whose number stands in From. */
function eventsByCall(sotto: Sotto) {
  const byRace = new Map<number, TimelineEvent[]>()
  const raceOf = new Map<string, number>()
  let seen = 0
  const take = () => {
    for (; seen < sotto.events.length; seen++) {
      const event = sotto.events[seen]
      if (event === undefined) continue
      const callId = String(event['callId'] ?? '')
      if (event.type === 'call.arrived')
        raceOf.set(callId, Number(/^race(\d+)$/.exec(String(event['from']))?.[1] ?? -1))
      const race = raceOf.get(callId)
      if (race === undefined) continue
      const of = byRace.get(race) ?? []
      of.push(event)
      byRace.set(race, of)
    }
  }
  const timer = setInterval(take, 10)
  return {
    of: (race: number): readonly TimelineEvent[] => byRace.get(race) ?? [],
    forget: (race: number) => void byRace.delete(race),
    close: () => clearInterval(timer),
  }
}

/** The same numbers for the same seed (Park and Miller's generator). */
function diceOf(seed: number): (limit: number) => number {
  let state = (seed % 0x7fff_fffe) + 1
  return (limit) => {
    state = (state * 48_271) % 0x7fff_ffff
    return state % limit
  }
}
