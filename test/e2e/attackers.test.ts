/**
 * Attackers at every media port before, during and between secure sessions: nothing of theirs is heard, nothing is told to
 * them, no address changes, no key enters, no session ends, and the call goes on as if they were not there.
 */

import t, { type Test } from 'tap'
import { createCallCapture } from '../../src/demo/call-capture.ts'
import { watchHoldUps } from '../../src/demo/hold-ups.ts'
import { openRtpPhone, type RtpPhone } from '../../src/demo/rtp-phone.ts'
import { pause } from '../../src/demo/waiting.ts'
import { HELD_UP_MS } from '../../src/media/stale.ts'
import { isRtp, sequence, ssrc, timestamp } from '../../src/rtp/packet.ts'
import { type Attackers, attackPayload, type Known, startAttackers } from '../peers/attackers.ts'
import { claimRange } from '../peers/port-ranges.ts'
import { CANARY, type Sotto, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { checkClean, checkParted, hearEachOther, type Talk, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

/** Two who have no part in the calls, and both who have. */
const ADDRESSES = ['127.0.0.3', '127.0.0.66', TRUNK_ADDRESS, '127.0.0.1']
/** Where a caller behind a NAT sends from; it describes another address. */
const NAT_ADDRESS = '127.0.0.9'
const PORTS = 12
const TALK_MS = 5000
const MAY_BE_LOST = 0.005
const ATTACK = Buffer.from(attackPayload())

type Quality = { strangers: number; unusable: number; implausible: number; rebound: number }

for (const behindNat of [false, true]) {
  t.test(behindNat ? 'a caller behind a NAT' : 'a caller at the address that it describes', async (t) => {
    const validation = await startValidationPeer()
    t.teardown(() => validation.close())
    // Nobody else's: whatever is there is written to.
    const portMin = claimRange()
    const sotto = await startSotto(t, {
      validationUrl: `https://127.0.0.1:${validation.port}/`,
      caText: validation.authority,
      secureInput: ['interDigitSeconds: 120'],
      more: `media: { portMin: ${portMin}, portMax: ${portMin + PORTS - 1} }`,
    })
    const attackers = await startAttackers(ADDRESSES)
    t.teardown(() => attackers.close())
    const range = Array.from({ length: PORTS }, (_, i) => portMin + i)
    // Whoever describes a wrong address is told from strangers by what comes first: nobody else may be there yet.
    if (!behindNat) attackers.aim(range)
    const wires = { caller: wire(), agent: wire() }
    attackers.know([wires.caller.newest, wires.agent.newest])
    const talking = await talk(t, sotto, {
      caller: {
        capture: wires.caller,
        ...(behindNat ? { openSound: (given) => openRtpPhone({ ...given, address: NAT_ADDRESS }) } : {}),
      },
      agent: { capture: wires.agent },
    })
    attackers.aim(range)
    const { caller, agent } = talking
    const phones = [caller, agent]

    await t.test('a call under attack', async (t) => {
      const marks = phones.map(({ sound }) => sound.heard.length)
      const from = sotto.events.length
      const heldMs = await talkFor(sotto, TALK_MS)
      // What waited while the machine was held up is left out, or had no room in a socket that the attackers fill.
      const mayBeLost = MAY_BE_LOST + (heldMs < HELD_UP_MS ? 0 : heldMs / TALK_MS)
      for (const [i, { sound }] of phones.entries()) {
        const heard = sound.heard.slice(marks[i])
        t.ok(heard.length > (TALK_MS - heldMs) / 40, `${heard.length} packets`)
        t.ok(lossOf(heard) <= mayBeLost, `loss ${lossOf(heard)}, held up for ${heldMs.toFixed(0)} ms`)
      }
      t.strictSame(sotto.events.slice(from), [], 'nothing has happened')
    })
    await t.test('a secure session under attack', async (t) => {
      const session = await talking.secure()
      await session.asked(0)
      await talking.key(CANARY.slice(0, 8))
      await session.event('secure.progress', 10_000, ({ keys }) => keys === 8)
      await pause(2000)
      await talking.key(`${CANARY.slice(8)}#`)
      await session.enterRest()
      t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
      const counts = session.events().filter(({ type, field }) => type === 'secure.progress' && field === 0)
      t.equal(Math.max(...counts.map(({ keys }) => Number(keys))), CANARY.length, 'as many keys as were pressed')
      t.match(validation.requests.at(-1)?.body.toString('utf8'), `value="${CANARY}"`)
      await checkParted(t, talking, session)
      await hearEachOther(t, talking)
    })
    await t.test('what they got and gave', async (t) => {
      await checkUnheard(
        t,
        phones.map(({ sound }) => sound),
      )
      t.ok(attackers.sent > 5000, `${attackers.sent} datagrams were sent`)
      t.equal(attackers.received, 0, 'and none came back')
      await checkCounted(t, talking, attackers)
    })
    await t.test('a goodbye ends the call', async () => {
      await caller.signalling.hangUp()
      await talking.over()
    })
    await checkClean(t, sotto, CANARY)
  })
}

/** @returns how long the sound was held up meanwhile, milliseconds. */
async function talkFor(sotto: Sotto, ms: number): Promise<number> {
  const { media } = sotto.processes()
  const holdUps = watchHoldUps(() => media)
  const beganMs = performance.now()
  await pause(ms)
  holdUps.close()
  return holdUps.heldMs(beganMs, performance.now())
}

/** Everything that either phone heard came from its own port of the server, in one stream, with nothing of the attackers in it. */
async function checkUnheard(t: Test, sounds: readonly RtpPhone[]): Promise<void> {
  for (const { heard } of sounds) {
    t.equal(new Set(heard.map(({ fromPort }) => fromPort)).size, 1, 'one port')
    t.equal(new Set(heard.map((packet) => packet.ssrc)).size, 1, 'one stream')
    t.equal(new Set(heard.map((packet) => packet.payloadType)).size, 1, 'no telephone-event')
    t.equal(heard.filter(({ payload }) => ATTACK.equals(payload)).length, 0, 'none of their sound')
  }
}

async function checkCounted(t: Test, talking: Talk, attackers: Attackers): Promise<void> {
  const { sotto, callId } = talking
  const { body } = await sotto.server.request('GET', `/api/v1/calls/${callId}/quality`)
  const { caller, agent } = body as { caller: Quality; agent: Quality }
  for (const leg of [caller, agent]) {
    t.ok(leg.strangers > attackers.sent / PORTS / 10, `${leg.strangers} packets of strangers were counted`)
    t.equal(leg.rebound, 0, 'nobody took a source over')
  }
}

function lossOf(heard: RtpPhone['heard']): number {
  let expected = 0
  for (const [i, packet] of heard.entries()) {
    const before = heard[i - 1]
    expected += before === undefined ? 1 : Math.max(0, ((packet.sequence - before.sequence) << 16) >> 16)
  }
  return 1 - heard.length / Math.max(1, expected)
}

/** A capture that remembers the newest packet that its phone sent. */
function wire() {
  const capture = createCallCapture(() => 0)
  let known: Known | undefined
  return {
    ...capture,
    add: (...[direction, _own, _far, octets]: Parameters<typeof capture.add>) => {
      if (direction === 'sent' && octets.length < 400 && isRtp(octets)) {
        known = { ssrc: ssrc(octets), sequence: sequence(octets), timestamp: timestamp(octets) }
      }
    },
    newest: () => known,
  }
}
