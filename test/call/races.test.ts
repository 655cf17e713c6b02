/**
 * Everybody does anything at any time: caller, agents, operator, vault, media process and clock take turns by a seeded dice. Whatever the order,
 * nobody is joined before a wipe, nothing is a defect, and when all have gone nothing is left: no call, port, socket or timer.
 */

import t from 'tap'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import type { SdpDirection } from '../../src/sip/sdp.ts'
import { ACCEPTED, type Bench, callBench, settle } from '../peers/call-bench.ts'
import type { FakeIncoming } from '../peers/fake-sip.ts'
import type { FakeVaultSession } from '../peers/fake-vault.ts'
import { phoneAnswer, phoneMedia, phoneReoffer } from '../peers/phone-media.ts'

const RUNS = 400
const MOVES = 25
const SEED = 20_261

/** @returns numbers from 0 up to the limit, the same for the same seed (Park and Miller's generator). */
function diceOf(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 48_271) % 0x7fff_ffff
    return state % limit
  }
}

type VaultStage = 'handed' | 'began' | 'wiped' | 'over'

/** One step of a vault that keeps its contract. */
function vaultMove(session: FakeVaultSession, stages: Map<FakeVaultSession, VaultStage>, roll: number): void {
  const stage = stages.get(session) ?? 'handed'
  const keeps = session.stops.some((stop) => !stop.giveBack)
  if (stage === 'over') return
  if (roll === 0) {
    stages.set(session, 'over')
    session.lost()
  } else if (stage === 'handed' && roll < 7) {
    stages.set(session, 'began')
    session.began()
  } else if (stage === 'wiped') {
    stages.set(session, 'over')
    session.returned(!keeps)
  } else {
    stages.set(session, 'wiped')
    session.wiped(session.stops.length > 0 ? { result: 'failed', reason: 'cancelled' } : ACCEPTED)
  }
}

/** A bridged call is heard both ways, or somebody holds. */
function checkEars(bench: Bench, callId: string): void {
  const view = bench.calls.get(callId)
  if (view?.state !== 'bridged' || bench.media.lost) return
  const heard = [...bench.media.hears.values()].map((source) => source.kind).toSorted()
  const held = [view.callerLeg?.held, view.agentLeg?.held].filter((each) => each === true).length
  const expected = [
    ['port', 'port'],
    ['hold-music', 'silence'],
    ['silence', 'silence'],
  ][held]
  if (JSON.stringify(heard) !== JSON.stringify(expected))
    bench.breaches.push(`${held} hold, and they hear ${heard.join(' and ')}`)
}

const DIRECTIONS: readonly SdpDirection[] = ['sendrecv', 'sendonly', 'inactive', 'recvonly']

async function run(seed: number): Promise<Bench> {
  const dice = diceOf(seed)
  const bench = callBench()
  const stages = new Map<FakeVaultSession, VaultStage>()
  bench.sip.phones.set('agent', [{ uri: 'sip:a@1' }, { uri: 'sip:a@2' }])
  const offer = dice(4) === 0 ? undefined : makeOffer(phoneMedia(4000))
  const caller: FakeIncoming = bench.incoming({ to: ['100', '200', '300'][dice(3)] ?? '100', offer })
  caller.reofferAnswer = (body) =>
    dice(3) === 0
      ? { result: 'refused', status: 488 }
      : { result: 'answered', body: phoneAnswer(body, phoneMedia(4000)) }
  const callId = bench.calls.list()[0]?.callId ?? ''
  let version = 2
  const agentOf = () => bench.sip.sent[dice(Math.max(1, bench.sip.sent.length))]
  const reofferOf = (port: number) => phoneReoffer(phoneMedia(port + dice(2) * 50), DIRECTIONS[dice(4)], version++)

  const moves: readonly (() => unknown)[] = [
    () => dice(6) === 0 && caller.bye(),
    () => dice(8) === 0 && agentOf()?.bye(),
    () =>
      !caller.over &&
      caller.accepted !== undefined &&
      caller.reofferFromFarEnd(dice(5) === 0 ? undefined : reofferOf(4000)),
    () => !caller.over && caller.accepted !== undefined && caller.ack(makeOffer(phoneMedia(4000))),
    () => {
      const agent = agentOf()
      if (agent !== undefined && !agent.over && !agent.answered)
        agent.progress(180 + dice(2) * 3, dice(2) === 0 ? undefined : phoneMedia(5000))
    },
    () => {
      const agent = agentOf()
      if (agent !== undefined && !agent.over && !agent.answered && dice(3) === 0)
        agent.refuse([486, 480, 603][dice(3)] ?? 480)
    },
    () => {
      const agent = agentOf()
      if (agent !== undefined && !agent.over && !agent.answered) agent.answer(phoneMedia(5000))
    },
    () => {
      const agent = agentOf()
      if (agent !== undefined && !agent.over && agent.answered) agent.reofferFromFarEnd(reofferOf(5000))
    },
    () => bench.calls.startSecureSession(callId, { fields: [], startedBy: { by: 'token' } }).catch(() => undefined),
    () => bench.calls.startSecureSession(callId, { fields: [], startedBy: { by: 'token' } }).catch(() => undefined),
    () => {
      const session = bench.calls.get(callId)?.secureSessions.at(-1)
      if (session !== undefined && bench.calls.list().length > 0 && dice(3) === 0)
        bench.calls.cancelSecureSession(callId, session.sessionId)
    },
    () => {
      const session = bench.vault.sessions.at(-1)
      if (session !== undefined) vaultMove(session, stages, dice(8))
    },
    () => {
      const session = bench.vault.sessions.at(-1)
      if (session !== undefined) vaultMove(session, stages, dice(8))
    },
    () => bench.clock.step([1, 50, 900, 2100, 11_000][dice(5)] ?? 1),
    () => dice(12) === 0 && bench.media.lose(),
    () => dice(10) === 0 && bench.calls.list().length > 0 && bench.calls.hangUp(callId),
    () => bench.media.ports[dice(Math.max(1, bench.media.ports.length))]?.events.onQuiet(5000),
  ]
  await settle()
  for (let move = 0; move < MOVES; move++) {
    moves[dice(moves.length)]?.()
    // Now and then several things happen before anything is done about the first.
    if (dice(3) > 0) await settle()
  }
  await settle()
  checkEars(bench, callId)
  // All go, and the vaults say their last words.
  caller.bye()
  for (const agent of bench.sip.sent) agent.bye()
  for (let turn = 0; turn < 4; turn++) {
    await settle()
    for (const session of bench.vault.sessions) vaultMove(session, stages, 7)
  }
  await settle()
  return bench
}

t.test(`${RUNS} calls in which anything happens at any time`, async (t) => {
  let secure = 0
  let rejoined = 0
  let bridged = 0
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const bench = await run(seed)
    const left = {
      calls: bench.calls.list().length,
      ports: bench.media.hears.size,
      sockets: bench.media.openHandles,
      timers: bench.clock.pending,
      legs: bench.sip.sent.filter((each) => !each.over).length,
      breaches: bench.breaches,
      defects: bench.faults.filter((fault) => !fault.startsWith('media.')),
      ends: bench.types().filter((type) => type === 'call.ended').length,
      secureEnds: bench.types().filter((type) => type === 'secure.ended').length,
    }
    const asked = bench.types().filter((type) => type === 'secure.requested').length
    const nothing = {
      calls: 0,
      ports: 0,
      sockets: 0,
      timers: 0,
      legs: 0,
      breaches: [],
      defects: [],
      ends: 1,
      secureEnds: asked,
    }
    if (JSON.stringify(left) !== JSON.stringify(nothing))
      t.same(left, nothing, `seed ${seed}: ${bench.journal.join(', ')}`)
    secure += asked
    rejoined += bench.types().filter((type) => type === 'secure.rejoined').length
    bridged += bench.types().includes('call.bridged') ? 1 : 0
  }
  t.ok(bridged > RUNS / 3, `${bridged} calls were bridged`)
  t.ok(secure > RUNS / 10, `${secure} secure sessions`)
  t.ok(rejoined > RUNS / 50, `${rejoined} rejoined`)
})
