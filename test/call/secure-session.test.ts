import t from 'tap'
import type { FaultCode } from '../../src/base/faults.ts'
import type { Outcome } from '../../src/vault/contract.ts'
import { ACCEPTED, type Bench, type BridgedCall, callBench, DECLINED, settle } from '../peers/call-bench.ts'
import { phoneAnswer, phoneMedia, phoneReoffer } from '../peers/fake-sip.ts'

const failed = (reason: Extract<Outcome, { result: 'failed' }>['reason']): Outcome => ({ result: 'failed', reason })
type T = {
  same: (a: unknown, b: unknown, says: string) => boolean
  match: (a: unknown, b: unknown, says: string) => boolean
}

/** Both hear each other again, the agent after a chime, and nothing of the session is left open. */
function isRejoined(t: T, bench: Bench, call: BridgedCall): void {
  const { callerPort, agentPort, callId } = call
  t.same(
    bench.media.hears.get(callerPort.portId),
    { kind: 'port', portId: agentPort.portId },
    'the caller hears the agent',
  )
  t.same(
    bench.media.hears.get(agentPort.portId),
    { kind: 'port', portId: callerPort.portId },
    'the agent hears the caller',
  )
  t.match(bench.media.assigned.at(-1), { portId: agentPort.portId, chime: true }, 'after a chime')
  t.match(bench.calls.get(callId), { state: 'bridged' }, 'the call goes on')
  isTidy(t, bench)
}

/** Both are told by BYE, no port is open. */
function isReleased(t: T, bench: Bench, call: BridgedCall, ending: string): void {
  t.match(bench.calls.ended()[0], { callId: call.callId, ending }, `the call ended: ${ending}`)
  t.same([call.caller.over, call.agent.over], [true, true], 'both legs are over')
  t.same([...bench.media.hears.keys()], [], 'no port is left')
  t.same(bench.clock.pending, 0, 'no timer is left')
  isTidy(t, bench)
}

function isTidy(t: T, bench: Bench): void {
  t.same(bench.media.openHandles, 0, 'no socket is left open')
  t.same(bench.breaches, [], 'no breach')
  t.same(bench.faults, [], 'no defect')
}

/** @returns the lines of the journal that are named, in their order. */
function order(bench: Bench, ...lines: string[]): string[] {
  return bench.journal.filter((line) => lines.includes(line))
}

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
  })
}

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
  t.match(bench.events.at(-1), { type: 'call.ended', secureSessions: 2 })
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

t.test('no vault takes the socket: rejoined at once', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  bench.vault.refuses = true
  await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  t.match(bench.calls.secureSessions(call.callId), [{ outcome: failed('vault-lost') }])
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
  bench.clock.step(20_000)
  await settle()
  t.same(bench.vault.last.stops, [{ reason: 'cancelled', giveBack: false }])
  t.match(bench.calls.get(call.callId), { state: 'bridged' })
  bench.vault.last.returned()
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

t.test('an agent phone that falls silent during a session counts as gone', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  call.agentPort.events.onQuiet(5000)
  call.callerPort.events.onQuiet(5000)
  await settle()
  bench.clock.step(25_000)
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

t.test("a refresh of the caller's session is answered without touching the isolation", async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  const lines = bench.journal.length
  const same = call.caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000)))
  t.match(same.accepted ?? '', new RegExp(`m=audio ${call.callerPort.rtpPort} RTP/AVP 8 101`))
  t.ok(call.caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000)), 'UPDATE').accepted)
  await settle()
  t.same(bench.journal.slice(lines), [], 'nobody was told anything')
})

const changes: readonly (readonly [says: string, body: string, status: number])[] = [
  ['holds', phoneReoffer(phoneMedia(4000), 'sendonly'), 491],
  ['holds in the old way', phoneReoffer({ ...phoneMedia(4000), address: '0.0.0.0' }), 491],
  ['moves', phoneReoffer(phoneMedia(4242)), 491],
  ['changes its codec', phoneReoffer(phoneMedia(4000, ['PCMU'])), 491],
  ['takes its stream away', phoneReoffer(phoneMedia(4000)).replace('m=audio 4000', 'm=audio 0'), 488],
]
for (const [says, body, status] of changes) {
  t.test(`a caller that ${says} during the session is asked to try again: ${status}`, async (t) => {
    const bench = callBench()
    const call = await bench.secure()
    t.equal(call.caller.reofferFromFarEnd(body).rejected, status)
    t.match(bench.calls.get(call.callId), { state: 'secure' })
    bench.vault.last.wiped(ACCEPTED)
    bench.vault.last.returned()
    await settle()
    isRejoined(t, bench, call)
    if (status === 491) t.ok(call.caller.reofferFromFarEnd(body).accepted, 'and succeeds afterwards')
  })
}

t.test('a caller that asks for an offer during the session gets the terms that stand', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  const asked = call.caller.reofferFromFarEnd(undefined)
  t.match(
    asked.accepted ?? '',
    new RegExp(`m=audio ${call.callerPort.rtpPort} RTP/AVP 8 101`),
    'one codec, the one in use',
  )
  const streams = call.callerPort.streams.length
  call.caller.ack(phoneReoffer(phoneMedia(4242)))
  t.equal(call.callerPort.streams.length, streams, 'the port is away')
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  t.match(call.callerPort.terms, { remote: { rtpPort: 4242 } }, 'what the ACK changed is done afterwards')
  isRejoined(t, bench, call)
})

t.test("the agent's phone may hold during the session, and hears no caller for it", async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  t.ok(call.agent.reofferFromFarEnd(phoneReoffer(phoneMedia(5000), 'inactive')).accepted)
  await settle()
  t.same(bench.media.hears.get(call.agentPort.portId), { kind: 'hold-music' })
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  t.same(bench.media.hears.get(call.callerPort.portId), { kind: 'hold-music' }, 'the agent still holds')
  call.agent.reofferFromFarEnd(phoneReoffer(phoneMedia(5000), 'sendrecv', 3))
  await settle()
  t.same(bench.media.hears.get(call.callerPort.portId), { kind: 'port', portId: 'port2' })
  t.same(bench.breaches, [])
})

t.test('our re-INVITE meets one of the caller: the one on the way is answered with the new port', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  const { promise, resolve } = Promise.withResolvers<void>()
  call.caller.reofferAnswer = async (body) => {
    await promise
    return { result: 'answered', body: phoneAnswer(body, { ...phoneMedia(4000), version: 2 }) }
  }
  bench.vault.last.lost()
  await settle()
  const crossed = call.caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000)))
  t.match(crossed.accepted ?? '', new RegExp(`m=audio ${call.callerPort.rtpPort} `))
  resolve()
  await settle()
  isRejoined(t, bench, call)
})

const gates: readonly (readonly [
  says: string,
  close: (bench: Bench, call: BridgedCall) => unknown,
  code: FaultCode,
])[] = [
  ['no vault runs', (bench) => Object.assign(bench.vault, { available: false }), 'secure.no-vault'],
  [
    'the agent is a conference',
    (_bench, call) => Object.assign(call.agent, { isFocus: true }),
    'secure.conference-not-supported',
  ],
  [
    'the caller is a conference',
    (_bench, call) => Object.assign(call.caller, { isFocus: true }),
    'secure.conference-not-supported',
  ],
  [
    'the caller holds',
    (_bench, call) => call.caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000), 'inactive')),
    'secure.caller-on-hold',
  ],
  ['the call is over', (_bench, call) => call.caller.bye(), 'call.not-found'],
]
for (const [says, close, code] of gates) {
  t.test(`a session does not start when ${says}`, async (t) => {
    const bench = callBench()
    const call = await bench.bridged()
    close(bench, call)
    await settle()
    await t.rejects(bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } }), { code })
    t.same(bench.vault.sessions, [])
    t.notOk(bench.types().includes('secure.requested'))
  })
}

t.test('a session does not start without a validation service', async (t) => {
  const bench = callBench({ validation: () => undefined })
  const call = await bench.bridged()
  t.same(bench.calls.whyNot(call.callId, { by: 'token' }), ['secure.no-validation'])
  await t.rejects(bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } }), {
    code: 'secure.no-validation',
  })
})

t.test('a session does not start while one runs, nor while it rings', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  await t.rejects(bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } }), {
    code: 'secure.session-in-progress',
  })
  bench.incoming({ to: '100' })
  await settle()
  const ringing = bench.calls.list().at(-1)?.callId ?? ''
  t.same(bench.calls.whyNot(ringing, { by: 'token' }), ['secure.not-bridged'])
  t.throws(() => bench.calls.whyNot('no-call', { by: 'token' }), { code: 'call.not-found' })
  t.throws(() => bench.calls.secureSessions('no-call'), { code: 'call.not-found' })
})

t.test('a card number in the form is refused, and is in nothing that was said', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  const fields = [{ name: 'note', value: 'it is 4111 1111 1111 1111' }]
  const refusal = await bench.calls
    .startSecureSession(call.callId, { fields, startedBy: { by: 'token' } })
    .catch((each) => each)
  t.match(refusal, { code: 'secure.card-number-in-form', detail: { field: 0 } })
  t.notMatch(JSON.stringify([refusal, String(refusal), refusal.detail, bench.events, bench.journal]), /4111/)
})

/** Keys `*71` on a phone, as RFC 4733 event codes. */
function keyCode(port: BridgedCall['agentPort']): void {
  for (const key of [10, 7, 1]) port.events.onKey(key)
}

t.test("the feature code on the agent's phone starts a session", async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  keyCode(call.agentPort)
  await settle()
  t.match(bench.calls.secureSessions(call.callId), [{ startedBy: 'feature-code' }])
  keyCode(call.agentPort)
  await settle()
  t.equal(bench.calls.secureSessions(call.callId).length, 1, 'keys during a session start nothing')
})

t.test("the feature code on the caller's phone starts nothing", async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  keyCode(call.callerPort)
  await settle()
  t.same(bench.calls.secureSessions(call.callId), [])
})

t.test('a feature code that cannot start anything says why', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  bench.vault.available = false
  keyCode(call.agentPort)
  await settle()
  t.match(bench.events.at(-1), { type: 'secure.not-started', fault: 'secure.no-vault', startedBy: 'feature-code' })
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
  bench.clock.step(5)
  goJoin()
  await settle()
  t.match(bench.calls.secureSessions(call.callId), [{ partedInMs: 12, handedInMs: 7, rejoinedInMs: 5 }])
  t.match(
    bench.events.find(({ type }) => type === 'secure.rejoined'),
    { gapMs: 5 },
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
