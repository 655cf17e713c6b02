import t from 'tap'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { CONFIG_TEXT, callBench, configOf, settle } from '../peers/call-bench.ts'
import { nothingLeft, sent } from '../peers/call-legs.ts'
import { party } from '../peers/fake-sip.ts'
import { phoneMedia, phoneReoffer, phoneTakes } from '../peers/phone-media.ts'

const OFFER = makeOffer(phoneMedia(4000))

t.test('Max-Forwards goes on, and From comes from here', async (t) => {
  const bench = callBench()
  bench.incoming({ to: '100', offer: OFFER, from: party('+491', 'inside.example'), maxForwards: 12 })
  await settle()
  t.match(sent(bench, 1).options, { maxForwards: 12, from: { uri: 'sip:+491@198.51.100.1' } })
  t.notOk('assertedIdentity' in sent(bench, 1).options)
})

t.test('a call out goes to the trunk, and the trunk is the caller leg', async (t) => {
  const bench = callBench()
  const phone = bench.incoming({
    to: '+49 30 1',
    offer: OFFER,
    from: party('agent'),
    origin: { kind: 'phone', account: 'agent' },
  })
  await settle()
  const trunk = sent(bench, 1)
  t.match(trunk.options, {
    target: { uri: 'sip:+49301@192.0.2.7:5060' },
    assertedIdentity: { uri: 'sip:agent@198.51.100.1' },
  })
  trunk.answer(phoneMedia(5000))
  await settle()
  const [phonePort, trunkPort] = bench.media.ports
  t.ok(phonePort?.listens, "the agent's keys are listened to")
  t.notOk(trunkPort?.listens, "the caller's are not")
  t.match(bench.calls.list(), [{ agentLeg: { account: 'agent' }, callerLeg: { account: undefined } }])
  trunk.bye()
  await settle()
  t.match(bench.calls.ended(), [{ ending: 'caller-hung-up' }])
  t.ok(phone.over)
  nothingLeft(t, bench)
})

t.test('every contact of a phone rings, the first to answer wins, the others are cancelled', async (t) => {
  const bench = callBench()
  bench.sip.phones.set('agent', [{ uri: 'sip:a@1' }, { uri: 'sip:a@2' }, { uri: 'sip:a@3' }])
  const caller = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  t.equal(bench.sip.sent.length, 3)
  sent(bench, 1).progress(180)
  sent(bench, 2).progress(180)
  t.equal(caller.progressed.length, 1, 'the caller is told once')
  sent(bench, 2).answer(phoneMedia(5000))
  await settle()
  t.match(sent(bench, 1).endedWith, { cause: 200 })
  t.match(sent(bench, 3).endedWith, { cause: 200 })
  t.notOk(sent(bench, 2).over)
  t.equal(bench.media.hears.size, 2, "the losers' ports are closed")
  t.ok(caller.accepted)
  // The 200 of a loser crossed our CANCEL: the room ends it, the call does not care.
  sent(bench, 1).answer(phoneMedia(5002))
  await settle()
  t.equal(bench.calls.list()[0]?.state, 'bridged')
  caller.bye()
  await settle()
  nothingLeft(t, bench)
})

t.test('a workgroup is rung one after the other', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '300', offer: OFFER })
  await settle()
  sent(bench, 1).progress(180)
  sent(bench, 1).refuse(486)
  await settle()
  t.equal(bench.sip.sent.length, 2, 'busy: the next one at once')
  bench.clock.step(10_000)
  await settle()
  t.match(sent(bench, 2).endedWith, { cause: 16 }, 'not answered: cancelled')
  sent(bench, 3).refuse(603)
  await settle()
  t.equal(caller.rejected?.status, 603)
  nothingLeft(t, bench)
})

t.test('nobody answers', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  sent(bench, 1).progress(180)
  bench.clock.step(59_999)
  t.notOk(caller.rejected)
  bench.clock.step(1)
  await settle()
  t.equal(caller.rejected?.status, 480)
  t.match(bench.calls.ended(), [{ ending: 'no-answer' }])
  nothingLeft(t, bench)
})

t.test("the agent is busy: the caller gets 486 and the phone's own reason", async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  sent(bench, 1).refuse(486, { protocol: 'Q.850', cause: 17, text: 'User busy' })
  await settle()
  t.match(caller.rejected, { status: 486, reason: { protocol: 'Q.850', cause: 17 } })
  nothingLeft(t, bench)
})

t.test('the caller gives up while it rings', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '200', offer: OFFER })
  await settle()
  caller.bye()
  await settle()
  t.equal(bench.journal.filter((line) => / CANCEL$/.test(line)).length, 2)
  t.match(bench.calls.ended(), [{ ending: 'cancelled' }])
  nothingLeft(t, bench)
})

t.test('the caller gives up before the port is open', async (t) => {
  const bench = callBench()
  const go = bench.media.hold('open')
  const caller = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  caller.bye()
  go()
  await settle()
  t.same(bench.sip.sent, [])
  nothingLeft(t, bench)
})

t.test("the caller gives up while the agent's port opens", async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100', offer: OFFER })
  const go = bench.media.hold('open')
  go()
  await settle()
  const later = bench.media.hold('open')
  const other = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  other.bye()
  caller.bye()
  later()
  await settle()
  nothingLeft(t, bench)
})

t.test('CANCEL and the 200 of the agent cross: the agent is hung up on', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  caller.bye()
  sent(bench, 1).answer(phoneMedia(5000))
  await settle()
  t.ok(sent(bench, 1).endedWith, 'it was cancelled, and the room ends what answered all the same')
  t.notOk(caller.accepted)
  nothingLeft(t, bench)
})

t.test('the agent answers and hangs up before the caller has confirmed', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100' })
  await settle()
  sent(bench, 1).answer(phoneMedia(5000))
  t.ok(caller.accepted)
  sent(bench, 1).bye()
  await settle()
  t.ok(caller.endedWith)
  t.match(bench.calls.ended(), [{ ending: 'agent-hung-up' }])
  nothingLeft(t, bench)
})

t.test('an ACK that answers with nothing usable ends the call', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100' })
  await settle()
  sent(bench, 1).answer(phoneMedia(5000))
  caller.ack('nonsense')
  await settle()
  t.ok(caller.endedWith)
  t.ok(sent(bench, 1).endedWith)
  nothingLeft(t, bench)
})

t.test('a phone whose answer cannot be used counts as refused', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  sent(bench, 1).answerWith('v=0\r\nm=audio 0 RTP/AVP 8\r\n')
  await settle()
  t.equal(caller.rejected?.status, 488)
  t.ok(sent(bench, 1).endedWith)
  nothingLeft(t, bench)
})

t.test('a 200 without a body stands on the early media before it, and on nothing else', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  sent(bench, 1).progress(183, phoneMedia(5000))
  sent(bench, 1).answer(undefined)
  await settle()
  t.ok(caller.accepted)
  const other = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  sent(bench, 2).answer(undefined)
  await settle()
  t.equal(other.rejected?.status, 488)
})

t.test('early media is relayed, and the 200 repeats its answer', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '200', offer: OFFER })
  await settle()
  sent(bench, 1).progress(183, phoneMedia(5000, ['PCMU']))
  await settle()
  t.equal(caller.progressed.at(-1)?.status, 183)
  t.equal(phoneTakes(phoneMedia(4000), caller.progressed.at(-1)?.body ?? '').codec, 'PCMU')
  t.same(bench.media.hears.get('port1'), { kind: 'port', portId: 'port2' })
  sent(bench, 2).progress(183, phoneMedia(5002))
  t.equal(caller.progressed.length, 1, 'the first one keeps it')
  sent(bench, 1).refuse(486)
  await settle()
  t.same(bench.media.hears.get('port1'), { kind: 'ringback' }, 'the caller was promised sound')
  sent(bench, 2).answer(phoneMedia(5002, ['PCMA']))
  await settle()
  t.equal(caller.accepted, caller.progressed.at(-1)?.body)
  t.same(bench.media.hears.get('port1'), { kind: 'port', portId: 'port3' }, 'transcoded from here')
  caller.bye()
  await settle()
  nothingLeft(t, bench)
})

t.test('the caller prefers a codec, the agent is offered it first', async (t) => {
  const bench = callBench()
  bench.incoming({ to: '100', offer: makeOffer(phoneMedia(4000, ['PCMU', 'G722'])) })
  await settle()
  t.match(sent(bench, 1).options.body ?? '', /m=audio \d+ RTP\/AVP 0 9 8 101/)
})

t.test('hold of either side gives the other music, and retrieving joins them again', async (t) => {
  const bench = callBench()
  const { caller, agent } = await bench.bridged()
  const hold = caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000), 'sendonly'))
  await settle()
  t.match(hold.accepted ?? '', /a=recvonly/)
  t.match(bench.media.ports[0]?.terms, { send: false, receive: true })
  t.same(bench.media.hears.get('port2'), { kind: 'hold-music' })
  t.match(bench.events.at(-1), { type: 'call.held', side: 'caller' })
  agent.reofferFromFarEnd(phoneReoffer(phoneMedia(5000), 'inactive'), 'UPDATE')
  await settle()
  t.same(bench.media.hears.get('port2'), { kind: 'silence' })
  t.same(bench.media.hears.get('port1'), { kind: 'silence' })
  caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000), 'sendrecv', 3))
  await settle()
  t.same(bench.media.hears.get('port1'), { kind: 'hold-music' })
  agent.reofferFromFarEnd(phoneReoffer(phoneMedia(5000), 'sendrecv', 3))
  await settle()
  t.same(bench.media.hears.get('port1'), { kind: 'port', portId: 'port2' })
  t.same(bench.media.hears.get('port2'), { kind: 'port', portId: 'port1' })
  t.same(
    bench.events.filter(({ type }) => type === 'call.held' || type === 'call.retrieved').map(({ type }) => type),
    ['call.held', 'call.held', 'call.retrieved', 'call.retrieved'],
  )
})

t.test('a far end moves and changes its codec in mid-call', async (t) => {
  const bench = callBench()
  const { caller, agent } = await bench.bridged()
  const moved = { ...phoneMedia(4444, ['PCMU']), address: '192.0.2.99', version: 2 }
  const outcome = caller.reofferFromFarEnd(makeOffer(moved))
  await settle()
  t.ok(outcome.accepted)
  t.match(bench.media.ports[0]?.terms, { codec: 'PCMU', remote: { address: '192.0.2.99', rtpPort: 4444 } })
  t.same(agent.reoffers, [], 'the other leg is not bothered')
  const refresh = caller.reofferFromFarEnd(makeOffer(moved))
  t.equal(refresh.accepted, outcome.accepted, 'a refresh gets the same answer, the version too')
})

t.test('a re-INVITE without an offer gets ours, and its ACK the last word', async (t) => {
  const bench = callBench()
  const { caller } = await bench.bridged()
  const outcome = caller.reofferFromFarEnd(undefined)
  t.match(outcome.accepted ?? '', /m=audio \d+ RTP\/AVP 8 9 0 101/, 'the codec in use first')
  caller.ack(makeOffer({ ...phoneMedia(4000), direction: 'sendonly' }))
  await settle()
  t.same(bench.media.hears.get('port2'), { kind: 'hold-music' })
})

t.test('a re-offer that cannot be answered leaves the call as it was', async (t) => {
  const bench = callBench()
  const { caller, callId } = await bench.bridged()
  t.equal(caller.reofferFromFarEnd(OFFER.replace('m=audio 4000', 'm=audio 0')).rejected, 488)
  t.equal(caller.reofferFromFarEnd('nonsense').rejected, 400)
  t.equal(bench.calls.get(callId)?.state, 'bridged')
  t.equal(bench.media.ports[0]?.streams.length, 1)
})

t.test('an UPDATE before the answer has to wait', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  t.equal(caller.reofferFromFarEnd(OFFER, 'UPDATE').rejected, 491)
  sent(bench, 1).progress(183, phoneMedia(5000))
  await settle()
  t.ok(
    caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000), 'sendonly'), 'UPDATE').accepted,
    'with early media it need not',
  )
})

t.test('INFO that is no key is answered', async (t) => {
  const bench = callBench()
  const { agent } = await bench.bridged()
  t.equal(agent.infoFromFarEnd(0), 200)
  t.equal(agent.infoFromFarEnd(20), 415)
})

t.test(
  'a far end that may be anybody is unproved to the media process until signalling has shown that it is there',
  async (t) => {
    const bench = callBench()
    const caller = bench.incoming({ to: '100', offer: OFFER })
    caller.isProved = false
    await settle()
    sent(bench, 1).answer(phoneMedia(5000))
    await settle()
    const [port, other] = bench.media.ports
    t.equal(port?.terms?.unproved, true)
    t.equal(other?.terms?.unproved, undefined, 'who was called answered')
    caller.prove()
    await settle()
    t.equal(port?.terms?.unproved, undefined)
    t.strictSame({ ...port?.streams[1], unproved: true }, port?.streams[0], 'nothing else of its terms has changed')
  },
)

t.test('a trunk that is trusted gets sound before anything shows that it is there', async (t) => {
  const config = configOf(CONFIG_TEXT.replace('{ name: carrier,', '{ name: carrier, unprovedSound: any,'))
  const bench = callBench({ config })
  const caller = bench.incoming({ to: '100', offer: OFFER })
  caller.isProved = false
  await settle()
  sent(bench, 1).answer(phoneMedia(5000))
  await settle()
  t.equal(bench.media.ports[0]?.terms?.unproved, undefined)
})
