import t from 'tap'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { type Bench, callBench, settle } from '../peers/call-bench.ts'
import { hears, nothingLeft } from '../peers/call-legs.ts'
import { type FakeIncoming, type FakeIncomingOptions, party } from '../peers/fake-sip.ts'
import { phoneAnswer, phoneMedia } from '../peers/phone-media.ts'

const OFFER = makeOffer(phoneMedia(6000))

/** Another phone calls, and names the session that it wants to take over. */
function taking(bench: Bench, session: string, more: Partial<FakeIncomingOptions> = {}): FakeIncoming {
  return bench.incoming({
    to: '100',
    offer: OFFER,
    from: party('agent'),
    origin: { kind: 'phone', account: 'agent' },
    replaces: { session, earlyOnly: false },
    ...more,
  })
}

t.test('another phone of the account takes the place of the first, which gets BYE', async (t) => {
  const bench = callBench()
  const { agent, caller, callId } = await bench.bridged()
  const next = taking(bench, agent.id)
  await settle()
  t.ok(next.accepted)
  t.match(agent.endedWith, { cause: 16 })
  t.same([hears(bench, 1), hears(bench, 3)], ['port3', 'port1'], 'caller and new phone hear each other')
  t.same(caller.reoffers, [], 'the caller is not re-INVITEd')
  t.match(bench.calls.list(), [
    {
      callId,
      state: 'bridged',
      agentLeg: { account: 'agent' },
      transfers: [{ kind: 'replaced', by: 'agent', to: 'agent', outcome: 'transferred' }],
    },
  ])
  t.match(
    bench.events.filter(({ type }) => type.startsWith('call.transfer')),
    [
      { type: 'call.transferring', kind: 'replaced' },
      { type: 'call.transferred', agent: 'agent' },
    ],
  )
  t.same(bench.calls.whyNot(callId, { startedBy: { by: 'feature-code', account: 'agent' } }), [])
  caller.bye()
  await settle()
  t.ok(next.over)
  t.match(bench.calls.ended(), [{ ending: 'caller-hung-up' }])
  nothingLeft(t, bench)
})

t.test('without an offer of its own: it has the place once its ACK brings the answer', async (t) => {
  const bench = callBench()
  const { agent } = await bench.bridged()
  const next = taking(bench, agent.id, { offer: undefined })
  await settle()
  t.match(bench.calls.list(), [{ state: 'transferring' }])
  t.equal(hears(bench, 1), 'hold-music')
  t.notOk(agent.over)
  next.ack(phoneAnswer(next.accepted ?? '', phoneMedia(6000)))
  await settle()
  t.ok(agent.over)
  t.same([hears(bench, 1), hears(bench, 3)], ['port3', 'port1'])
  next.bye()
  await settle()
  nothingLeft(t, bench)
})

t.test('who may not, and when not', async (t) => {
  const bench = callBench()
  const { agent, caller, callId } = await bench.bridged()
  const refused = async (session: string, more: Partial<FakeIncomingOptions> = {}) => {
    const next = taking(bench, session, more)
    await settle()
    t.notOk(next.accepted)
    return next.rejected?.status
  }
  const early = { replaces: { session: agent.id, earlyOnly: true } }
  t.equal(await refused(agent.id, { origin: { kind: 'phone', account: 'second' } }), 403, 'of another account')
  t.equal(await refused(agent.id, { origin: { kind: 'trunk', trunk: 'carrier' } }), 403)
  t.equal(await refused(caller.id), 403, "the caller's place")
  t.equal(await refused(agent.id, early), 486, 'only as long as it was not answered')
  t.equal(await refused('leg-that-was'), 603, 'its call is over')
  t.equal(await refused(agent.id, { offer: OFFER.replace(/^m=audio.*/m, 'm=audio 4000 RTP/AVP 96') }), 488)
  t.same([hears(bench, 1), hears(bench, 2)], ['port2', 'port1'], 'the call goes on as it was')
  t.match(
    bench.events.flatMap((event) => (event.type === 'call.transfer-refused' ? [[event.by, event.fault]] : [])),
    [
      ['second', 'call.transfer-not-permitted'],
      ['', 'call.transfer-not-permitted'],
      ['agent', 'call.transfer-not-permitted'],
      ['agent', 'sip.busy'],
    ],
  )
  await bench.calls.startSecureSession(callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  const meanwhile = taking(bench, agent.id)
  await settle()
  t.match(meanwhile.rejected, { status: 403, reason: { text: /secure session/i } }, 'never during a secure session')
  t.notOk(agent.over)
  t.same(bench.breaches, [])
})

t.test('somebody goes while it is being done', async (t) => {
  for (const who of ['caller', 'old phone', 'new phone'] as const) {
    await t.test(who, async (t) => {
      const bench = callBench()
      const { agent, caller } = await bench.bridged()
      const next = taking(bench, agent.id, { offer: undefined })
      await settle()
      if (who === 'caller') caller.bye()
      else if (who === 'old phone') agent.bye()
      else next.bye()
      await settle()
      if (who === 'new phone') {
        t.match(bench.calls.list(), [{ state: 'bridged', transfers: [{ kind: 'replaced', outcome: 'failed' }] }])
        t.same([hears(bench, 1), hears(bench, 2)], ['port2', 'port1'])
        caller.bye()
        await settle()
      } else if (who === 'old phone') {
        next.ack(phoneAnswer(next.accepted ?? '', phoneMedia(6000)))
        await settle()
        t.match(bench.calls.list(), [{ state: 'bridged' }])
        next.bye()
        await settle()
      }
      t.ok(next.over)
      nothingLeft(t, bench)
    })
  }
})
