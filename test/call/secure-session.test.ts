/** Secure sessions from start to end: every outcome, and every way that people leave. */

import t from 'tap'
import type { Outcome } from '../../src/vault/contract.ts'
import { ACCEPTED, type Bench, callBench, DECLINED, settle } from '../peers/call-bench.ts'
import { phoneMedia, phoneReoffer } from '../peers/phone-media.ts'
import { failed, isRejoined, isReleased, order } from '../peers/secure-verdict.ts'

const outcomes: readonly (readonly [says: string, outcome: Outcome, result: string])[] = [
  ['accepted', ACCEPTED, 'accepted|That number was good'],
  ['declined', DECLINED, 'declined|Not enough on it'],
  ['a timeout', failed('timeout'), 'failed|timeout'],
  ['too many attempts', failed('too-many-failed-attempts'), 'failed|too-many-failed-attempts'],
  ['a validation service that is down', failed('validation-unreachable'), 'failed|validation-unreachable'],
  ['a slow validation service', failed('validation-timed-out'), 'failed|validation-timed-out'],
  ['a wrong certificate', failed('validation-untrusted'), 'failed|validation-untrusted'],
  ['a malformed reply', failed('validation-bad-reply'), 'failed|validation-bad-reply'],
]
for (const [says, outcome, result] of outcomes) {
  t.test(`${says}: wiped, told, rejoined`, async (t) => {
    const bench = callBench()
    const call = await bench.secure()
    bench.vault.last.wiped(outcome)
    await settle()
    t.same(bench.media.hears.get(call.agentPort.portId), { kind: 'hold-music' }, 'wiped is not yet back')
    bench.vault.last.returned()
    await settle()
    t.match(bench.calls.secureSessions(call.callId), [
      { outcome, resultString: `${call.sessionId}|${result} \n`, rejoined: true },
    ])
    t.same(order(bench, 'vault wiped', 'port1 adopt', '* secure.rejoined'), [
      'vault wiped',
      'port1 adopt',
      '* secure.rejoined',
    ])
    isRejoined(t, bench, call)
    const troubles = result.startsWith('failed|validation-') ? [result.slice(7).replace('-', '.')] : []
    t.same(bench.faults, troubles, 'the log says what is wrong with the service, and with nothing else')
  })
}

t.test('a certificate that has expired: the log says so, the desk that there is no trust', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  bench.vault.last.wiped(failed('validation-expired'))
  bench.vault.last.returned()
  await settle()
  t.match(bench.calls.secureSessions(call.callId), [
    { outcome: failed('validation-untrusted'), resultString: `${call.sessionId}|failed|validation-untrusted \n` },
  ])
  t.match(
    bench.events.filter(({ type }) => type === 'secure.wiped'),
    [{ outcome: failed('validation-untrusted') }],
  )
  t.same(bench.faults, ['validation.expired'])
})

t.test('a second session follows the first', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  bench.vault.last.wiped(DECLINED)
  bench.vault.last.returned()
  await settle()
  await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  bench.vault.last.began()
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  t.match(bench.calls.secureSessions(call.callId), [{ outcome: DECLINED }, { outcome: ACCEPTED }])
  isRejoined(t, bench, call)
  call.caller.bye()
  await settle()
  const ended = bench.events.find(({ type }) => type === 'call.ended')
  t.match(ended, { type: 'call.ended', secureSessions: 2 })
})

t.test('the caller hangs up while keying: wiped first, then the agent is told', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  call.caller.bye()
  await settle()
  t.same(bench.vault.last.stops, [{ reason: 'caller-hung-up', giveBack: false }])
  t.notOk(call.agent.over, 'the agent waits for the wipe')
  t.same(bench.media.hears.get(call.agentPort.portId), { kind: 'hold-music' })
  bench.vault.last.wiped(failed('caller-hung-up'))
  bench.vault.last.returned(false)
  await settle()
  t.match(call.agent.endedWith, { protocol: 'Q.850', cause: 16 })
  t.match(bench.calls.ended()[0]?.secureSessions, [{ outcome: failed('caller-hung-up'), rejoined: false }])
  isReleased(t, bench, call, 'caller-hung-up')
})

t.test('the agent hangs up while the caller keys: the caller hears of it, then is released', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  call.agent.bye()
  await settle()
  t.same(bench.vault.last.stops, [{ reason: 'agent-hung-up', giveBack: true }])
  t.notOk(call.caller.over)
  bench.vault.last.wiped(failed('agent-hung-up'))
  await settle()
  t.notOk(call.caller.over, 'the vault still speaks to the caller')
  bench.vault.last.returned()
  await settle()
  t.ok(call.caller.endedWith)
  isReleased(t, bench, call, 'agent-hung-up')
})

t.test('the agent has gone and the caller changes its terms: no closed port is told anything', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  call.caller.reofferFromFarEnd(undefined)
  call.agent.bye()
  await settle()
  const lines = bench.journal.length
  call.caller.ack(phoneReoffer(phoneMedia(4242)))
  await settle()
  t.same(bench.journal.slice(lines), [])
})

t.test('both hang up', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  call.agent.bye()
  call.caller.bye()
  await settle()
  t.same(bench.vault.last.stops.at(-1), { reason: 'caller-hung-up', giveBack: false })
  bench.vault.last.wiped(failed('agent-hung-up'))
  bench.vault.last.returned(false)
  await settle()
  isReleased(t, bench, call, 'caller-hung-up')
})

t.test('the agent cancels: wiped, the caller is told, rejoined', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  bench.calls.cancelSecureSession(call.callId, call.sessionId)
  bench.calls.cancelSecureSession(call.callId, call.sessionId)
  t.same(bench.vault.last.stops, [{ reason: 'cancelled', giveBack: true }])
  t.match(bench.calls.secureSessions(call.callId), [{ stage: 'stopping' }])
  bench.vault.last.wiped(failed('cancelled'))
  bench.vault.last.returned()
  await settle()
  isRejoined(t, bench, call)
  bench.calls.cancelSecureSession(call.callId, call.sessionId)
  isRejoined(t, bench, call)
  t.throws(() => bench.calls.cancelSecureSession(call.callId, 'other'), { code: 'secure.not-found' })
})

t.test('the agent cancels at once, while the sound is being cut', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  const go = bench.media.hold('assign')
  const { sessionId } = await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  bench.calls.cancelSecureSession(call.callId, sessionId)
  go()
  await settle()
  t.same(bench.vault.sessions, [], 'no vault ever had the caller')
  t.match(bench.calls.secureSessions(call.callId), [{ outcome: failed('cancelled'), rejoined: true }])
  isRejoined(t, bench, call)
})

t.test('the agent cancels while the socket is given away', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  const go = bench.media.hold('release')
  const { sessionId } = await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  bench.calls.cancelSecureSession(call.callId, sessionId)
  go()
  await settle()
  t.same(bench.vault.sessions, [])
  isRejoined(t, bench, call)
})

t.test('the caller hangs up while the socket is given away', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  const go = bench.media.hold('release')
  await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  call.caller.bye()
  await settle()
  go()
  await settle()
  t.same(bench.vault.sessions, [])
  isReleased(t, bench, call, 'caller-hung-up')
})

t.test('an agent phone that falls silent during a session, and does not answer, counts as gone', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  call.agent.probeAnswer = 408
  call.agentPort.events.onQuiet(5000)
  call.callerPort.events.onQuiet(5000)
  await settle()
  bench.clock.step(24_999)
  await settle()
  t.same(bench.vault.last.stops, [])
  bench.clock.step(1)
  await settle()
  t.same(bench.vault.last.stops, [{ reason: 'agent-hung-up', giveBack: true }])
  bench.vault.last.wiped(failed('agent-hung-up'))
  bench.vault.last.returned()
  await settle()
  isReleased(t, bench, call, 'agent-hung-up')
})

t.test('the server ends everything: wiped first', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  let ended = false
  void bench.calls.endAll().then(() => {
    ended = true
  })
  t.same(bench.vault.last.stops, [{ reason: 'shutting-down', giveBack: false }])
  await settle()
  t.notOk(ended)
  bench.vault.last.wiped(failed('shutting-down'))
  bench.vault.last.returned(false)
  await settle()
  t.ok(ended)
  isReleased(t, bench, call, 'hung-up-by-us')
})

t.test('while the server drains a session that runs is finished, a new one is refused', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  void bench.calls.drain()
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  isRejoined(t, bench, call)
  await t.rejects(bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } }), {
    code: 'secure.draining',
  })
})

t.test('part and rejoin are measured', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  const goCut = bench.media.hold('assign')
  await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  bench.clock.step(12)
  goCut()
  await settle()
  bench.clock.step(7)
  bench.vault.last.began()
  bench.vault.last.wiped(ACCEPTED)
  const goJoin = bench.media.hold('assign')
  bench.vault.last.returned()
  await settle()
  const toldToJoinMs = bench.clock.now()
  bench.clock.step(5)
  goJoin()
  await settle()
  t.match(bench.calls.secureSessions(call.callId), [{ partedInMs: 12, handedInMs: 7, rejoinedInMs: 5 }])
  t.match(
    bench.events.find(({ type }) => type === 'secure.rejoined'),
    { atMs: toldToJoinMs, gapMs: 5 },
  )
})

/** What a vault could say at the wrong time. */
const oddities: readonly (readonly [says: string, say: (bench: Bench) => void])[] = [
  ['begins twice', (bench) => bench.vault.last.began()],
  ['wipes twice', (bench) => bench.vault.last.wiped(DECLINED)],
  ['dies', (bench) => bench.vault.last.events.onLost()],
  ['returns empty-handed', (bench) => bench.vault.last.events.onReturned(undefined)],
]
for (const [says, say] of oddities) {
  t.test(`a vault that ${says} after it has given everything back changes nothing`, async (t) => {
    const bench = callBench()
    const call = await bench.secure()
    bench.vault.last.wiped(ACCEPTED)
    bench.vault.last.returned()
    await settle()
    say(bench)
    await settle()
    t.match(bench.calls.secureSessions(call.callId), [{ outcome: ACCEPTED, stage: 'ended' }])
    isRejoined(t, bench, call)
  })
}
