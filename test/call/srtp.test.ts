/** SRTP of a call's legs: the policy of each, keys that change in re-INVITE and UPDATE, and no way back to plain RTP. */

import t from 'tap'
import type { LocalMedia } from '../../src/sip/offer-answer.ts'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { ACCEPTED, type Bench, CONFIG_TEXT, callBench, configOf, settle } from '../peers/call-bench.ts'
import { phoneMedia, phoneReoffer } from '../peers/phone-media.ts'
import { isRejoined } from '../peers/secure-verdict.ts'

const SUITE = 'AES_CM_128_HMAC_SHA1_80'

function bench(policy: string, more = ''): Bench {
  return callBench({
    config: configOf(`${CONFIG_TEXT.replaceAll('addresses:', `srtp: ${policy}, addresses:`)}${more}`),
  })
}

/** A phone with a key of its own. */
function secureMedia(port: number, fill = 7, required = true): LocalMedia {
  return { ...phoneMedia(port), srtp: { required, keys: [{ suite: SUITE, master: new Uint8Array(30).fill(fill) }] } }
}

const tagged = (body: string, tag: number) => body.replace('a=crypto:1 ', `a=crypto:${tag} `)
const cryptoIn = (body: string | undefined) => /a=crypto:(\d+) (\w+) inline:(\S+)/.exec(body ?? '')?.slice(1) ?? []

t.test('each leg by its own policy, and the sound between them as ever', async (t) => {
  const b = bench('required')
  const call = await b.bridged(secureMedia(4000), phoneMedia(5000))
  t.match(call.callerPort.terms?.srtp, { suite: SUITE, receiveMaster: new Uint8Array(30).fill(7) })
  t.equal(call.agentPort.terms?.srtp, undefined)
  t.match(
    b.sip.sent.at(-1)?.options.body,
    /RTP\/AVP [\s\S]*a=crypto:4 AES_CM_128_HMAC_SHA1_80/,
    'the agent was offered it',
  )
  t.match(b.calls.get(call.callId), { callerLeg: { srtp: SUITE }, agentLeg: { srtp: undefined } })
  const [, suite, key] = cryptoIn(call.caller.accepted)
  t.equal(suite, SUITE)
  t.strictSame(call.callerPort.terms?.srtp?.sendMaster, Uint8Array.from(Buffer.from(key ?? '', 'base64')))
})

t.test('no two legs and no two suites have one key of ours', async (t) => {
  const b = bench('required')
  await b.bridged(secureMedia(4000), secureMedia(5000, 8, false))
  const offered = [...(b.sip.sent.at(-1)?.options.body?.matchAll(/inline:(\S+)/g) ?? [])].map(([, key]) => key)
  t.equal(new Set(offered).size, 4)
})

for (const [says, policy, offer] of [
  ['plain RTP on a trunk that requires SRTP', 'required', makeOffer(phoneMedia(4000))],
  ['keys on a line of plain RTP there', 'required', makeOffer(secureMedia(4000, 7, false))],
  ['SRTP on a trunk that has none', 'off', makeOffer(secureMedia(4000))],
  ['a weaker suite', 'preferred', makeOffer(secureMedia(4000)).replace(SUITE, 'NULL_HMAC_SHA1_80')],
  ['an empty key', 'preferred', makeOffer(secureMedia(4000)).replace(/inline:\S+/, 'inline:')],
  ['no encryption', 'preferred', makeOffer(secureMedia(4000)).replace(/(inline:\S+)/, '$1 UNENCRYPTED_SRTP')],
] as const) {
  t.test(`refused before anybody is rung: ${says}`, async (t) => {
    const b = bench(policy)
    const caller = b.incoming({ to: '100', offer })
    await settle()
    t.equal(caller.rejected?.status, 488)
    t.same(b.sip.sent, [])
  })
}

for (const method of ['INVITE', 'UPDATE'] as const) {
  t.test(`another key by ${method}, under another number`, async (t) => {
    const b = bench('required')
    const call = await b.bridged(secureMedia(4000))
    const before = call.callerPort.terms?.srtp
    const [, , ours] = cryptoIn(call.caller.accepted)
    const old = before?.receiveMaster
    const reoffer = call.caller.reofferFromFarEnd(tagged(phoneReoffer(secureMedia(4000, 9)), 5), method)
    await settle()
    t.strictSame(cryptoIn(reoffer.accepted), ['5', SUITE, ours], 'their number, our key')
    t.strictSame(call.callerPort.terms?.srtp?.receiveMaster, new Uint8Array(30).fill(9), 'media was told')
    t.strictSame(old, new Uint8Array(30), 'and the old key is overwritten')
    const streams = call.callerPort.streams.length
    const again = call.caller.reofferFromFarEnd(tagged(phoneReoffer(secureMedia(4000, 9), 'sendrecv', 3), 6), method)
    await settle()
    t.equal(cryptoIn(again.accepted)[0], '6')
    t.equal(call.callerPort.streams.length, streams, 'another number alone is nothing to media')
  })
}

t.test('nothing leads back to plain RTP, and the call goes on', async (t) => {
  for (const policy of ['required', 'preferred']) {
    const b = bench(policy)
    const call = await b.bridged(secureMedia(4000))
    const streams = call.callerPort.streams.length
    for (const body of [
      phoneReoffer(phoneMedia(4000)),
      phoneReoffer(secureMedia(4000)).replace('RTP/SAVP', 'RTP/AVP'),
      phoneReoffer(secureMedia(4000)).replace(/a=crypto.*\r\n/, ''),
      phoneReoffer(secureMedia(4000)).replace(/(inline:\S+)/, '$1 UNENCRYPTED_SRTP'),
    ]) {
      t.equal(call.caller.reofferFromFarEnd(body).rejected, 488)
    }
    await settle()
    t.equal(call.callerPort.streams.length, streams)
    t.match(b.calls.get(call.callId), { state: 'bridged', callerLeg: { srtp: SUITE } })
    t.ok(call.caller.reofferFromFarEnd(phoneReoffer(secureMedia(4000), 'sendonly')).accepted, 'a hold is none')
    t.ok(call.caller.reofferFromFarEnd(phoneReoffer(secureMedia(4000), 'sendrecv', 3)).accepted)
  }
})

t.test('early media with keys, and an answer without them', async (t) => {
  const b = callBench()
  b.incoming({ to: '100', offer: makeOffer(phoneMedia(4000)) })
  await settle()
  const agent = b.sip.sent.at(-1)
  agent?.progress(183, secureMedia(5000, 8, false))
  agent?.answer(phoneMedia(5000))
  await settle()
  t.ok(agent?.endedWith !== undefined || agent?.over, 'is not taken')
  t.same(
    b.media.ports.at(-1)?.streams.filter(({ srtp }) => srtp === undefined),
    [],
  )
})

t.test('while the caller keys: the same key is a refresh, another one has to wait', async (t) => {
  const b = bench('required', 'secureInput: { srtp: required }\n')
  const call = await b.bridged(secureMedia(4000))
  await b.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  b.vault.last.began()
  t.ok(call.caller.reofferFromFarEnd(phoneReoffer(secureMedia(4000))).accepted)
  t.equal(call.caller.reofferFromFarEnd(phoneReoffer(secureMedia(4000, 9))).rejected, 491)
  t.equal(call.caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000))).rejected, 488)
  b.vault.last.wiped(ACCEPTED)
  b.vault.last.returned()
  await settle()
  isRejoined(t, b, call)
  t.ok(call.caller.reofferFromFarEnd(phoneReoffer(secureMedia(4000, 9))).accepted)
  await settle()
  t.strictSame(call.callerPort.terms?.srtp?.receiveMaster, new Uint8Array(30).fill(9))
})

t.test('when a leg is over its keys are overwritten', async (t) => {
  const b = bench('required')
  const call = await b.bridged(secureMedia(4000))
  const keys = call.callerPort.terms?.srtp
  call.caller.bye()
  await settle()
  t.strictSame([keys?.sendMaster, keys?.receiveMaster], [new Uint8Array(30), new Uint8Array(30)])
})
