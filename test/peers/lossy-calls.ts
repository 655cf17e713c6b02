/**
 * Hundreds of calls over a network that loses, doubles, delays and reorders what all three parties say to each other: callers, the server and agents
 * are real endpoints, the calls in the middle are the real ones, in stepped time; media and vault are doubles. What everybody does and when is drawn
 * from a seed: answers and refusals, CANCEL, holds and new offers from both ends at once, INFO, secure sessions, a vault's death, BYE from any side.
 */

import { sipTrunks } from '../../src/control/sip-trunks.ts'
import { createSip, type IncomingSession, type OutgoingSession } from '../../src/sip/index.ts'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import type { SdpDirection } from '../../src/sip/sdp.ts'
import { type Endpoint, endpoint, type Notes, notes } from '../sip/endpoints.ts'
import { memoryNet, seeded } from '../sip/memory-wire.ts'
import { ACCEPTED, type Bench, callBench, configOf } from './call-bench.ts'
import { phoneAnswer, phoneMedia, phoneReoffer } from './phone-media.ts'

const SOTTO = '10.0.0.2'
const CALLERS = '10.0.0.1'
const AGENTS = '10.0.0.3'
const CONFIG = `
sip: { announcedAddress: ${SOTTO} }
media: { address: ${SOTTO}, codecs: [PCMA, PCMU] }
trunks: [{ name: carrier, addresses: [${CALLERS}] }]
routes: [{ number: '42', to: { uri: 'sip:agent@${AGENTS}' } }]
`
const BY = { by: 'token' } as const

export type Network = {
  readonly seed: number
  readonly calls: number
  /** Parts of the messages, 0 to 1. */
  readonly loss: number
  readonly duplicates: number
  /** Longest time on the way, ms: with some tenths of a second messages overtake each other. */
  readonly delayMs: number
}

export type Verdict = {
  /** Calls that stood when everybody had done what he wanted and the network had been quiet for longer than any transaction lasts. */
  readonly standing: number
  readonly bridged: number
  readonly cancelled: number
  readonly sessions: number
  readonly vaultDeaths: number
  readonly retransmitted: number
  /** Whatever is wrong, in words; nothing when all is well. */
  readonly flaws: readonly string[]
}

/** Begin of calls, what is done in them, and the end of those that stand. */
const ARRIVALS_MS = 20_000
const BUSY_MS = 40_000
/** Longer than a transaction, and the answer to its last retransmission. */
const QUIET_MS = 90_000
const STEP_MS = 50
/** With nobody at work but timers. */
const QUIET_STEP_MS = 250

/** Runs calls over a network. */
export async function runCalls({ seed, calls, loss, duplicates, delayMs }: Network): Promise<Verdict> {
  const net = memoryNet(seed)
  const chance = seeded(seed * 7919 + 1)
  let isBad = true
  net.keepsLog = false
  net.lose = () => isBad && chance() < loss
  net.copies = () =>
    Array.from({ length: isBad && chance() < duplicates ? 2 : 1 }, () => 2 + (isBad ? chance() * delayMs : 0))
  const soon = (limitMs: number, run: () => void) => void net.clock.after(chance() * limitMs, run)

  const defects: unknown[] = []
  const config = configOf(CONFIG)
  const sip = createSip({
    listeners: [{ transport: 'udp', address: SOTTO, port: 5060 }],
    trunks: sipTrunks(config),
    clock: net.clock,
    random: net.random,
    wire: net.wire(SOTTO),
    events: { onIncoming: (session) => bench.calls.onIncoming(session), onRegistrationChanged: () => undefined },
    onDefect: (thrown) => defects.push(thrown),
  })
  const bench: Bench = callBench({ sip, clock: net.clock, config })
  await sip.listen()

  const offers = (session: IncomingSession | OutgoingSession, port: number) => {
    let version = 1
    const offer = (direction: SdpDirection) => {
      version += 1
      const body = phoneReoffer(phoneMedia(port, chance() < 0.5 ? ['PCMA'] : ['PCMU', 'PCMA']), direction, version)
      void session.reoffer(() => body, chance() < 0.4 ? 'UPDATE' : 'INVITE')
    }
    if (chance() < 0.5) soon(BUSY_MS, () => offer('sendonly'))
    // The last word is that both want to hear each other.
    net.clock.after(BUSY_MS + ARRIVALS_MS, () => offer('sendrecv'))
    if (chance() < 0.2) soon(BUSY_MS, () => void session.info('application/media_control+xml', Buffer.from('x')))
  }
  const events = (port: number): Notes => {
    const told = notes()
    return Object.assign(told, {
      onReoffer: (reoffer: Parameters<Notes['onReoffer']>[0]) => {
        if (chance() < 0.05) reoffer.reject(488)
        else
          reoffer.accept(
            reoffer.body === undefined ? makeOffer(phoneMedia(port)) : phoneAnswer(reoffer.body, phoneMedia(port)),
          )
      },
    })
  }
  const ups: { readonly told: Notes; readonly session: () => OutgoingSession | undefined }[] = []
  const downs: Notes[] = []
  const callers: Endpoint = await endpoint(net, CALLERS)
  const agents: Endpoint = await endpoint(
    net,
    AGENTS,
    (session) => {
      const port = 30_000 + downs.length * 4
      const told = events(port)
      downs.push(told)
      session.attach(told)
      soon(300, () => session.progress(180))
      soon(4000, () => {
        if (chance() < 0.07) session.reject(486)
        else {
          session.accept(phoneAnswer(session.offer ?? '', phoneMedia(port)))
          offers(session, port)
        }
      })
      if (chance() < 0.25) soon(BUSY_MS, () => session.end())
    },
    { trunks: [{ name: 'sotto', addresses: [SOTTO] }] },
  )
  for (let n = 0; n < calls; n += 1) {
    const port = 10_000 + n * 4
    const told = events(port)
    let session: OutgoingSession | undefined
    ups.push({ told, session: () => session })
    soon(ARRIVALS_MS, () => {
      const placed = callers.sip.invite({
        target: { uri: `sip:42@${SOTTO}` },
        from: { displayName: '', uri: `sip:c${n}@${CALLERS}`, user: `c${n}` },
        events: told,
        body: makeOffer(phoneMedia(port)),
      })
      session = placed
      offers(placed, port)
      // A part of them in the very moment of the answer.
      if (chance() < 0.2) soon(5000, () => placed.end())
      else if (chance() < 0.25) soon(BUSY_MS, () => placed.end())
    })
  }

  let sessions = 0
  let vaultDeaths = 0
  let seenSessions = 0
  const started: Promise<unknown>[] = []
  const work = () => {
    for (const { callId, state } of bench.calls.list()) {
      if (state !== 'bridged' || chance() > 0.01) continue
      started.push(
        bench.calls.startSecureSession(callId, { fields: [], startedBy: BY }).then(
          ({ sessionId }) => {
            sessions += 1
            if (chance() < 0.2) soon(5000, () => bench.calls.get(callId) && cancel(callId, sessionId))
          },
          // Somebody holds, or has gone: not now.
          () => undefined,
        ),
      )
      if (chance() < 0.03) bench.calls.hangUp(callId)
    }
  }
  const cancel = (callId: string, sessionId: string) => {
    try {
      bench.calls.cancelSecureSession(callId, sessionId)
    } catch {
      // It has ended by itself.
    }
  }
  /** Vaults that keep their contract, and now and then die. */
  const keepVaults = () => {
    for (const session of bench.vault.sessions.slice(seenSessions)) {
      seenSessions += 1
      let isOver = false
      const end = (outcome: Parameters<typeof session.wiped>[0]) => {
        if (isOver) return
        isOver = true
        session.wiped(outcome)
        session.returned(!session.stops.some(({ giveBack }) => !giveBack))
      }
      soon(100, () => {
        if (!isOver) session.began()
      })
      soon(8000, () => {
        if (isOver) return
        if (chance() < 0.15) {
          isOver = true
          vaultDeaths += 1
          session.lost()
        } else end(session.stops.length > 0 ? { result: 'failed', reason: 'cancelled' } : ACCEPTED)
      })
      const watch = () => {
        if (isOver) return
        if (session.stops.length > 0) end({ result: 'failed', reason: 'cancelled' })
        else net.clock.after(100, watch)
      }
      net.clock.after(200, watch)
    }
  }
  const run = async (ms: number, isWorking: boolean) => {
    const stepMs = isBad ? STEP_MS : QUIET_STEP_MS
    for (let done = 0; done < ms; done += stepMs) {
      await net.run(stepMs, stepMs)
      if (isWorking) work()
      keepVaults()
    }
  }

  await run(ARRIVALS_MS + BUSY_MS, true)
  // The last offers go over the bad network as well; then it heals, so that what is still wrong stays wrong.
  await run(ARRIVALS_MS + BUSY_MS, false)
  isBad = false
  await run(QUIET_MS, false)
  await Promise.all(started)
  const flaws = [...standingFlaws(bench, ups, callers, agents)]
  const standing = bench.calls.list().length
  for (const { session, told } of ups) if (!isOver(told)) session()?.end()
  await run(QUIET_MS, false)

  for (const [name, stats] of [
    ['callers', callers.sip.stats()],
    ['server', sip.stats()],
    ['agents', agents.sip.stats()],
  ] as const) {
    for (const what of ['clientTransactions', 'serverTransactions', 'dialogs', 'sessions'])
      if (stats[what] !== 0) flaws.push(`${stats[what]} ${what} remain at the ${name}`)
  }
  if (bench.calls.list().length > 0) flaws.push(`calls remain: ${bench.calls.list().map(({ state }) => state)}`)
  if (bench.media.hears.size > 0) flaws.push(`${bench.media.hears.size} ports remain`)
  if (bench.media.openHandles > 0) flaws.push(`${bench.media.openHandles} sockets remain`)
  if (net.clock.pending > 0) flaws.push(`${net.clock.pending} timers remain`)
  for (const each of [...defects, ...callers.defects, ...agents.defects]) flaws.push(`defect: ${String(each)}`)
  for (const told of [...ups.map((each) => each.told), ...downs]) {
    const ends = told.told.filter((each) => each.startsWith('ended')).length
    if (ends > 1 || !isOver(told)) flaws.push(`told ${told.told.join(', ')}`)
  }
  return {
    standing,
    bridged: ups.filter(({ told }) => told.told.some((each) => each.startsWith('answered'))).length,
    cancelled: ups.filter(({ told }) => told.told.includes('refused 487')).length,
    sessions,
    vaultDeaths,
    retransmitted: sip.stats()['retransmitted'] ?? 0,
    flaws,
  }
}

function isOver({ told }: Notes): boolean {
  const last = told.at(-1) ?? ''
  return last.startsWith('ended') || last.startsWith('refused') || told.some((each) => each.startsWith('ended'))
}

/** With everybody at rest: who has a call has it at both ends, and hears and is heard. */
function* standingFlaws(
  { calls, media }: Bench,
  ups: readonly { readonly told: Notes }[],
  callers: Endpoint,
  agents: Endpoint,
): Generator<string> {
  const all = calls.list()
  for (const { state, secureSessions } of all) {
    if (state !== 'bridged') yield `a call is still ${state}`
    if (secureSessions.some(({ endedAtMs }) => endedAtMs === undefined)) yield 'a secure session never ends'
  }
  if (callers.sip.sessionCount !== all.length) yield `${callers.sip.sessionCount} callers have ${all.length} calls`
  if (agents.sip.sessionCount !== all.length) yield `${agents.sip.sessionCount} agents have ${all.length} calls`
  const stuck = ups.filter(({ told }) => told.told.length > 0 && !isOver(told)).length
  if (stuck !== all.length) yield `${stuck} callers believe in ${all.length} calls`
  for (const [portId, source] of media.hears) {
    if (source.kind !== 'port') continue
    const other = media.hears.get(source.portId)
    if (other?.kind !== 'port' || other.portId !== portId)
      yield `one-way: ${portId} hears ${source.portId}, which hears ${other?.kind}`
  }
  const open = all.filter(({ callerLeg, agentLeg }) => callerLeg?.held === false && agentLeg?.held === false).length
  const heard = [...media.hears.values()].filter(({ kind }) => kind === 'port').length
  if (heard !== 2 * open) yield `${heard} ears hear a voice in ${open} calls that nobody holds`
}
