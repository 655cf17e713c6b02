/**
 * SRTP through the whole server: a caller, an agent, or both, encrypted; a secure session in between; keys that change; and nobody who is
 * talked back to plain RTP.
 */

import t, { type Test } from 'tap'
import { createCallCapture } from '../../src/demo/call-capture.ts'
import type { PhoneOptions } from '../../src/demo/phone.ts'
import { openRtpPhone } from '../../src/demo/rtp-phone.ts'
import { until } from '../../src/demo/waiting.ts'
import { CANARY, type Sotto, type SottoOptions, startSotto } from '../peers/sotto.ts'
import { checkClean, checkParted, checkTold, hearEachOther, type Talk, talk } from '../peers/talk.ts'
import { startValidationPeer, type ValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

type Set = { readonly sotto: Sotto; readonly validation: ValidationPeer }

async function stage(t: Test, options: Partial<SottoOptions>): Promise<Set> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    ...options,
  })
  return { sotto, validation }
}

/** Remembers the keys that a phone is told in session descriptions. */
function keysTold() {
  const capture = createCallCapture(() => 0)
  const keys = new Set<string>()
  const told = {
    keys,
    answers: 0,
    capture: {
      ...capture,
      add: (...[direction, _own, _far, bytes]: Parameters<typeof capture.add>) => {
        const lines =
          Buffer.from(bytes)
            .toString('latin1')
            .match(/^a=crypto:.* inline:[A-Za-z0-9+/=]+/gm) ?? []
        if (direction !== 'received' || lines.length === 0) return
        told.answers++
        for (const line of lines) keys.add(line.replace(/^.* inline:/, ''))
      },
    },
  }
  return told
}

/** Suites of both legs as the API tells them. */
async function suites({ sotto, callId }: Talk): Promise<readonly unknown[]> {
  const { body } = await sotto.server.request('GET', `/api/v1/calls/${callId}`)
  const { callerLeg, agentLeg } = body as Record<'callerLeg' | 'agentLeg', { srtp?: string }>
  return [callerLeg.srtp, agentLeg.srtp]
}

/** The first packet is the twentieth before a wrap, so that the counter turns while the phones get to know each other, or in the vault. */
const wrapping = (packetsBefore: number): Partial<PhoneOptions> => ({
  openSound: (options) => openRtpPhone({ ...options, sequence: 65_536 - packetsBefore }),
})

async function secureSession(t: Test, talking: Talk, { validation }: Set): Promise<void> {
  const session = await talking.secure()
  await session.enter(CANARY)
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  t.match(validation.requests.at(-1)?.body.toString('latin1'), `value="${CANARY}"`, 'the right digits')
  await hearEachOther(t, talking)
  await checkParted(t, talking, session)
  await checkTold(t, talking, session)
}

t.test('a caller who speaks SRTP, on a trunk that requires it, and an agent in plain RTP', async (t) => {
  const set = await stage(t, { trunk: 'srtp: required', secureInput: ['srtp: required'] })
  const { sotto } = set
  const told = keysTold()
  const srtp = { suite: 'AEAD_AES_256_GCM', profile: 'RTP/SAVP' } as const
  const caller = { srtp, capture: told.capture, ...wrapping(150) }
  const talking = await talk(t, sotto, { caller })
  t.strictSame(await suites(talking), ['AEAD_AES_256_GCM', undefined])
  await secureSession(t, talking, set)

  await t.test('another key, by re-INVITE', async (t) => {
    await talking.caller.rekey()
    talking.caller.sound.forget()
    talking.agent.sound.forget()
    await hearEachOther(t, talking)
  })
  await t.test('hold and resume under the same key', async (t) => {
    await talking.caller.hold()
    await sotto.event(({ type }) => type === 'call.held', 'held')
    await talking.caller.resume()
    talking.agent.sound.forget()
    await hearEachOther(t, talking)
    t.ok(told.answers > 3, 'every answer told our key')
    t.equal(told.keys.size, 1, 'which is the same in each')
    t.ok(
      [...told.keys].every((key) => new Set(Buffer.from(key, 'base64')).size > 8),
      'and was drawn',
    )
  })
  await t.test('a re-offer of plain RTP is refused, and the call goes on', async (t) => {
    const plain = 'v=0\r\no=- 1 9 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n'
    await t.rejects(talking.caller.signalling.reoffer(plain), /488/)
    talking.agent.sound.forget()
    await hearEachOther(t, talking)
  })
  await t.test('a second session after all that', async (t) => {
    await secureSession(t, talking, set)
  })
  await talking.caller.signalling.hangUp()
  await talking.over()
  await checkClean(t, sotto)
})

t.test('both speak SRTP, of different suites, the agent by keys on a line of plain RTP', async (t) => {
  const set = await stage(t, { trunk: 'srtp: preferred' })
  const talking = await talk(t, set.sotto, {
    caller: { srtp: { suite: 'AES_CM_128_HMAC_SHA1_32', profile: 'RTP/AVP' }, ...wrapping(700) },
    agent: { srtp: { suite: 'AES_256_CM_HMAC_SHA1_80', profile: 'RTP/AVP' }, codec: 'PCMU' },
  })
  t.strictSame(await suites(talking), ['AES_CM_128_HMAC_SHA1_32', 'AES_256_CM_HMAC_SHA1_80'])
  await secureSession(t, talking, set)
  await checkClean(t, set.sotto)
})

t.test('plain RTP where SRTP is required', async (t) => {
  const { sotto } = await stage(t, { trunk: 'srtp: required' })
  await sotto.agent()
  const caller = await sotto.caller()
  await t.rejects(caller.call('100'), /488/)
  const { sound } = await sotto.caller({ srtp: { suite: 'AES_CM_128_HMAC_SHA1_80', profile: 'RTP/AVP' } })
  t.equal(sound.heard.length, 0)
  const stripped = await sotto.caller({ srtp: { suite: 'AES_CM_128_HMAC_SHA1_80', profile: 'RTP/AVP' } })
  await t.rejects(stripped.call('100'), /488/, 'keys on a line of plain RTP are not enough')
})

t.test('SRTP where it is off, and a secure session where the caller has none', async (t) => {
  const off = await stage(t, {})
  await off.sotto.agent()
  const secure = await off.sotto.caller({ srtp: { suite: 'AES_CM_128_HMAC_SHA1_80', profile: 'RTP/SAVP' } })
  await t.rejects(secure.call('100'), /488/)

  const { sotto } = await stage(t, {
    trunk: 'srtp: preferred',
    secureInput: ['srtp: required'],
  })
  const talking = await talk(t, sotto)
  const { status, body } = await sotto.startSecureSession(talking.callId)
  t.equal(status, 409)
  t.match(body, { type: /srtp-required/ })
  await until(() => talking.caller.signalling.inCall, 'the call goes on')
})
