/**
 * Pick-up through the whole server, by phones over UDP: a lamp (RFC 4235) names the dialog that rings, a phone of the workgroup takes it by Replaces
 * (RFC 3891) or by code, and is the agent of a secure session then, in which nobody picks up anything.
 */

import t, { type Test } from 'tap'
import { until } from '../../src/demo/waiting.ts'
import { headerOf } from '../../src/sip/message.ts'
import { dialogIn, documentIn, openLamp, watch } from '../peers/lamp.ts'
import { CANARY, startSotto } from '../peers/sotto.ts'
import { checkClean, checkParted, hearEachOther, talkingIn } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const AGENT_2 = { user: 'agent-2', password: 'agent-password-2', humHz: 2150 }
const AGENT_3 = { user: 'agent-3', password: 'agent-password-3', humHz: 2600 }
/** Longer than anybody waits here. */
const RINGS_MS = 60_000

async function stage(t: Test) {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    phones: 3,
  })
  return { sotto, validation }
}

t.test('a lamp, a pick-up by Replaces and one by code, and a session of who picked up', async (t) => {
  const { sotto } = await stage(t)
  const rung = await sotto.agent({ ringMs: RINGS_MS })
  const picker = await sotto.agent(AGENT_2)
  const stranger = await sotto.agent(AGENT_3)
  const caller = await sotto.caller()
  const lamp = await openLamp(sotto.sipPort)
  t.teardown(() => lamp.peer.close())
  t.equal(await watch(lamp, sotto.sipPort, AGENT_3, 'agent'), 403, 'of another workgroup')
  t.equal(await watch(lamp, sotto.sipPort, AGENT_2, 'agent'), 200)

  const answered = caller.call('100')
  const lit = await lamp.lit('early')
  t.equal(headerOf(lit, 'subscription-state')?.split(';')[0], 'active')
  t.notMatch(documentIn(lit), /4930/, 'it does not say who calls')
  const dialog = dialogIn(lit)
  await t.rejects(stranger.call('anything', dialog), /403/)
  await t.rejects(stranger.call('*8100'), /404/)
  await picker.call('anything', dialog)
  await answered
  const picked = await sotto.event(({ type }) => type === 'call.picked-up', 'picked up')
  t.match(picked, { by: 'agent-2', at: 'agent' })
  const talking = talkingIn(sotto, String(picked['callId']), caller, picker)
  await hearEachOther(t, talking, 'caller and who picked up')
  t.notOk(rung.signalling.inCall)
  await until(() => lamp.isOut, 'the lamp is out', 5000)

  const session = await talking.secure()
  await session.asked(0)
  const told = lamp.documents().length
  const second = await sotto.caller()
  void second.call('100').catch(() => undefined)
  await lamp.lit('early', told)
  const line = await sotto.agent(AGENT_2)
  await t.rejects(line.call('*8100'), /403/, 'not from within a secure session')
  await second.close()
  await session.enter(CANARY)
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  await hearEachOther(t, talking, 'caller and who picked up, again')
  await checkParted(t, talking, session)
  t.notMatch(lamp.documents().join(''), /secure/)
  await picker.signalling.hangUp()
  await talking.over()
  await checkClean(t, sotto)
})

t.test('by code, with the number and alone', async (t) => {
  const { sotto } = await stage(t)
  await sotto.agent({ ringMs: RINGS_MS })
  const picker = await sotto.agent(AGENT_2)
  for (const code of ['*8100', '*8']) {
    const from = sotto.events.length
    const caller = await sotto.caller()
    const answered = caller.call('100')
    await sotto.event(({ type }) => type === 'call.ringing', 'it rings', 10_000, from)
    await picker.call(code)
    await answered
    const { callId } = await sotto.event(({ type }) => type === 'call.bridged', 'bridged', 10_000, from)
    const talking = talkingIn(sotto, String(callId), caller, picker)
    await hearEachOther(t, talking, `${code}: caller and who picked up`)
    await caller.signalling.hangUp()
    await talking.over()
    await until(() => !picker.signalling.inCall, 'its end')
  }
})
