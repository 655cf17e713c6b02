/**
 * Waves of secure sessions under a seeded agent of chaos: each wave dials its calls, strikes while they run, waits until they have come to
 * rest, searches for their card numbers and judges every one. Used by the benchmark and by the short form among the tests.
 */

import { watchHoldUps } from '../../src/demo/hold-ups.ts'
import type { Phone } from '../../src/demo/phone.ts'
import { pause } from '../../src/demo/waiting.ts'
import type { Find } from '../../src/leak/memory-search.ts'
import { seeded } from '../rtp/seeded.ts'
import { type BadLine, createBadLine } from './bad-line.ts'
import { follow, searchMeanwhile, watchRoles } from './chaos-watch.ts'
import { isAlive, type LeakWatch, startLeakWatch } from './leak-watch.ts'
import { CANARY, type Sotto } from './sotto.ts'
import { planStrikes, processesOf, type Strike, type Struck, strike } from './strikes.ts'
import { cardOf, comes, FORGETFUL, isAt, isSettled, payByPhone, placeCall, type StruckCall } from './struck-call.ts'
import { judge, soundFlaws, type Verdict } from './struck-verdict.ts'
import type { ValidationPeer } from './validation-peer.ts'

export type Chaos = {
  /** Runs a wave of calls. @param strikes in place of those that the seed gives. */
  wave(wave: number, strikes?: readonly Strike[]): Promise<Wave>
  /** Kills control in the middle of a last wave: nothing of the server is left afterwards. */
  killControl(wave: number): Promise<ControlDeath>
  close(): void
}

export type ControlDeath = {
  readonly sessions: number
  /** From the kill until media and vault had ended. */
  readonly orphansGoneMs: number
  readonly flaws: readonly string[]
}

export type Wave = {
  readonly strikes: readonly Struck[]
  /** In which state each session was when each strike fell. */
  readonly stagesStruck: readonly string[]
  readonly verdicts: readonly Verdict[]
  /** Everything that must not be, in words. */
  readonly flaws: readonly string[]
  /** How often control and media were searched while the calls ran. */
  readonly searches: number
}

export type ChaosOptions = {
  readonly sotto: Sotto
  readonly validation: ValidationPeer
  readonly seed: number
  readonly concurrent: number
  /** Least and most strikes in a wave. */
  readonly strikesAWave: readonly [number, number]
}

const POLL_MS = 5
/** More than there ever are of one seed. */
const WAVES = 100_000
/** "One second after the end". */
const REST_MS = 1000
const OVER_LIMIT_MS = 8000
const AT_REST_LIMIT_MS = 6000
/** From the first session to control's death: from the parting to the telling. */
const DEATH_MS = [500, 9000] as const

/** Registers the agents' phones; the server must have as many accounts. */
export async function startChaos(options: ChaosOptions): Promise<Chaos> {
  const { sotto, concurrent, seed, strikesAWave } = options
  const agents: Phone[] = []
  for (let i = 0; i < concurrent; i++) {
    const user = i === 0 ? 'agent' : `agent-${i + 1}`
    agents.push(await sotto.agent({ user, password: `agent-password-${i + 1}`, ringMs: 50, capture: FORGETFUL }))
  }
  const leaks = startLeakWatch()
  const [least, most] = strikesAWave
  /** Each wave has its own: how many packets went through a line before must not change what comes. */
  const randomOf = (wave: number) => seeded(seed * WAVES + wave)
  const planOf = (wave: number) => {
    const random = randomOf(wave)
    return planStrikes(random, least + Math.floor(random() * (most - least + 1)), concurrent)
  }
  return {
    wave: (wave, strikes = planOf(wave)) =>
      runWave(options, { wave, strikes, agents, leaks, random: seeded(randomOf(wave)() * 2 ** 32) }),
    killControl: (wave) => runControlDeath(options, { wave, strikes: [], agents, leaks, random: randomOf(wave) }),
    close: () => leaks.close(),
  }
}

type Run = {
  readonly wave: number
  readonly strikes: readonly Strike[]
  readonly agents: readonly Phone[]
  readonly leaks: LeakWatch
  readonly random: () => number
}

async function runWave({ sotto, validation }: ChaosOptions, run: Run): Promise<Wave> {
  const { strikes, agents, leaks, random } = run
  const [firstEvent, firstRequest] = [sotto.events.length, validation.requests.length]
  const lines = agents.map(() => createBadLine(seeded(random() * 2 ** 32)))
  const calls = await placeCalls(sotto, run, lines)
  const roles = watchRoles(sotto)
  const holdUps = watchHoldUps(roles.everybody)
  const unfollow = follow(sotto, calls, firstEvent)
  const searching = searchMeanwhile(leaks, roles)
  const stagesStruck: string[] = []
  const rest = new AbortController()
  const striking = strikes.map(async (planned) => {
    if (!(await momentComes(calls, planned, rest.signal))) return []
    stagesStruck.push(...calls.map(stageOf))
    return [await strike({ sotto, validation, lines }, planned, random)]
  })
  const randoms = calls.map(() => seeded(random() * 2 ** 32))
  const paid = await Promise.all(calls.map((call, i) => payByPhone(call, sotto, randoms[i] ?? random)))
  rest.abort()
  const struck = (await Promise.all(striking)).flat().toSorted((a, b) => a.atMs - b.atMs)
  // Whoever had come to rest while something still lasted must be at rest after it too.
  const rested = await Promise.all(calls.map((call) => comes(() => isSettled(call), AT_REST_LIMIT_MS)))
  const during = await searching.end()
  const verdicts = calls.map((call, i) => {
    const settled = paid[i] === true && rested[i] === true
    return judge({ call, sotto, strikes: struck, holdUps, settled })
  })
  const flaws = verdicts.flatMap((verdict) => verdict.flaws.map((flaw) => `${flaw} (${verdict.story})`))
  flaws.push(...(await tidyFlaws(sotto, calls)), ...requestFlaws(validation, firstRequest, calls))
  unfollow()
  holdUps.close()
  await pause(REST_MS)
  const finds = [...during.finds, ...(await leaks.search(roles.everybody(), sotto.folder))]
  roles.close()
  for (const { caller } of calls) await caller.close()
  return {
    strikes: struck,
    stagesStruck,
    verdicts,
    flaws: [...flaws, ...finds.map(foundIn)],
    searches: during.searches,
  }
}

/** Everybody talks to his agent; each caller has a card of his own. */
async function placeCalls(sotto: Sotto, { wave, agents, leaks, random }: Run, lines: readonly BadLine[]) {
  const cards = agents.map((_, slot) => (slot === 0 ? CANARY : cardOf(random)))
  await leaks.know(CANARY, cards.slice(1))
  // A registration lasts five minutes, and a run longer.
  await Promise.all(agents.map(({ signalling }) => signalling.register()))
  const placed = agents.map((agent, slot) =>
    placeCall({ sotto, slot, wave, card: cards[slot] ?? '', agent, line: slot % 2 === 1 ? lines[slot] : undefined }),
  )
  return Promise.all(placed)
}

async function runControlDeath({ sotto }: ChaosOptions, run: Run): Promise<ControlDeath> {
  const { agents, leaks, random } = run
  const firstEvent = sotto.events.length
  const lines = agents.map(() => createBadLine(random))
  const calls = await placeCalls(sotto, run, lines)
  const roles = watchRoles(sotto)
  const holdUps = watchHoldUps(roles.everybody)
  const unfollow = follow(sotto, calls, firstEvent)
  // Nobody will tell these callers that it is over.
  for (const call of calls) void payByPhone(call, sotto, seeded(random() * 2 ** 32)).catch(() => undefined)
  await pause(DEATH_MS[0] + random() * (DEATH_MS[1] - DEATH_MS[0]))
  const { control, media, vault } = processesOf(sotto)
  roles.close()
  const killedMs = performance.now()
  process.kill(control, 'SIGKILL')
  const gone = await comes(() => ![...media, ...vault].some(isAlive), OVER_LIMIT_MS)
  const goneAtMs = performance.now()
  await pause(REST_MS)
  const flaws = calls.flatMap((call) => soundFlaws({ call, sotto, strikes: [], holdUps }))
  const heardOn = calls.filter(({ agent }) => (agent.sound.heard.at(-1)?.arrivedMs ?? 0) > goneAtMs + POLL_MS)
  if (!gone) flaws.push('media or vault outlived control')
  if (heardOn.length > 0) flaws.push(`${heardOn.length} agents heard something after the end`)
  flaws.push(...(await leaks.search([], sotto.folder)).map(foundIn))
  unfollow()
  holdUps.close()
  const sessions = calls.filter(({ sessionId }) => sessionId !== undefined).length
  for (const { caller } of calls) await caller.close()
  return { sessions, orphansGoneMs: goneAtMs - killedMs, flaws }
}

/** Waits until the session that was picked is where it shall be struck. @returns false when all came to rest before. */
async function momentComes(calls: readonly StruckCall[], planned: Strike, rest: AbortSignal): Promise<boolean> {
  const victim = calls[planned.victim]
  while (victim === undefined || !isAt(victim, planned.moment)) {
    if (rest.aborted) return false
    await pause(POLL_MS)
  }
  await pause(planned.delayMs)
  return !rest.aborted
}

/** The last thing that was told of a call. */
function stageOf({ events }: StruckCall): string {
  return events.at(-1)?.type ?? 'call.bridged'
}

/** Ends the calls that stand. @returns what is left of any afterwards. */
async function tidyFlaws(sotto: Sotto, calls: readonly StruckCall[]): Promise<string[]> {
  for (const { caller, agent } of calls) {
    // The caller's BYE ends both; a phone of a call that stands one-way is hung up by itself.
    void caller.signalling.hangUp()
    if (caller.signalling.inCall) continue
    setTimeout(() => void agent.signalling.hangUp(), REST_MS)
  }
  const over = await comes(
    () => calls.every(({ events }) => events.some(({ type }) => type === 'call.ended')),
    OVER_LIMIT_MS,
  )
  const left = (await sotto.server.request('GET', '/api/v1/calls')).body as { readonly calls: readonly unknown[] }
  await comes(() => calls.every(({ agent }) => !agent.signalling.inCall), OVER_LIMIT_MS)
  const back = await comes(
    () => processesOf(sotto).vault.length > 0 && processesOf(sotto).media.length > 0,
    OVER_LIMIT_MS,
  )
  return [
    ...(over ? [] : ['a call without an end']),
    ...(left.calls.length === 0 ? [] : [`${left.calls.length} calls are left`]),
    ...(back ? [] : ['a process did not come back']),
  ]
}

/** Each card at its own account, and none twice. */
function requestFlaws(validation: ValidationPeer, from: number, calls: readonly StruckCall[]): string[] {
  const flaws: string[] = []
  const seen = new Set<string>()
  for (const { body } of validation.requests.slice(from)) {
    const [account = '', card] = [...body.toString('latin1').matchAll(/ value="([^"]*)"/g)].map(([, value]) => value)
    if (seen.has(account)) flaws.push('an entry was sent twice')
    seen.add(account)
    if (calls.find((call) => call.account === account)?.card !== card)
      flaws.push('another number than was keyed was sent')
  }
  return flaws
}

function foundIn({ form, where }: Find): string {
  return `found: ${form} in ${where}`
}
