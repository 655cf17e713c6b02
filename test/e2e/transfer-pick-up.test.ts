/**
 * What rings because of a transfer is picked up, by phones over UDP: a lamp (RFC 4235) names the dialog that rings for a blind transfer, and a
 * phone of the workgroup takes it by Replaces (RFC 3891); the consultation of an attended one is taken by code, and its end is who picked it up.
 */

import t, { type Test } from 'tap'
import { seamsOf } from '../../src/demo/stream-seams.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import { dialogIn, documentIn, openLamp, watch } from '../peers/lamp.ts'
import { CANARY, type Sotto, startSotto } from '../peers/sotto.ts'
import { checkClean, checkParted, hearEachOther, type Talk, talk, talkingIn } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

/** Of one workgroup with `agent`, who picks up. */
const AGENT_2 = { user: 'agent-2', password: 'agent-password-2', humHz: 2450 }
/** Who transfers, of none. */
const AGENT_3 = { user: 'agent-3', password: 'agent-password-3' }
const AGENT_4 = { user: 'agent-4', password: 'agent-password-4', humHz: 2600 }
const AGENT = { user: 'agent', password: 'agent-password-1' }
/** Longer than anybody waits here. */
const RINGS_MS = 60_000

async function stage(t: Test): Promise<Sotto> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  return startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    phones: 4,
  })
}

const happened = ({ sotto, callId }: Talk, type: string) =>
  sotto.event((event) => event.type === type && event['callId'] === callId, type, 15_000)

/** The caller hangs up. @returns the call as the history has it. */
async function kept({ sotto, caller, callId }: Talk): Promise<unknown> {
  await caller.signalling.hangUp()
  for (;;) {
    const { body } = await sotto.server.request('GET', `/api/v1/call-history/${callId}`)
    if ((body as { ending?: string }).ending !== undefined) return body
    await pause(50)
  }
}

t.test('a blind transfer: a lamp, a pick-up by its dialog, and a secure session of who picked up', async (t) => {
  const sotto = await stage(t)
  const talking = await talk(t, sotto, { number: '102', agent: AGENT_3 })
  const { caller, callId } = talking
  const rung = await sotto.agent({ ...AGENT_2, ringMs: RINGS_MS })
  const picker = await sotto.agent()
  const stranger = await sotto.agent(AGENT_4)
  const transfers = await sotto.agent({ ...AGENT_3, humHz: 2800 })
  const lamp = await openLamp(sotto.sipPort)
  t.teardown(() => lamp.peer.close())
  t.equal(await watch(lamp, sotto.sipPort, AGENT, 'agent-2'), 200)

  t.equal(await talking.agent.signalling.refer('agent-2'), 202)
  const lit = await lamp.lit('early')
  t.notMatch(documentIn(lit), /4930|agent-3/, 'it says neither who calls nor who transfers')
  const dialog = dialogIn(lit)
  await t.rejects(stranger.call('anything', dialog), /403/, 'of another workgroup')
  await t.rejects(transfers.call('*8agent-2'), /404/, 'by another phone of who transfers')
  await picker.call('anything', dialog)
  t.match(await happened(talking, 'call.picked-up'), { by: 'agent', at: 'agent-2' })
  t.match(await happened(talking, 'call.transferred'), { by: 'agent-3', agent: 'agent' })
  const taken = talkingIn(sotto, callId, caller, picker)
  await hearEachOther(t, taken, 'caller and who picked up')
  t.notOk(rung.signalling.inCall)
  await until(() => !talking.agent.signalling.inCall, 'the leg of who transferred ends')
  t.strictSame(talking.agent.signalling.referNews, ['SIP/2.0 100 Trying', 'SIP/2.0 180 Ringing', 'SIP/2.0 200 OK'])
  await until(() => lamp.isOut, 'the lamp is out', 5000)

  const session = await taken.secure()
  await session.enter(CANARY)
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  await hearEachOther(t, taken, 'caller and who picked up, again')
  await checkParted(t, taken, session)
  t.notMatch(lamp.documents().join(''), /secure/)
  t.strictSame(seamsOf(caller.sound.heard), [], "the caller's stream has no seam")
  t.equal(caller.signalling.reoffers, 0)
  t.match(await kept(taken), {
    ending: 'caller-hung-up',
    agent: 'agent',
    transfers: [
      { kind: 'blind', by: 'agent-3', to: 'agent', outcome: 'transferred', startedAt: String, endedAt: String },
    ],
  })
  await until(() => !picker.signalling.inCall, 'the end of who picked up')
  await checkClean(t, sotto)
})

t.test('an attended transfer whose consultation was picked up by code', async (t) => {
  const sotto = await stage(t)
  const talking = await talk(t, sotto, { number: '102', agent: AGENT_3 })
  const { caller, agent, callId } = talking
  const rung = await sotto.agent({ ...AGENT_2, ringMs: RINGS_MS })
  const picker = await sotto.agent()
  const lamp = await openLamp(sotto.sipPort)
  t.teardown(() => lamp.peer.close())
  t.equal(await watch(lamp, sotto.sipPort, AGENT, 'agent-2'), 200)
  await agent.hold()
  const line = await sotto.agent({ ...AGENT_3, humHz: 2800 })
  const asked = line.call('agent-2')
  await lamp.lit('early')
  await picker.call('*8agent-2')
  await asked
  const consultation = await sotto.event(({ type, by }) => type === 'call.picked-up' && by === 'agent', 'picked up')
  await until(() => picker.sound.levelOf(2800, 300) > -25, 'who picked up hears the agent')
  t.equal(await agent.signalling.refer('agent-2', line.signalling.dialog()), 202)
  t.match(await happened(talking, 'call.transferred'), { by: 'agent-3', agent: 'agent' })
  const taken = talkingIn(sotto, callId, caller, picker)
  await hearEachOther(t, taken, 'caller and who picked up')
  await until(() => !agent.signalling.inCall && !line.signalling.inCall, 'both legs of the old agent end')
  t.notOk(rung.signalling.inCall)
  t.match(
    await sotto.event(
      (event) => event.type === 'call.ended' && event['callId'] === consultation['callId'],
      'the consultation over',
    ),
    { ending: 'transferred' },
  )
  t.strictSame(seamsOf(caller.sound.heard), [], "the caller's stream has no seam")
  t.match(await kept(taken), {
    ending: 'caller-hung-up',
    agent: 'agent',
    transfers: [
      { kind: 'attended', by: 'agent-3', to: 'agent', outcome: 'transferred', startedAt: String, endedAt: String },
    ],
  })
  await checkClean(t, sotto)
})
