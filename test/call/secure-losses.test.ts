/** What a secure session does when a vault or a media process fails it: silence first, then whatever can be mended. */

import t from 'tap'
import { SETTLE_MAX_MS, TELLING_MAX_MS } from '../../src/vault/contract.ts'
import { ACCEPTED, type BridgedCall, callBench, DECLINED, settle } from '../peers/call-bench.ts'
import { phoneAnswer, phoneMedia } from '../peers/phone-media.ts'
import { failed, isRejoined, isReleased, order } from '../peers/secure-verdict.ts'

t.test('no vault takes the socket: rejoined at once', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  bench.vault.refuses = true
  await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  t.match(bench.calls.secureSessions(call.callId), [{ outcome: failed('vault-lost') }])
  t.same(bench.faults, ['vault.not-available'], 'the log says why')
  isRejoined(t, bench, call)
})

t.test('media cannot give the socket away: rejoined', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  bench.media.fail('release', 'media.not-released')
  await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  t.match(bench.calls.secureSessions(call.callId), [{ outcome: failed('internal-error'), rejoined: true }])
  isRejoined(t, bench, call)
})

t.test('media does not say that it has cut: the call ends in silence', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  bench.media.hold('assign')
  await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  bench.clock.step(2000)
  await settle()
  isReleased(t, bench, call, 'media-lost')
})

/** The caller's phone agrees to the re-INVITE that follows the loss of its socket. */
function agrees(call: BridgedCall): void {
  call.caller.reofferAnswer = (body) => ({
    result: 'answered',
    body: phoneAnswer(body, { ...phoneMedia(4000), version: 2 }),
  })
}

for (const keyed of [false, true]) {
  t.test(`the vault dies ${keyed ? 'while the caller keys' : 'before it began'}: re-INVITE, rejoined`, async (t) => {
    const bench = callBench()
    const call = await bench.secure()
    agrees(call)
    if (keyed) bench.vault.last.events.onProgress(0, 8)
    bench.vault.last.lost()
    t.same(bench.media.hears.get(call.agentPort.portId), { kind: 'hold-music' }, 'the agent hears no caller')
    t.equal(bench.types().at(-1), 'secure.vault-lost', 'the agent is told at once')
    await settle()
    t.equal(call.caller.reoffers.length, 1)
    t.match(
      call.caller.reoffers[0] ?? '',
      new RegExp(`m=audio ${call.callerPort.rtpPort} RTP/AVP 8 101`),
      'the new port, the same codec',
    )
    t.match(call.callerPort.terms, { codec: 'PCMA', send: true, receive: true })
    t.match(bench.calls.secureSessions(call.callId), [{ outcome: failed('vault-lost'), rejoined: true }])
    t.same(order(bench, 'vault lost', 'port1 renew', 'in1 re-INVITE', '* secure.rejoined'), [
      'vault lost',
      'port1 renew',
      'in1 re-INVITE',
      '* secure.rejoined',
    ])
    isRejoined(t, bench, call)
    await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
    await settle()
    t.equal(bench.vault.sessions.length, 2, 'a new session is possible')
  })
}

t.test(
  'the vault dies while the caller keys on: the agent gets none of the rest, and a later session all of its own',
  async (t) => {
    const bench = callBench()
    const call = await bench.secure()
    agrees(call)
    const heard = call.callerPort.terms?.receiveEventPayloadType
    t.not(heard, undefined)
    bench.vault.last.lost()
    await settle()
    t.match(bench.calls.secureSessions(call.callId), [{ rejoined: true }])
    t.equal(call.callerPort.terms?.receiveEventPayloadType, undefined, 'rejoined, and deaf to keys')
    bench.clock.step(9900)
    t.equal(call.callerPort.terms?.receiveEventPayloadType, undefined)
    bench.clock.step(200)
    t.equal(call.callerPort.terms?.receiveEventPayloadType, heard, 'ten seconds later keys are keys again')

    await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
    await settle()
    bench.vault.last.began()
    bench.vault.last.lost()
    await settle()
    t.equal(call.callerPort.terms?.receiveEventPayloadType, undefined)
    await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
    await settle()
    t.equal(call.callerPort.terms?.receiveEventPayloadType, heard, 'the next vault is given a port that hears keys')
    bench.clock.step(20_000)
    t.ok(call.callerPort.away)
  },
)

t.test('the vault dies after the wipe: what it said still counts', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  agrees(call)
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.lost()
  await settle()
  t.match(bench.calls.secureSessions(call.callId), [{ outcome: ACCEPTED, rejoined: true }])
  isRejoined(t, bench, call)
})

t.test('the vault dies and the caller refuses the re-INVITE: both are released', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  bench.vault.last.lost()
  await settle()
  t.ok(call.caller.endedWith)
  isReleased(t, bench, call, 'caller-unreachable')
})

t.test('the vault dies and the caller does not answer the re-INVITE: released after 2 s', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  call.caller.reofferAnswer = () => new Promise(() => undefined)
  bench.vault.last.lost()
  await settle()
  bench.clock.step(1999)
  t.notOk(call.agent.over)
  bench.clock.step(1)
  await settle()
  isReleased(t, bench, call, 'caller-unreachable')
})

t.test('the vault dies after the caller has gone: its death is as good as a wipe', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  call.caller.bye()
  bench.vault.last.lost()
  await settle()
  isReleased(t, bench, call, 'caller-hung-up')
})

t.test(
  'the vault dies while the service is asked: that may be done by now, and nobody is told to try again',
  async (t) => {
    const bench = callBench()
    const call = await bench.secure()
    bench.vault.last.events.onSubmitting(1)
    bench.vault.last.lost()
    await settle()
    const outcome = failed('validation-timed-out')
    t.match(bench.calls.ended()[0]?.secureSessions, [{ outcome, resultString: /\|failed\|validation-timed-out \n$/ }])
    t.match(
      bench.events.findLast(({ type }) => type === 'secure.ended'),
      { outcome },
    )
    t.same(bench.faults, ['validation.timed-out'])
    isReleased(t, bench, call, 'caller-unreachable')
  },
)

t.test('the vault dies after the service has answered: then nothing is in doubt', async (t) => {
  const bench = callBench()
  await bench.secure()
  bench.vault.last.events.onSubmitting(1)
  bench.vault.last.events.onAnswered(DECLINED)
  bench.vault.last.lost()
  await settle()
  t.match(bench.calls.ended()[0]?.secureSessions, [{ outcome: failed('vault-lost'), verdicts: [DECLINED] }])
  t.same(bench.faults, [])
})

t.test('a vault that never says it wiped: the call ends, nobody is joined', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  bench.calls.cancelSecureSession(call.callId, call.sessionId)
  bench.clock.step(2000)
  await settle()
  t.match(call.caller.endedWith, { protocol: 'Q.850', cause: 41 })
  t.match(bench.calls.ended()[0]?.secureSessions, [{ outcome: failed('vault-lost'), rejoined: false }])
  bench.vault.last.returned()
  isReleased(t, bench, call, 'vault-stuck')
})

t.test('a vault that never begins is stopped after 2 s', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  bench.clock.step(2000)
  t.same(bench.vault.last.stops, [{ reason: 'cancelled', giveBack: true }])
  bench.vault.last.wiped(failed('cancelled'))
  bench.vault.last.returned()
  await settle()
  isRejoined(t, bench, call)
})

t.test('a vault that forgets its own limit is stopped', async (t) => {
  const bench = callBench()
  await bench.secure()
  bench.clock.step(300_000)
  t.same(bench.vault.last.stops, [])
  bench.clock.step(15_000)
  t.same(bench.vault.last.stops, [{ reason: 'cancelled', giveBack: true }])
})

t.test('a vault that gives the socket back unwiped is not believed', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  bench.vault.last.returned()
  await settle()
  isReleased(t, bench, call, 'vault-stuck')
})

t.test('a wiped vault that keeps the socket: the caller gets another', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  agrees(call)
  bench.vault.last.wiped(ACCEPTED)
  bench.clock.step(65_000)
  await settle()
  t.same(bench.vault.last.stops, [{ reason: 'cancelled', giveBack: false }])
  t.match(bench.calls.get(call.callId), { state: 'bridged' })
  bench.vault.last.returned()
  isRejoined(t, bench, call)
})

t.test('a vault that says as much as it may at the end is waited for: the caller keeps his port', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  bench.vault.last.wiped(ACCEPTED)
  bench.clock.step(TELLING_MAX_MS + SETTLE_MAX_MS)
  await settle()
  t.same(bench.vault.last.stops, [])
  bench.vault.last.returned()
  await settle()
  t.same(call.caller.reoffers, [], 'no re-INVITE')
  t.match(bench.calls.secureSessions(call.callId), [{ outcome: ACCEPTED, rejoined: true }])
  isRejoined(t, bench, call)
})

t.test('the media process cannot take the socket back: the caller gets another', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  agrees(call)
  bench.media.fail('adopt', 'media.not-released')
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  t.equal(call.caller.reoffers.length, 1)
  t.match(bench.calls.secureSessions(call.callId), [{ outcome: ACCEPTED, rejoined: true }])
  t.match(bench.calls.get(call.callId), { state: 'bridged' })
  t.same(bench.breaches, [])
})

t.test('the media process dies while the caller keys: wiped, then both are told', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  bench.media.lose()
  await settle()
  t.same(bench.vault.last.stops, [{ reason: 'cancelled', giveBack: false }])
  bench.vault.last.wiped(failed('cancelled'))
  bench.vault.last.returned(false)
  await settle()
  t.match(call.caller.endedWith, { protocol: 'Q.850', cause: 41 })
  isReleased(t, bench, call, 'media-lost')
})

t.test('the media process dies at the join: both are released', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  bench.vault.last.wiped(ACCEPTED)
  bench.media.fail('assign', 'media.unknown-port')
  bench.vault.last.returned()
  await settle()
  t.match(bench.calls.ended()[0], { ending: 'media-lost', secureSessions: [{ outcome: ACCEPTED }] })
  t.same(bench.breaches, [])
  t.ok(call.caller.over && call.agent.over)
})
