import t from 'tap'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { CONFIG_TEXT, callBench, configOf, settle } from '../peers/call-bench.ts'
import { consult, hears, nothingLeft, sent } from '../peers/call-legs.ts'
import { party } from '../peers/fake-sip.ts'
import { phoneMedia } from '../peers/phone-media.ts'

const OFFER = makeOffer(phoneMedia(4000))

t.test('blind: the caller hears music, then the new agent; the old one gets BYE', async (t) => {
  const bench = callBench()
  const { agent, caller, callId } = await bench.bridged()
  const referral = agent.refer('second')
  await settle()
  t.ok(referral.accepted)
  t.match(bench.calls.list(), [{ state: 'transferring' }])
  t.equal(hears(bench, 1), 'hold-music', 'the caller hears music')
  t.equal(hears(bench, 2), 'silence')
  const next = sent(bench, 2)
  t.match(next.options, { target: { uri: 'sip:second@192.0.2.21:5062' }, from: { uri: 'sip:caller@198.51.100.1' } })
  t.match(
    bench.calls.whyNot(callId, { startedBy: { by: 'token' } }),
    ['secure.not-bridged'],
    'no secure session begins meanwhile',
  )
  next.progress(180)
  await settle()
  next.answer(phoneMedia(5100))
  await settle()
  t.same(referral.news, [180, 200])
  t.same([hears(bench, 1), hears(bench, 3)], ['port3', 'port1'], 'both hear each other')
  t.match(agent.endedWith, { cause: 16 })
  t.notOk(caller.over)
  t.same(caller.reoffers, [], 'the caller is not re-INVITEd')
  t.match(bench.calls.list(), [
    {
      state: 'bridged',
      agentLeg: { account: 'second' },
      transfers: [{ kind: 'blind', by: 'agent', to: 'second', outcome: 'transferred' }],
    },
  ])
  t.match(
    bench.events.filter(({ type }) => type.startsWith('call.transfer')),
    [
      { type: 'call.transferring', kind: 'blind', by: 'agent' },
      { type: 'call.transferred', by: 'agent', agent: 'second' },
    ],
  )

  t.same(bench.calls.whyNot(callId, { startedBy: { by: 'token' } }), [])
  t.same(bench.calls.whyNot(callId, { startedBy: { by: 'feature-code', account: 'second' } }), [])
  t.same(
    bench.calls.whyNot(callId, { startedBy: { by: 'feature-code', account: 'agent' } }),
    ['secure.not-permitted'],
    'the old agent has no say any more',
  )
  next.bye()
  await settle()
  t.match(bench.calls.ended(), [{ ending: 'agent-hung-up' }])
  nothingLeft(t, bench)
})

t.test('blind, by an agent who had called out: the leg that placed the call is replaced', async (t) => {
  const bench = callBench()
  const agent = bench.incoming({
    to: '+49301',
    offer: OFFER,
    from: party('agent'),
    origin: { kind: 'phone', account: 'agent' },
  })
  await settle()
  sent(bench, 1).answer(phoneMedia(5000))
  await settle()
  const referral = agent.refer('second')
  await settle()
  const next = sent(bench, 2)
  t.match(next.options.from, { uri: 'sip:+49301@198.51.100.1' }, 'the new agent sees whom was called')
  next.answer(phoneMedia(5100))
  await settle()
  t.same(referral.news, [200])
  t.ok(agent.over)
  t.same([hears(bench, 2), hears(bench, 3)], ['port3', 'port2'])
  t.match(bench.calls.list(), [{ agentLeg: { account: 'second' }, callerLeg: { account: undefined } }])
  sent(bench, 1).bye()
  await settle()
  t.match(bench.calls.ended(), [{ ending: 'caller-hung-up' }])
  t.match(next.endedWith, { cause: 16 })
  nothingLeft(t, bench)
})

t.test('blind, and nobody answers: the agent goes on talking', async (t) => {
  for (const [how, status] of [
    ['busy', 486],
    ['in time', 480],
    ['not registered', 480],
  ] as const) {
    await t.test(how, async (t) => {
      const bench = callBench()
      const { agent, caller } = await bench.bridged()
      if (how === 'not registered') bench.sip.phones.delete('second')
      const referral = agent.refer('second')
      await settle()
      if (how === 'busy') sent(bench, 2).refuse(486)
      if (how === 'in time') bench.clock.step(60_000)
      await settle()
      t.ok(referral.accepted)
      t.same(referral.news, [status])
      t.same([hears(bench, 1), hears(bench, 2)], ['port2', 'port1'], 'both hear each other')
      t.match(bench.calls.list(), [{ state: 'bridged', transfers: [{ outcome: 'failed', status, to: undefined }] }])
      t.match(bench.events.at(-1), { type: 'call.transfer-failed', by: 'agent', status })
      const again = agent.refer('third')
      await settle()
      bench.sip.sent.at(-1)?.answer(phoneMedia(5100))
      await settle()
      t.same(again.news, [200], 'and may try another')
      caller.bye()
      await settle()
      nothingLeft(t, bench)
    })
  }
})

t.test('the agent hangs up as soon as somebody is rung', async (t) => {
  for (const how of ['answered', 'refused'] as const) {
    await t.test(how, async (t) => {
      const bench = callBench()
      const { agent, caller } = await bench.bridged()
      agent.refer('second')
      await settle()
      agent.bye()
      await settle()
      t.match(bench.calls.list(), [{ state: 'transferring' }], 'the call goes on')
      t.equal(hears(bench, 1), 'hold-music')
      if (how === 'refused') {
        sent(bench, 2).refuse(486)
        await settle()
        t.ok(caller.over, 'nobody is left for the caller')
        t.match(bench.calls.ended(), [{ ending: 'transfer-failed' }])
      } else {
        sent(bench, 2).answer(phoneMedia(5100))
        await settle()
        t.equal(hears(bench, 1), 'port3')
        caller.bye()
        await settle()
      }
      nothingLeft(t, bench)
    })
  }
})

t.test('the caller hangs up while somebody is rung: everybody is told', async (t) => {
  const bench = callBench()
  const { agent, caller } = await bench.bridged()
  const referral = agent.refer('200')
  await settle()
  t.equal(bench.sip.sent.length, 2, 'who transfers to the own group is not rung again')
  caller.bye()
  await settle()
  t.same(referral.news, [487])
  t.ok(agent.over)
  t.match(bench.calls.ended(), [{ ending: 'caller-hung-up', transfers: [{ outcome: 'failed', status: 487 }] }])
  nothingLeft(t, bench)
})

t.test('a target goes by the rules of a call from that phone', async (t) => {
  for (const [target, status, fault] of [
    ['nobody', 404, 'sip.not-found'],
    ['+1900', 403, 'sip.forbidden'],
    ['+49;evil', 403, 'sip.forbidden'],
  ] as const) {
    const bench = callBench()
    const { agent } = await bench.bridged()
    const referral = agent.refer(target)
    await settle()
    t.same([referral.accepted, referral.rejected], [false, status], target)
    t.equal(bench.sip.sent.length, 1, 'nobody is called')
    t.match(bench.events.at(-1), { type: 'call.transfer-refused', by: 'agent', fault })
    t.match(bench.calls.list(), [{ state: 'bridged', transfers: [{ outcome: 'refused', status }] }])
  }
})

t.test('transferred outside, no secure session begins until it is transferred back', async (t) => {
  const bench = callBench()
  const { agent, callId } = await bench.bridged()
  agent.refer('+49301')
  await settle()
  const outside = sent(bench, 2)
  t.match(outside.options, {
    target: { uri: 'sip:+49301@192.0.2.7:5060' },
    assertedIdentity: { uri: 'sip:agent@198.51.100.1' },
  })
  outside.answer(phoneMedia(5100))
  await settle()
  t.same(bench.calls.whyNot(callId, { startedBy: { by: 'token' } }), ['secure.agent-outside'])
  t.notOk(bench.media.ports[2]?.listens, 'nor are the keys of the far end heard')
  const referral = outside.refer('second')
  await settle()
  t.equal(referral.rejected, 403, 'a trunk may not transfer')
})

t.test('who may not transfer, and when nobody may', async (t) => {
  await t.test('the caller, whoever it is', async (t) => {
    const bench = callBench()
    const { caller } = await bench.bridged()
    const referral = caller.refer('second')
    t.match(referral, { rejected: 403, reason: 'Not permitted to transfer this call' })
    t.match(bench.events.at(-1), { type: 'call.transfer-refused', by: '', fault: 'call.transfer-not-permitted' })
  })
  await t.test('a PBX', async (t) => {
    const bench = callBench()
    bench.incoming({ to: '400', offer: OFFER })
    await settle()
    sent(bench, 1).answer(phoneMedia(5000))
    await settle()
    t.equal(sent(bench, 1).refer('second').rejected, 403)
  })
  await t.test('anybody during a secure session', async (t) => {
    const bench = callBench()
    const { agent } = await bench.secure()
    for (const named of [undefined, 'in1']) {
      const referral = agent.refer('second', named)
      t.notOk(referral.accepted)
      t.equal(bench.sip.sent.length, 1)
    }
    t.match(agent.refer('second'), { rejected: 403, reason: 'No transfer during a secure session' })
    t.match(bench.events.at(-1), { fault: 'call.transfer-in-secure-session' })
    t.same(bench.breaches, [])
  })
  await t.test('a second time while the first is underway', async (t) => {
    const bench = callBench()
    const { agent } = await bench.bridged()
    agent.refer('second')
    t.equal(agent.refer('third').rejected, 491)
  })
  await t.test('to a dialog that is not there, or only if it still rings', async (t) => {
    const bench = callBench()
    const { agent } = await bench.bridged()
    t.equal(agent.refer('second', null).rejected, 481)
    t.equal(agent.refer('second', agent.id).rejected, 481, 'the own one')
    const { agent: asking } = await consult(bench, 'second')
    t.equal(agent.refer('second', asking.id, true).rejected, 486)
  })
})

t.test('the media process dies while somebody is rung', async (t) => {
  const bench = callBench()
  const { agent, caller } = await bench.bridged()
  const referral = agent.refer('second')
  await settle()
  bench.media.lose()
  await settle()
  t.same(referral.news, [487])
  t.ok(caller.over && agent.over)
  t.match(bench.calls.ended(), [{ ending: 'media-lost' }])
})

t.test(
  'a transfer takes a line of the trunk it leads to, and gives it back when it fails or the call is over',
  async (t) => {
    const limited = CONFIG_TEXT.replace('{ name: carrier,', '{ name: carrier, maxCalls: 2,')
    const bench = callBench({ config: configOf(limited) })
    const { agent, caller } = await bench.bridged()
    const inUse = () => bench.calls.trunks().find(({ trunk }) => trunk === 'carrier')?.calls
    t.equal(inUse(), 1, 'that of the caller')
    const busy = agent.refer('+49301')
    await settle()
    t.equal(inUse(), 2)
    bench.sip.sent.at(-1)?.refuse(486)
    await settle()
    t.same(busy.news, [486])
    t.equal(inUse(), 1)
    agent.refer('+49301')
    await settle()
    bench.sip.sent.at(-1)?.answer(phoneMedia(5100))
    await settle()
    t.equal(inUse(), 2)
    caller.bye()
    await settle()
    t.equal(inUse(), 0)
    nothingLeft(t, bench)
  },
)

t.test('no transfer by a trunk that is full', async (t) => {
  const bench = callBench({
    config: configOf(CONFIG_TEXT.replace('{ name: carrier,', '{ name: carrier, maxCalls: 1,')),
  })
  const { agent } = await bench.bridged()
  const referral = agent.refer('+49301')
  await settle()
  t.notOk(referral.accepted)
  t.equal(referral.rejected, 486)
  t.match(bench.calls.list(), [{ state: 'bridged' }])
  t.match(
    bench.calls.trunks().find(({ trunk }) => trunk === 'carrier'),
    { calls: 1, refused: { 'call.trunk-full': 1 } },
  )
})
