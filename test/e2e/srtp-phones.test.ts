/**
 * SRTP with a phone that this project did not write: baresip, whose SRTP is that of libre, calls and keys its card number encrypted, first to
 * an agent in plain RTP, then to a baresip that speaks SRTP as well.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import { goertzelPower, levelOf } from '../../src/rtp/tone.ts'
import { parseWav } from '../../src/rtp/wav.ts'
import { type Baresip, startBaresip } from '../peers/baresip.ts'
import { CANARY, type Sotto, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { AGENT_HUM_HZ, CALLER_HUM_HZ, checkClean, nextYearsEnd } from '../peers/talk.ts'
import { startValidationPeer, type ValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)
// Two at once: a story waits for sound most of the time.
t.jobs = 2

/** A key of baresip's lasts a quarter of a second. */
const KEY_MS = 300
const HEARD_DBM0 = -25

type Set = { readonly sotto: Sotto; readonly validation: ValidationPeer; readonly caller: Baresip }

async function stage(t: Test, mediaEncryption: string): Promise<Set> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    trunk: 'srtp: required',
    secureInput: ['srtp: required'],
    sip: ['digestAlgorithms: [MD5]'],
  })
  const caller = await startBaresip({
    folder: join(sotto.folder, 'caller'),
    account: `<sip:+4930@${TRUNK_ADDRESS}>;regint=0;mediaenc=${mediaEncryption};audio_codecs=PCMA`,
    address: TRUNK_ADDRESS,
    humHz: CALLER_HUM_HZ,
    record: true,
    modules: ['srtp'],
  })
  t.teardown(() => caller.stop())
  return { sotto, validation, caller }
}

/** Suites of both legs, as the API tells them. */
async function suites(sotto: Sotto, callId: unknown): Promise<readonly unknown[]> {
  const { body } = await sotto.server.request('GET', `/api/v1/calls/${String(callId)}`)
  const { callerLeg, agentLeg } = body as Record<'callerLeg' | 'agentLeg', { srtp?: string }>
  return [callerLeg.srtp, agentLeg.srtp]
}

/** Until so many more packets have come from both, and as many gone to both. */
async function soundBothWays(sotto: Sotto, callId: unknown, packets: number): Promise<void> {
  const counts = async () => {
    const { body } = await sotto.server.request('GET', `/api/v1/calls/${String(callId)}/quality`)
    const { caller, agent } = body as Record<'caller' | 'agent', { packetsReceived: number; packetsSent: number }>
    return [caller, agent].flatMap(({ packetsReceived, packetsSent }) => [packetsReceived, packetsSent])
  }
  const before = await counts()
  const endMs = performance.now() + 20_000
  while ((await counts()).some((count, i) => count < (before[i] ?? 0) + packets)) {
    if (performance.now() > endMs) throw new Error('no sound both ways')
    await pause(50)
  }
}

/** The caller keys what it is asked for. */
async function pay({ sotto, caller }: Set, callId: unknown): Promise<void> {
  const own = (fits: (event: TimelineEvent) => boolean, what: string) =>
    sotto.event((event) => event['callId'] === callId && fits(event), what, 30_000)
  for (const [field, keys] of [CANARY, nextYearsEnd(), '123'].entries()) {
    await own((event) => event.type === 'secure.asking' && event['field'] === field, `asked for ${field}`)
    for (const key of `${keys}#`) await Promise.all([caller.command('sndcode', key), pause(KEY_MS)])
  }
  await own(({ type }) => type === 'secure.rejoined', 'rejoined')
}

/** @returns the level of a tone in the last second of what was heard, dBm0. */
function levelAtEnd(wavFile: string | undefined, hz: number): number {
  const wav = wavFile === undefined ? undefined : parseWav(readFileSync(wavFile))
  if (wav === undefined || wav.samples.length < wav.sampleRate) return -100
  const { samples, sampleRate } = wav
  return levelOf(goertzelPower(samples, samples.length - sampleRate, sampleRate, hz, sampleRate))
}

async function checkPaid(t: Test, { sotto, validation, caller }: Set, callId: unknown): Promise<void> {
  const ended = await sotto.event((event) => event.type === 'secure.ended' && event['callId'] === callId, 'ended')
  t.match(ended['outcome'], { result: 'accepted' })
  t.equal(validation.requests.length, 1)
  t.match(validation.requests[0]?.body.toString('latin1'), `value="${CANARY}"`, 'the right digits')
  await soundBothWays(sotto, callId, 75)
  await caller.command('hangup')
  await sotto.event((event) => event.type === 'call.ended' && event['callId'] === callId, 'over')
  await until(() => levelAtEnd(caller.heard().at(-1), AGENT_HUM_HZ) > HEARD_DBM0, 'the caller heard the agent again')
  t.notMatch(sotto.log(), /inline:|a=crypto/, 'no key in the log')
  await checkClean(t, sotto)
}

t.test('baresip with SRTP calls an agent in plain RTP', async (t) => {
  const set = await stage(t, 'srtp-mand')
  const { sotto, caller } = set
  const agent = await sotto.agent()
  await caller.command('dial', `sip:100@127.0.0.1:${sotto.sipPort}`)
  const { callId } = await sotto.event(({ type }) => type === 'call.bridged', 'bridged')
  t.match(await suites(sotto, callId), [/^AES_CM_128_HMAC_SHA1_/, undefined])
  await until(() => agent.sound.levelOf(CALLER_HUM_HZ, 300) > HEARD_DBM0, 'the agent hears the caller', 5000)
  t.equal((await sotto.startSecureSession(String(callId))).status, 202)
  await pay(set, callId)
  agent.sound.forget()
  await until(() => agent.sound.levelOf(CALLER_HUM_HZ, 300) > HEARD_DBM0, 'the agent hears the caller again', 5000)
  await checkPaid(t, set, callId)
})

t.test('baresip on both sides, both with SRTP', async (t) => {
  const set = await stage(t, 'srtp-mand')
  const { sotto, caller } = set
  const agent = await startBaresip({
    folder: join(sotto.folder, 'agent'),
    account: `<sip:agent@127.0.0.1:${sotto.sipPort}>;auth_pass=agent-password-1;regint=60;answermode=auto;mediaenc=srtp;audio_codecs=PCMU`,
    humHz: AGENT_HUM_HZ,
    record: true,
    modules: ['srtp'],
  })
  t.teardown(() => agent.stop())
  await agent.printed(/registered successfully|200 OK/i, 10_000)
  await caller.command('dial', `sip:100@127.0.0.1:${sotto.sipPort}`)
  const { callId } = await sotto.event(({ type }) => type === 'call.bridged', 'bridged')
  t.match(await suites(sotto, callId), [/^AES_CM_128_HMAC_SHA1_/, /^A/])
  await soundBothWays(sotto, callId, 50)
  t.equal((await sotto.startSecureSession(String(callId))).status, 202)
  await pay(set, callId)
  await checkPaid(t, set, callId)
  await until(() => levelAtEnd(agent.heard().at(-1), CALLER_HUM_HZ) > HEARD_DBM0, 'the agent heard the caller again')
})
