/**
 * Callers in Opus and an agent in G.711: a phone that this project did not write keys a card by telephone-event, scripted ones by event at
 * 48000 Hz and by tones in the sound; each hears and is heard before and after, and nothing of the number is left.
 */

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { goertzelPower, levelOf } from '../../src/rtp/tone.ts'
import { parseWav } from '../../src/rtp/wav.ts'
import { startBaresip } from '../peers/baresip.ts'
import { CANARY, type Sotto, type SottoOptions, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import {
  AGENT_HUM_HZ,
  CALLER_HUM_HZ,
  checkClean,
  checkParted,
  checkTold,
  hearEachOther,
  nextYearsEnd,
  talk,
} from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

/** A key of baresip's lasts a quarter of a second. */
const KEY_MS = 300
const HEARD_DBM0 = -25

async function stage(
  t: Test,
  options: Partial<SottoOptions> = {},
): Promise<{ sotto: Sotto; requests: () => readonly string[] }> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    more: 'media: { codecs: [PCMA, OPUS] }',
    ...options,
  })
  return { sotto, requests: () => validation.requests.map(({ body }) => body.toString('latin1')) }
}

t.test('baresip in Opus calls an agent in PCMA', { timeout: 90_000 }, async (t) => {
  const { sotto, requests } = await stage(t)
  const agent = await sotto.agent({ codec: 'PCMA' })
  const folder = join(sotto.folder, 'caller')
  mkdirSync(folder)
  const caller = await startBaresip({
    folder,
    account: `<sip:+4930123@${TRUNK_ADDRESS}>;regint=0;audio_codecs=opus/48000/2`,
    humHz: CALLER_HUM_HZ,
    record: true,
    opus: true,
    address: TRUNK_ADDRESS,
  })
  t.teardown(() => caller.stop())
  await caller.command('dial', `sip:100@127.0.0.1:${sotto.sipPort}`)
  const bridged = await sotto.event(({ type }) => type === 'call.bridged', 'bridged', 15_000)
  const callId = String(bridged['callId'])
  const { body } = await sotto.server.request('GET', '/api/v1/calls')
  t.match(body, { calls: [{ callerLeg: { codec: 'OPUS' }, agentLeg: { codec: 'PCMA' } }] }, 'the codecs are named')
  const heard = () => agent.sound.levelOf(CALLER_HUM_HZ, 300) > HEARD_DBM0
  await until(heard, 'the agent hears the caller', 10_000)

  const { status } = await sotto.startSecureSession(callId)
  t.equal(status, 202)
  const rows = [`${CANARY}#`, `${nextYearsEnd()}#`, '123#']
  for (const [field, keys] of rows.entries()) {
    await sotto.event(
      (event) => event.type === 'secure.asking' && event['field'] === field,
      `asked for ${field}`,
      30_000,
    )
    for (const key of keys) await Promise.all([caller.command('sndcode', key), pause(KEY_MS)])
  }
  const ended = await sotto.event(({ type }) => type === 'secure.ended', 'the session over', 30_000)
  t.match(ended, { outcome: { result: 'accepted' }, rejoined: 'yes' })
  t.equal(requests().length, 1)
  t.match(requests()[0], `value="${CANARY}"`)
  await until(heard, 'the agent hears the caller again', 10_000)
  await pause(1500)
  await caller.command('hangup')
  await sotto.event(({ type }) => type === 'call.ended', 'the call over', 10_000)
  await checkClean(t, sotto)
  await caller.stop()
  t.ok(secondsOfHum(caller.heard()) > 1, 'the caller heard the agent')
})

/** Seconds of the agent's hum in what a phone recorded. */
function secondsOfHum(files: readonly string[]): number {
  let seconds = 0
  for (const file of files) {
    const wav = parseWav(readFileSync(file))
    if (wav === undefined) continue
    const mono = wav.samples.filter((_, i) => i % wav.channels === 0)
    const tenth = wav.sampleRate / 10
    for (let at = 0; at + tenth <= mono.length; at += tenth) {
      if (levelOf(goertzelPower(mono, at, tenth, AGENT_HUM_HZ, wav.sampleRate)) > HEARD_DBM0) seconds += 0.1
    }
  }
  return seconds
}

t.test('scripted callers in Opus, keys by event and in the sound', { timeout: 120_000 }, async (t) => {
  const { sotto, requests } = await stage(t)
  for (const [number, how] of [
    ['100', 'event'],
    ['101', 'in-band'],
  ] as const) {
    await t.test(how, async (t) => {
      const agent = number === '100' ? {} : { user: 'agent-2', password: 'agent-password-2' }
      const talking = await talk(t, sotto, { number, caller: { codec: 'OPUS' }, agent: { ...agent, codec: 'PCMA' } })
      const session = await talking.secure()
      await session.enter(CANARY, how)
      t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
      await hearEachOther(t, talking)
      await checkParted(t, talking, session)
      await checkTold(t, talking, session)
      t.match(requests().at(-1), `value="${CANARY}"`)
      t.ok(talking.caller.sound.heard.every(({ payload, payloadType }) => payloadType !== 111 || payload.length > 0))
    })
  }
  await checkClean(t, sotto)
})

t.test('a caller in Opus under SRTP, keys in the sound, and an agent in PCMA', { timeout: 90_000 }, async (t) => {
  const { sotto, requests } = await stage(t, { trunk: 'srtp: required' })
  const srtp = { suite: 'AEAD_AES_128_GCM', profile: 'RTP/SAVP' } as const
  const talking = await talk(t, sotto, { caller: { codec: 'OPUS', srtp }, agent: { codec: 'PCMA' } })
  const { body } = await sotto.server.request('GET', `/api/v1/calls/${talking.callId}`)
  t.match(body, { callerLeg: { codec: 'OPUS', srtp: srtp.suite }, agentLeg: { codec: 'PCMA' } })
  const session = await talking.secure()
  await session.enter(CANARY, 'in-band')
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  t.match(requests().at(-1), `value="${CANARY}"`)
  await hearEachOther(t, talking)
  await checkParted(t, talking, session)
  await checkTold(t, talking, session)
  await checkClean(t, sotto)
})

t.test('Opus at both ends', { timeout: 90_000 }, async (t) => {
  const { sotto } = await stage(t)
  const talking = await talk(t, sotto, { caller: { codec: 'OPUS' }, agent: { codec: 'OPUS' } })
  const session = await talking.secure()
  await session.enter(CANARY)
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  await hearEachOther(t, talking)
  await checkParted(t, talking, session)
  await checkClean(t, sotto)
})
