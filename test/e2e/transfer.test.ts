/**
 * The agent hands the caller over by REFER: baresip and sip.js phones, with their own signalling, and what everybody hears meanwhile. The
 * caller's stream goes through all of it without a seam and without a re-INVITE.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loudest, loudness, stretchOf } from '../../src/demo/listening.ts'
import type { Phone } from '../../src/demo/phone.ts'
import { seamsOf } from '../../src/demo/stream-seams.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import { type Baresip, startBaresip } from '../peers/baresip.ts'
import { CANARY, type Sotto, startSotto } from '../peers/sotto.ts'
import { checkClean, checkParted, codesOf, hearEachOther, type Talk, talk, talkingIn } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const BARESIP_HUM_HZ = 2450
const HEARD_DBM0 = -25

/** The transfers of a call in the history, once the call is over there. */
async function keptTransfers({ server }: Sotto, callId: string): Promise<unknown> {
  for (;;) {
    const { body } = await server.request('GET', `/api/v1/call-history/${callId}`)
    const { ending, transfers } = body as { ending?: string; transfers?: unknown }
    if (ending !== undefined) return transfers
    await pause(50)
  }
}

async function stage(t: Test): Promise<Sotto> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  return startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    phones: 4,
    // baresip gives up at the sight of SHA-256.
    sip: ['digestAlgorithms: [MD5]'],
  })
}

async function openBaresip(t: Test, sotto: Sotto, account: string, password: string): Promise<Baresip> {
  // It cuts long paths off.
  const folder = mkdtempSync(join(tmpdir(), 'sotto-baresip-'))
  const phone = await startBaresip({
    folder,
    account: `<sip:${account}@127.0.0.1:${sotto.sipPort}>;auth_pass=${password};regint=60;answermode=auto`,
    humHz: BARESIP_HUM_HZ,
    record: false,
  })
  t.teardown(async () => {
    await phone.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  await phone.printed(/registered successfully|200 OK/i, 20_000)
  return phone
}

const AGENT_3 = { user: 'agent-3', password: 'agent-password-3' }
const AGENT_2 = { user: 'agent-2', password: 'agent-password-2' }
const hears = (phone: Phone, hz: number): boolean => phone.sound.levelOf(hz, 300) > HEARD_DBM0

/** Once nobody is heard at these pitches any more, the caller hears music. */
async function checkMusic(t: Test, phone: Phone, ...pitches: readonly number[]): Promise<void> {
  const { sound } = phone
  await until(() => !pitches.some((hz) => hears(phone, hz)), 'the caller hears nobody')
  const fromMs = performance.now()
  const before = sound.heard.length
  await until(() => sound.heard.length >= before + 20, 'more sound')
  const heard = stretchOf(sound.heard, sound.pcm(), sound.sampleRate, fromMs, performance.now())
  t.ok(loudness(heard) > -40, `the caller hears music, ${loudness(heard).toFixed(1)} dBm0`)
  for (const hz of pitches) t.ok(loudest(heard, hz) < HEARD_DBM0, `and nobody at ${hz} Hz`)
}

const happened = (sotto: Sotto, callId: string, type: string) =>
  sotto.event((event) => event.type === type && event['callId'] === callId, type, 15_000)

async function record(sotto: Sotto, callId: string): Promise<unknown> {
  return (await sotto.server.request('GET', `/api/v1/calls/${callId}`)).body
}

/** The new agent starts a secure session with the own phone's feature code. */
async function checkSecure(t: Test, talking: Talk): Promise<void> {
  const { sotto, agent, callId } = talking
  await agent.sound.press(codesOf('*71'), 'event', 100, 100)
  const session = talking.session(await happened(sotto, callId, 'secure.requested'))
  await session.asked(0)
  t.equal(await agent.signalling.refer('agent'), 403, 'no transfer meanwhile')
  t.match(await happened(sotto, callId, 'call.transfer-refused'), { fault: 'call.transfer-in-secure-session' })
  await session.enter(CANARY)
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  await hearEachOther(t, talking, 'caller and new agent')
  await checkParted(t, talking, session)
}

t.test('between phones of two makes, in two calls at a time', async (t) => {
  const sotto = await stage(t)
  t.jobs = 2
  await Promise.all([
    t.test(
      'blind, by baresip: music, then the new agent, who may start a secure session',
      { buffered: true },
      async (t) => {
        const baresip = await openBaresip(t, sotto, 'agent', 'agent-password-1')
        const caller = await sotto.caller()
        await caller.call('100')
        const callId = String(
          (await sotto.event(({ type, agent }) => type === 'call.bridged' && agent === 'agent', 'bridged'))['callId'],
        )
        await until(() => hears(caller, BARESIP_HUM_HZ), 'the caller hears baresip')
        const agent = await sotto.agent({ ...AGENT_2, ringMs: 1500 })
        await baresip.command('transfer', `sip:agent-2@127.0.0.1:${sotto.sipPort}`)
        await checkMusic(t, caller, BARESIP_HUM_HZ)
        t.match(await happened(sotto, callId, 'call.transferred'), { callId, by: 'agent', agent: 'agent-2' })
        const talking = talkingIn(sotto, callId, caller, agent)
        await hearEachOther(t, talking, 'caller and new agent')
        await baresip.printed(/terminated|closed|Call transfered|session closed/i, 10_000)
        t.match(await record(sotto, callId), {
          state: 'bridged',
          agentLeg: { account: 'agent-2' },
          transfers: [{ kind: 'blind', by: 'agent', to: 'agent-2', outcome: 'transferred' }],
        })
        await checkSecure(t, talking)
        t.strictSame(seamsOf(caller.sound.heard), [], "the caller's stream has no seam")
        t.equal(caller.signalling.reoffers, 0)
        await caller.signalling.hangUp()
      },
    ),
    t.test('replaced: the second phone of an account takes the call over', { buffered: true }, async (t) => {
      const talking = await talk(t, sotto, { number: '101', agent: AGENT_2 })
      const { caller, agent, callId } = talking
      const line = await sotto.agent({ ...AGENT_2, humHz: 2800 })
      await line.call('anything', agent.signalling.dialog())
      t.match(await happened(sotto, callId, 'call.transferred'), { callId, by: 'agent-2', agent: 'agent-2' })
      await until(() => hears(caller, 2800) && line.sound.heard.length > 20, 'caller and second phone hear each other')
      await until(() => !agent.signalling.inCall, 'the first phone got BYE')
      t.strictSame(seamsOf(caller.sound.heard), [], "the caller's stream has no seam")
      t.equal(caller.signalling.reoffers, 0)
      await caller.signalling.hangUp()
    }),
    t.test('attended: the caller and who was asked for advice hear each other', { buffered: true }, async (t) => {
      const talking = await talk(t, sotto, { number: '102', agent: AGENT_3 })
      const { caller, agent, callId } = talking
      t.equal(await agent.signalling.refer('agent-4'), 202)
      t.match(
        await happened(sotto, callId, 'call.transfer-failed'),
        { callId, by: 'agent-3', status: 480 },
        'nobody is there',
      )
      await hearEachOther(t, talking, 'caller and the agent whose transfer failed')
      // Its second line: another phone of the same account.
      const line = await sotto.agent({ ...AGENT_3, humHz: 2800 })
      const baresip = await openBaresip(t, sotto, 'agent-4', 'agent-password-4')
      await agent.hold()
      await line.call('agent-4')
      await until(() => hears(line, BARESIP_HUM_HZ), 'the agent hears whom it asks')
      await checkMusic(t, caller, BARESIP_HUM_HZ, 2150, 2800)
      t.equal(await agent.signalling.refer('agent-4', line.signalling.dialog()), 202)
      t.match(await happened(sotto, callId, 'call.transferred'), { callId, by: 'agent-3', agent: 'agent-4' })
      await until(() => hears(caller, BARESIP_HUM_HZ), 'the caller hears who was asked')
      await until(() => !agent.signalling.inCall && !line.signalling.inCall, 'both legs of the old agent end')
      t.strictSame(agent.signalling.referNews, [
        'SIP/2.0 100 Trying',
        'SIP/2.0 480 Temporarily Unavailable',
        'SIP/2.0 100 Trying',
        'SIP/2.0 200 OK',
      ])
      t.match(await record(sotto, callId), {
        state: 'bridged',
        agentLeg: { account: 'agent-4' },
        transfers: [
          { kind: 'blind', outcome: 'failed', status: 480 },
          { kind: 'attended', by: 'agent-3', to: 'agent-4', outcome: 'transferred' },
        ],
      })
      await sotto.event(({ type, ending }) => type === 'call.ended' && ending === 'transferred', 'the other call over')
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
      t.match(await keptTransfers(sotto, callId), [
        { kind: 'blind', by: 'agent-3', outcome: 'failed', status: 480, startedAt: String, endedAt: String },
        { kind: 'attended', by: 'agent-3', to: 'agent-4', outcome: 'transferred', startedAt: String, endedAt: String },
      ])
    }),
  ])
  await checkClean(t, sotto)
})
