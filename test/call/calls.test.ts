import t from 'tap'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { ACCEPTED, callBench, settle } from '../peers/call-bench.ts'
import { phoneMedia, phoneTakes } from '../peers/phone-media.ts'

t.test('a call from the trunk to a phone and back again', async (t) => {
  const bench = callBench()
  const { caller, agent, callerPort, agentPort, callId } = await bench.bridged()
  t.match(agent.options.target, { uri: 'sip:agent@192.0.2.20:5062' })
  t.same(caller.progressed, [{ status: 180, body: undefined }])
  t.equal(phoneTakes(phoneMedia(4000), caller.accepted ?? '').remote.rtpPort, callerPort.rtpPort)
  t.equal(callerPort.terms?.codec, 'PCMA', 'both legs speak the codec the caller asked for first')
  t.equal(agentPort.terms?.codec, 'PCMA')
  t.same(bench.media.hears.get(callerPort.portId), { kind: 'port', portId: agentPort.portId })
  t.same(bench.media.hears.get(agentPort.portId), { kind: 'port', portId: callerPort.portId })
  t.ok(agentPort.listens, 'for the feature code')
  t.notOk(callerPort.listens, "a caller's keys are never listened to")
  t.match(bench.calls.get(callId), { state: 'bridged', agentLeg: { account: 'agent' }, from: 'caller', to: '100' })
  t.equal(bench.calls.size, 1)
  caller.bye({ protocol: 'Q.850', cause: 31, text: 'Normal, unspecified' })
  await settle()
  t.same(agent.endedWith, { protocol: 'Q.850', cause: 31, text: 'Normal, unspecified' }, 'the reason goes on')
  t.ok(callerPort.closed && agentPort.closed)
  t.same(bench.calls.list(), [])
  t.equal(bench.calls.size, 0)
  t.match(bench.calls.ended(), [{ callId, state: 'ended', ending: 'caller-hung-up' }])
  t.same(bench.types(), [
    'call.arrived',
    'call.ringing',
    'call.bridged',
    'call.ended',
    'call.measured',
    'call.measured',
  ])
  t.match(bench.calls.ended(), [{ callerLeg: { quality: { strangers: 0 } }, agentLeg: { quality: { strangers: 0 } } }])
  t.match(await bench.calls.quality(callId), { caller: { jitterMs: 0 }, agent: { jitterMs: 0 } })
  await t.rejects(bench.calls.quality('call-none'), { code: 'call.not-found' })
  t.same(bench.breaches, [])
})

t.test('a secure session from the start to the rejoin', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  const { callerPort, agentPort } = call
  bench.journal.length = 0
  const fields = [{ name: 'order', value: 'A 17' }]
  const { sessionId } = await bench.calls.startSecureSession(call.callId, { fields, startedBy: { by: 'token' } })
  t.match(bench.calls.get(call.callId), { state: 'secure', secureSessions: [{ sessionId, stage: 'parting' }] })
  await settle()
  const { events, begin } = bench.vault.last
  t.match(begin, { sessionId, plan: { transactionId: sessionId, inserts: fields } })
  t.same(
    begin.plan.fields.map(({ name, attempts }) => [name, attempts]),
    [
      ['credit card', 3],
      ['expiry date', 3],
      ['security code', 3],
    ],
  )
  bench.vault.last.began()
  events.onAsking(0, 1, 3)
  events.onProgress(0, 4)
  t.match(bench.calls.secureSessions(call.callId), [
    { stage: 'asking', field: { index: 0, name: 'credit card' }, attempt: 1, attempts: 3, keys: 4 },
  ])
  t.same(bench.media.hears.get(agentPort.portId), { kind: 'hold-music' })
  events.onRefused(0, 'invalid-card-number')
  events.onAsking(0, 2, 3)
  events.onTaken(0)
  events.onSubmitting(1)
  bench.clock.step(100)
  bench.vault.last.wiped(ACCEPTED)
  t.match(bench.calls.secureSessions(call.callId), [{ stage: 'returning' }])
  bench.vault.last.returned()
  await settle()
  t.same(bench.media.hears.get(callerPort.portId), { kind: 'port', portId: agentPort.portId })
  t.same(bench.media.hears.get(agentPort.portId), { kind: 'port', portId: callerPort.portId })
  t.same(bench.journal, [
    '* secure.requested',
    'assign port2<-hold-music port1<-silence',
    '* secure.parted',
    'port1 release',
    'vault begin',
    'port1 handle closed',
    'vault began',
    '* secure.began',
    '* secure.asking',
    '* secure.progress',
    '* secure.refused',
    '* secure.asking',
    '* secure.taken',
    '* secure.submitting',
    'vault wiped',
    '* secure.wiped',
    'vault returned',
    'port1 adopt',
    'vault handle closed',
    'assign port1<-port2 port2<-chime+port1',
    '* secure.rejoined',
    '* secure.ended',
  ])
  t.match(bench.calls.secureSessions(call.callId), [
    {
      stage: 'ended',
      outcome: ACCEPTED,
      resultString: `${sessionId}|accepted|That number was good \n`,
      rejoined: true,
    },
  ])
  t.same(call.caller.reoffers, [], 'the caller sees no re-INVITE')
  t.equal(bench.media.openHandles, 0)
  t.equal(bench.calls.get(call.callId)?.state, 'bridged')
  t.same(bench.breaches, [])
  t.same(bench.faults, [])
})

t.test('an offerless INVITE gets our offer, and its ACK settles it', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100' })
  await settle()
  const agent = bench.sip.sent[0]
  agent?.progress(183, phoneMedia(5000))
  t.same(caller.progressed, [{ status: 180, body: undefined }], 'there is no early media without an offer')
  agent?.answer(phoneMedia(5000))
  t.notOk(bench.types().includes('call.bridged'))
  caller.ack(makeOffer(phoneMedia(4000)))
  await settle()
  t.ok(bench.types().includes('call.bridged'))
  t.equal(bench.media.ports[0]?.terms?.codec, 'PCMA')
})
