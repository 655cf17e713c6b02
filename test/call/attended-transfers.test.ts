import t, { type Test } from 'tap'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { type Bench, type BridgedCall, CONFIG_TEXT, callBench, configOf, settle } from '../peers/call-bench.ts'
import { consult, hears, nothingLeft } from '../peers/call-legs.ts'
import { type FakeIncoming, party } from '../peers/fake-sip.ts'
import { phoneMedia, phoneReoffer } from '../peers/phone-media.ts'

const OFFER = makeOffer(phoneMedia(4000))

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
      call.caller.sessionUuid = 'c'.repeat(32)
      asking.sessionUuid = 'a'.repeat(32)
      other.sessionUuid = 'b'.repeat(32)
      let toldWith: string | undefined
      const { reofferAnswer } = other
      other.reofferAnswer = (body, again) => {
        toldWith = other.otherUuid
        return reofferAnswer(body, again)
      }
      t.equal(other.otherUuid, asking.sessionUuid)
      const referral = inWhich === 'first' ? call.agent.refer('second', asking.id) : asking.refer('x', call.agent.id)
      t.ok(referral.accepted)
      await checkJoined(t, bench, call, asking, 'second')
      t.same(referral.news, [200])
      t.equal(other.reoffers.length, 1, 'who was asked is told of the new port')
      t.equal(toldWith, call.caller.sessionUuid, 'and whom it talks to from then on (RFC 7989)')
      t.equal(other.otherUuid, call.caller.sessionUuid)
      t.equal(call.caller.otherUuid, other.sessionUuid)
      t.match(
        bench.events.filter(({ type }) => type === 'call.transferred'),
        [{ agentUuid: other.sessionUuid }],
      )
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
