/** What the agent does with the phone alone: the feature code, hold and resume; and phones whose sound differs from each other's. */

import t, { type Test } from 'tap'
import { watchHoldUps } from '../../src/demo/hold-ups.ts'
import { loudest, loudness, type Stretch } from '../../src/demo/listening.ts'
import type { Phone } from '../../src/demo/phone.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import { HELD_UP_MS } from '../../src/media/stale.ts'
import { CANARY, type Sotto, type SottoOptions, startSotto } from '../peers/sotto.ts'
import {
  AGENT_HUM_HZ,
  CALLER_HUM_HZ,
  checkClean,
  checkParted,
  codesOf,
  hearEachOther,
  type Session,
  type Talk,
  talk,
} from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)
// Two at once: a story waits for sound most of the time.
t.jobs = 2

const FEATURE_CODE = '*71'
const CODE_LIMIT_MS = 5000
const KEYED_AT_MOST = 5
/** From a key's last packet until it was read, but for a hold-up. */
const ARRIVED_MS = 500
/** What the caller hears is judged by its last part. */
const LATELY_MS = 400
/** In this order: a phone that has sent events in a call is believed in events alone from then on. */
const WAYS = ['in-band', 'event'] as const

async function stage(t: Test, more: Partial<SottoOptions> = {}): Promise<Sotto> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  return startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    ...more,
  })
}

/** The agent keys the code; the session that it starts. */
async function startByCode(talking: Talk, how: 'event' | 'in-band'): Promise<Session> {
  const from = talking.sotto.events.length
  const requested = await keyedByAgent(talking, how, () =>
    talking.sotto.event(
      ({ type, callId }) => type === 'secure.requested' && callId === talking.callId,
      'requested',
      CODE_LIMIT_MS,
      from,
    ),
  )
  if (requested['startedBy'] !== 'feature-code') throw new Error('started by something else')
  return talking.session(requested)
}

/** Keys the code. Sound that waited for a held-up machine is left out, and a tone with it: then the agent keys once more, as anybody would. */
async function keyedByAgent<R>({ sotto, agent }: Talk, how: 'event' | 'in-band', comes: () => Promise<R>): Promise<R> {
  const everybody = Object.values(sotto.processes()).flat()
  const holdUps = watchHoldUps(() => everybody)
  try {
    for (let tries = 1; ; tries++) {
      const beganMs = performance.now()
      await agent.sound.press(codesOf(FEATURE_CODE), how, 100, 100)
      const arrivedMs = performance.now() + ARRIVED_MS
      try {
        return await comes()
      } catch (thrown) {
        const mayBeLost = how === 'in-band' && holdUps.heldMs(beganMs, arrivedMs) >= HELD_UP_MS
        if (!mayBeLost || tries === KEYED_AT_MOST) throw thrown
      }
    }
  } finally {
    holdUps.close()
  }
}

async function checkAccepted(t: Test, talking: Talk, session: Session, how?: 'event' | 'in-band'): Promise<void> {
  await session.enter(CANARY, how)
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  await hearEachOther(t, talking)
  await checkParted(t, talking, session)
}

/** The caller comes to hear music, and nobody's voice. */
async function checkOnHold(t: Test, { caller: { sound } }: Talk): Promise<void> {
  const from = sound.heard.length
  const lately = (): Stretch => {
    const { sampleRate } = sound
    return { packets: [], pcm: sound.pcm().subarray((-LATELY_MS * sampleRate) / 1000), sampleRate }
  }
  const isOnHold = (heard: Stretch) => loudness(heard) > -40 && loudest(heard, AGENT_HUM_HZ) < -25
  // As many packets of 20 ms as make that much sound: it begins after what was heard before.
  await until(() => sound.heard.length >= from + LATELY_MS / 20 && isOnHold(lately()), 'music, and not the agent')
  t.pass('the caller hears music, and not the agent')
}

t.test('the feature code', async (t) => {
  const sotto = await stage(t)
  const talking = await talk(t, sotto)
  for (const how of WAYS) {
    await t.test(`keyed by ${how}`, async (t) => {
      const session = await startByCode(talking, how)
      const from = sotto.events.length
      await session.asked(0)
      await talking.agent.sound.press(codesOf(FEATURE_CODE), how, 100, 100)
      await checkAccepted(t, talking, session, how)
      const begun = sotto.events.slice(from).filter(({ type }) => type === 'secure.requested')
      t.strictSame(begun, [], 'keyed once more in the session it does nothing')
    })
  }
  await t.test('while the caller has put the agent on hold', async (t) => {
    await talking.caller.hold()
    const held = await sotto.event(({ type, side }) => type === 'call.held' && side === 'caller', 'held')
    t.equal(held['callId'], talking.callId)
    const from = sotto.events.length
    await talking.agent.sound.press(codesOf(FEATURE_CODE), 'event', 100, 100)
    const refused = await sotto.event(({ type }) => type === 'secure.not-started', 'not started', 10_000, from)
    t.match(refused, { callId: talking.callId, fault: 'secure.caller-on-hold', startedBy: 'feature-code' })
    await talking.caller.resume()
    await sotto.event(({ type, side }) => type === 'call.retrieved' && side === 'caller', 'retrieved')
    await hearEachOther(t, talking)
  })
  await t.test('keyed by the caller it is nothing', async (t) => {
    const from = sotto.events.length
    await talking.key(FEATURE_CODE)
    await pause(1000)
    t.strictSame(sotto.events.slice(from), [])
  })
  await checkClean(t, sotto)
})

t.test('hold and resume', async (t) => {
  const sotto = await stage(t)
  const talking = await talk(t, sotto)
  for (const direction of ['sendonly', 'inactive'] as const) {
    await t.test(`the agent holds with ${direction} and resumes`, async (t) => {
      const from = sotto.events.length
      await talking.agent.hold(direction)
      await sotto.event(({ type, side }) => type === 'call.held' && side === 'agent', 'held', 10_000, from)
      await checkOnHold(t, talking)
      await talking.agent.resume()
      await sotto.event(({ type, side }) => type === 'call.retrieved' && side === 'agent', 'retrieved', 10_000, from)
      await hearEachOther(t, talking)
    })
  }
  await t.test('the agent holds and resumes while the caller keys', async (t) => {
    const session = await talking.secure()
    await session.asked(0)
    await talking.key(CANARY.slice(0, 4))
    await talking.agent.hold()
    await talking.key(CANARY.slice(4, 10))
    await talking.agent.resume()
    await talking.key(`${CANARY.slice(10)}#`)
    await session.enterRest()
    t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
    await hearEachOther(t, talking)
    await checkParted(t, talking, session)
  })
  await t.test('the agent holds in the session and resumes after it', async (t) => {
    const session = await talking.secure()
    await session.asked(0)
    await talking.agent.hold()
    await session.enter(CANARY)
    t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
    await checkOnHold(t, talking)
    await talking.agent.resume()
    await hearEachOther(t, talking)
    await checkParted(t, talking, session)
  })
  await t.test('a session begins while the agent holds the caller', async (t) => {
    await talking.agent.hold()
    const session = await talking.secure()
    await session.enter(CANARY)
    t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
    await checkOnHold(t, talking)
    await talking.agent.resume()
    await hearEachOther(t, talking)
    await checkParted(t, talking, session)
  })
  t.equal(talking.caller.signalling.reoffers, 0, 'the caller gets no re-INVITE for any of it')
  await checkClean(t, sotto)
})

t.test('phones whose sound differs', async (t) => {
  t.jobs = 2
  const sotto = await stage(t)
  const across = await talk(t, sotto, { caller: { codec: 'PCMU' }, agent: { codec: 'G722' } })
  const agent = { user: 'agent-2', password: 'agent-password-2' }
  const slow = await talk(t, sotto, { number: '101', agent, caller: { ptimeMs: 40 } })
  const inTurn = async (t: Test, talking: Talk): Promise<void> => {
    for (const how of WAYS) await checkAccepted(t, talking, await startByCode(talking, how), how)
  }
  await Promise.all([
    t.test('a caller with PCMU, an agent with G.722', { buffered: true }, (t) => inTurn(t, across)),
    t.test('a caller with PCMA alone, 40 ms in a packet', { buffered: true }, async (t) => {
      await inTurn(t, slow)
      const unbroken = (phone: Phone, hz: number): boolean => phone.sound.levelOf(hz, 1000) > -14
      await until(() => unbroken(slow.caller, AGENT_HUM_HZ), 'the agent without gaps at the caller')
      await until(() => unbroken(slow.agent, CALLER_HUM_HZ), 'the caller without gaps at the agent')
      const octets = (phone: Phone) => phone.sound.heard.at(-1)?.payload.length
      t.equal(octets(slow.caller), 320, 'the caller gets 40 ms in a packet')
      t.equal(octets(slow.agent), 160, 'the agent gets 20 ms in a packet')
    }),
  ])
  await checkClean(t, sotto)
})
