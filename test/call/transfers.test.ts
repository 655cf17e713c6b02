import t, { type Test } from 'tap'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { type Bench, type BridgedCall, CONFIG_TEXT, callBench, configOf, settle } from '../peers/call-bench.ts'
import { nothingLeft, sent } from '../peers/call-legs.ts'
import type { FakeIncoming, FakeOutgoing } from '../peers/fake-sip.ts'
import { party, phoneAnswer, phoneMedia, phoneReoffer } from '../peers/fake-sip.ts'

const OFFER = makeOffer(phoneMedia(4000))

/** The ports of the call, by who hears what. */
function hears(bench: Bench, nth: number): string | undefined {
  const source = bench.media.hears.get(`port${nth}`)
  return source?.kind === 'port' ? source.portId : source?.kind
}

/** The agent's phone calls somebody for advice; who is called answers. */
async function consult(bench: Bench, to: string): Promise<{ agent: FakeIncoming; other: FakeOutgoing }> {
  const agent = bench.incoming({
    to,
    offer: makeOffer(phoneMedia(6000)),
    from: party('agent'),
    origin: { kind: 'phone', account: 'agent' },
  })
  await settle()
  const other = bench.sip.sent.at(-1)
  if (other === undefined) throw new Error('nobody was rung')
  other.answer(phoneMedia(7000))
  await settle()
  other.reofferAnswer = (body) => ({ result: 'answered', body: phoneAnswer(body, phoneMedia(7000)) })
  return { agent, other }
}

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

/** The far end of the first call and who was asked hear each other, and nobody else is left. */
async function checkJoined(
  t: Test,
  bench: Bench,
  { agent, caller }: BridgedCall,
  asking: FakeIncoming,
  account: string | undefined,
): Promise<void> {
  await settle()
  t.ok(agent.over, 'the first leg of the old agent got BYE')
  t.ok(asking.over, 'and so did the second')
  t.same([hears(bench, 1), hears(bench, 5)], ['port5', 'port1'], 'both far ends hear each other')
  t.same([...bench.media.hears.keys()].toSorted(), ['port1', 'port5'])
  t.same(caller.reoffers, [], 'the caller is not re-INVITEd')
  t.match(bench.calls.list(), [
    { state: 'bridged', agentLeg: { account }, transfers: [{ kind: 'attended', by: 'agent', outcome: 'transferred' }] },
  ])
  t.match(bench.calls.ended(), [{ ending: 'transferred' }])
}

t.test('attended: the caller and who was asked hear each other', async (t) => {
  for (const inWhich of ['first', 'second'] as const) {
    await t.test(`REFER in the ${inWhich} dialog`, async (t) => {
      const bench = callBench()
      const call = await bench.bridged()
      const { agent: asking, other } = await consult(bench, 'second')
      const referral = inWhich === 'first' ? call.agent.refer('second', asking.id) : asking.refer('x', call.agent.id)
      t.ok(referral.accepted)
      await checkJoined(t, bench, call, asking, 'second')
      t.same(referral.news, [200])
      t.equal(other.reoffers.length, 1, 'who was asked is told of the new port')
      t.same(bench.calls.whyNot(call.callId, { startedBy: { by: 'feature-code', account: 'second' } }), [])
      // What the leg says is for the call that has it now.
      other.reofferFromFarEnd(phoneReoffer(phoneMedia(7000), 'sendonly', 3))
      t.match(bench.events.at(-1), { type: 'call.held', callId: call.callId, side: 'agent' })
      other.bye()
      await settle()
      t.match(bench.calls.ended()[0], { callId: call.callId, ending: 'agent-hung-up' })
      nothingLeft(t, bench)
    })
  }
})

t.test('attended, with a number outside that the agent may call', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  const { agent: asking } = await consult(bench, '+49301')
  t.ok(call.agent.refer('+49301', asking.id).accepted)
  await checkJoined(t, bench, call, asking, undefined)
  t.same(bench.calls.whyNot(call.callId, { startedBy: { by: 'token' } }), ['secure.agent-outside'])
})

t.test('attended, and it cannot be', async (t) => {
  await t.test('who was asked refuses the new port: both calls go on', async (t) => {
    const bench = callBench()
    const call = await bench.bridged()
    const { agent: asking, other } = await consult(bench, 'second')
    other.reofferAnswer = () => ({ result: 'refused', status: 488 })
    const referral = call.agent.refer('second', asking.id)
    await settle()
    t.same(referral.news, [488])
    t.match(bench.calls.list(), [{ state: 'bridged' }, { state: 'bridged' }])
    t.same(
      [1, 2, 3, 4].map((nth) => hears(bench, nth)),
      ['port2', 'port1', 'port4', 'port3'],
    )
    t.ok(bench.media.ports[4]?.closed, 'the port that was opened for it is closed')
  })
  for (const who of ['caller', 'who was asked', 'agent in both'] as const) {
    await t.test(`gone while the port moves: ${who}`, async (t) => {
      const bench = callBench()
      const call = await bench.bridged()
      const { agent: asking, other } = await consult(bench, 'second')
      const letGo = bench.media.hold('open')
      const referral = call.agent.refer('second', asking.id)
      await settle()
      if (who === 'caller') call.caller.bye()
      else if (who === 'who was asked') other.bye()
      else {
        call.agent.bye()
        asking.bye()
      }
      await settle()
      letGo()
      await settle()
      if (who === 'caller') t.same(referral.news, [487])
      else if (who === 'who was asked') {
        t.same(referral.news, [480])
        t.same([hears(bench, 1), hears(bench, 2)], ['port2', 'port1'], 'the agent has the caller back')
      } else t.same([hears(bench, 1), hears(bench, 5)], ['port5', 'port1'], 'the transfer comes about all the same')
      call.caller.bye()
      other.bye()
      asking.bye()
      await settle()
      nothingLeft(t, bench)
    })
  }
  await t.test('two callers from outside are not joined', async (t) => {
    const bench = callBench({ config: configOf(CONFIG_TEXT) })
    const first = await bench.bridged()
    const second = await bench.bridged()
    const referral = first.agent.refer('x', second.agent.id)
    t.equal(referral.rejected, 403)
    t.match(bench.calls.list(), [{ state: 'bridged' }, { state: 'bridged' }])
  })
  await t.test("nobody takes another's call", async (t) => {
    const bench = callBench()
    const call = await bench.bridged()
    bench.incoming({ to: 'third', offer: OFFER, from: party('second'), origin: { kind: 'phone', account: 'second' } })
    await settle()
    const third = bench.sip.sent.at(-1)
    third?.answer(phoneMedia(7000))
    await settle()
    t.equal(third?.refer('x', call.agent.id).rejected, 403)
  })
  await t.test('the other call is in a secure session', async (t) => {
    const bench = callBench()
    const call = await bench.secure()
    const { agent: asking } = await consult(bench, 'second')
    t.match(asking.refer('x', call.agent.id), { rejected: 403, reason: 'No transfer during a secure session' })
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
