/**
 * The agent hands the caller over by REFER: baresip and sip.js phones, with their own signalling, and what everybody hears meanwhile. The
 * caller's stream goes through all of it without a seam and without a re-INVITE.
 */

import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loudest, loudness, stretchOf } from '../../src/demo/listening.ts'
import type { Phone } from '../../src/demo/phone.ts'
import { seamsOf } from '../../src/demo/stream-seams.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import { type Baresip, startBaresip } from '../peers/baresip.ts'
import { shortPrompts } from '../peers/short-prompts.ts'
import { CANARY, type Sotto, startSotto } from '../peers/sotto.ts'
import { checkClean, checkParted, codesOf, hearEachOther, type Talk, talk, talkingIn } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(180_000)

const BARESIP_HUM_HZ = 2450
const HEARD_DBM0 = -25

async function stage(t: Test): Promise<Sotto & { readonly baresipFolder: string }> {
  const folder = t.testdir({ prompts: {}, baresip: {} })
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    secureInput: [shortPrompts(join(folder, 'prompts'))],
    // baresip gives up at the sight of SHA-256.
    sip: ['digestAlgorithms: [MD5]'],
  })
  return { ...sotto, baresipFolder: join(folder, 'baresip') }
}

async function openBaresip(
  t: Test,
  sotto: Awaited<ReturnType<typeof stage>>,
  account: string,
  password: string,
): Promise<Baresip> {
  const phone = await startBaresip({
    folder: sotto.baresipFolder,
    account: `<sip:${account}@127.0.0.1:${sotto.sipPort}>;auth_pass=${password};regint=60;answermode=auto`,
    humHz: BARESIP_HUM_HZ,
    record: false,
  })
  t.teardown(() => phone.stop())
  await phone.printed(/registered successfully|200 OK/i, 20_000)
  return phone
}

const AGENT_2 = { user: 'agent-2', password: 'agent-password-2' }
const hears = (phone: Phone, hz: number): boolean => phone.sound.levelOf(hz, 300) > HEARD_DBM0

/** In the last moments the caller heard music, and none of these pitches. */
async function checkMusic(t: Test, { sound }: Phone, ...pitches: readonly number[]): Promise<void> {
  await pause(700)
  const now = performance.now()
  const heard = stretchOf(sound.heard, sound.pcm(), sound.sampleRate, now - 400, now)
  t.ok(loudness(heard) > -40, `the caller hears music, ${loudness(heard).toFixed(1)} dBm0`)
  for (const hz of pitches) t.ok(loudest(heard, hz) < HEARD_DBM0, `and nobody at ${hz} Hz`)
}

const happened = (sotto: Sotto, type: string, from = 0) =>
  sotto.event((event) => event.type === type, type, 15_000, from)

async function record(sotto: Sotto, callId: string): Promise<unknown> {
  return (await sotto.server.request('GET', `/api/v1/calls/${callId}`)).body
}

/** The new agent starts a secure session with the own phone's feature code. */
async function checkSecure(t: Test, talking: Talk): Promise<void> {
  const { sotto, agent } = talking
  const from = sotto.events.length
  await agent.sound.press(codesOf('*71'), 'event', 100, 100)
  const session = talking.session(await happened(sotto, 'secure.requested', from))
  await session.asked(0)
  t.equal(await agent.signalling.refer('agent'), 403, 'no transfer meanwhile')
  t.match(await happened(sotto, 'call.transfer-refused'), { fault: 'call.transfer-in-secure-session' })
  await session.enter(CANARY)
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  await hearEachOther(t, talking, 'caller and new agent')
  await checkParted(t, talking, session)
}

t.test('blind, by baresip: music, then the new agent, who may start a secure session', async (t) => {
  const sotto = await stage(t)
  const baresip = await openBaresip(t, sotto, 'agent', 'agent-password-1')
  const caller = await sotto.caller()
  await caller.call('100').catch((thrown: unknown) => {
    throw new Error(`${String(thrown)}\n${baresip.log()}`)
  })
  const { callId } = await happened(sotto, 'call.bridged')
  await until(() => hears(caller, BARESIP_HUM_HZ), 'the caller hears baresip')
  t.comment('nobody there: the agent goes on talking')
  await baresip.command('transfer', `sip:agent-2@127.0.0.1:${sotto.sipPort}`)
  t.match(await happened(sotto, 'call.transfer-failed'), { callId, by: 'agent', status: 480 })
  await until(() => hears(caller, BARESIP_HUM_HZ), 'the caller hears baresip again')

  const agent = await sotto.agent({ ...AGENT_2, ringMs: 1500 })
  await baresip.command('transfer', `sip:agent-2@127.0.0.1:${sotto.sipPort}`)
  await checkMusic(t, caller, BARESIP_HUM_HZ)
  t.match(await happened(sotto, 'call.transferred'), { callId, by: 'agent', agent: 'agent-2' })
  const talking = talkingIn(sotto, String(callId), caller, agent)
  await hearEachOther(t, talking, 'caller and new agent')
  await baresip.printed(/terminated|closed|Call transfered|session closed/i, 10_000)
  t.match(await record(sotto, String(callId)), {
    state: 'bridged',
    agentLeg: { account: 'agent-2' },
    transfers: [
      { kind: 'blind', by: 'agent', outcome: 'failed', status: 480 },
      { kind: 'blind', by: 'agent', to: 'agent-2', outcome: 'transferred' },
    ],
  })
  await checkSecure(t, talking)
  t.strictSame(seamsOf(caller.sound.heard), [], "the caller's stream has no seam")
  t.equal(caller.signalling.reoffers, 0)
  await caller.signalling.hangUp()
  await checkClean(t, sotto)
})

t.test('attended: the caller and who was asked for advice hear each other', async (t) => {
  const sotto = await stage(t)
  const talking = await talk(t, sotto)
  const { caller, agent, callId } = talking
  // Its second line: another phone of the same account.
  const line = await sotto.agent({ humHz: 2800 })
  const baresip = await openBaresip(t, sotto, 'agent-2', 'agent-password-2')
  await agent.hold()
  await line.call('agent-2')
  await until(() => hears(line, BARESIP_HUM_HZ), 'the agent hears whom it asks')
  await checkMusic(t, caller, BARESIP_HUM_HZ, 2150, 2800)
  t.equal(await agent.signalling.refer('agent-2', line.signalling.dialog()), 202)
  t.match(await happened(sotto, 'call.transferred'), { callId, by: 'agent', agent: 'agent-2' })
  await until(() => hears(caller, BARESIP_HUM_HZ), 'the caller hears who was asked')
  await until(() => !agent.signalling.inCall && !line.signalling.inCall, 'both legs of the old agent end')
  t.strictSame(agent.signalling.referNews, ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK'])
  t.match(await record(sotto, callId), {
    state: 'bridged',
    agentLeg: { account: 'agent-2' },
    transfers: [{ kind: 'attended', by: 'agent', to: 'agent-2', outcome: 'transferred' }],
  })
  t.match(await happened(sotto, 'call.ended'), { ending: 'transferred' })
  const stats = async () => (await sotto.server.request('GET', `/api/v1/calls/${callId}/quality`)).body
  const before = (await stats()) as { agent: { packetsReceived: number; packetsSent: number } }
  await pause(600)
  const after = (await stats()) as typeof before
  t.ok(after.agent.packetsReceived - before.agent.packetsReceived > 15, 'sound comes from who was asked')
  t.ok(after.agent.packetsSent - before.agent.packetsSent > 15, 'and goes there')
  t.strictSame(seamsOf(caller.sound.heard), [], "the caller's stream has no seam")
  t.equal(caller.signalling.reoffers, 0)
  await baresip.command('hangup')
  t.match(await talking.over(10_000), { ending: 'agent-hung-up' })
  await checkClean(t, sotto)
})
