/** Pick-up of what rings because of a transfer: who may, who has the call then, and what becomes of the transfer in every other case. */

import t from 'tap'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { type Bench, type BridgedCall, CONFIG_TEXT, callBench, configOf, settle } from '../peers/call-bench.ts'
import { consult, hears, nothingLeft, sent } from '../peers/call-legs.ts'
import { type FakeIncoming, type FakeReferral, party } from '../peers/fake-sip.ts'
import { phoneAnswer, phoneMedia, phoneReoffer } from '../peers/phone-media.ts'

const MEDIA = phoneMedia(6000)
/** `third` and `fourth` are of one workgroup, and `agent`, who transfers, of another. */
const TEXT = CONFIG_TEXT.replace(
  'workgroups:',
  '  - { account: fourth, password: a-password-of-tests }\nworkgroups:',
).replace(
  /\{ name: turns.*\}/,
  '{ name: turns, strategy: one-after-another, phones: [third, fourth], ringSeconds: 10 }',
)

type Ringing = BridgedCall & { readonly bench: Bench; readonly referral: FakeReferral }

/** The agent transfers the caller to `third`, whose phone rings. */
async function ringing(to = 'third', text = TEXT): Promise<Ringing> {
  const bench = callBench({ config: configOf(text) })
  const call = await bench.bridged()
  const referral = call.agent.refer(to)
  await settle()
  sent(bench, 2).progress(180)
  await settle()
  return { ...call, bench, referral }
}

async function dials(bench: Bench, account: string, to: string, more: object = {}): Promise<FakeIncoming> {
  const phone = bench.incoming({
    to,
    offer: makeOffer(MEDIA),
    from: party(account),
    origin: { kind: 'phone', account },
    ...more,
  })
  await settle()
  return phone
}

const named = (bench: Bench, nth = 2) => ({ replaces: { session: sent(bench, nth).id, earlyOnly: true } })

for (const how of ['*8third', '*8', 'its dialog'] as const) {
  t.test(`by ${how}: who picks up has the caller, and the transfer is completed with that phone`, async (t) => {
    const { bench, agent, caller, callId, referral } = await ringing()
    const phone =
      how === 'its dialog' ? await dials(bench, 'fourth', 'x', named(bench)) : await dials(bench, 'fourth', how)
    t.ok(phone.accepted)
    t.match(sent(bench, 2).endedWith, { cause: 200 }, 'the phone that rang hears that somebody else has it')
    t.match(agent.endedWith, { cause: 16 }, 'the old agent got BYE')
    t.same(referral.news, [180, 200])
    t.same([hears(bench, 1), hears(bench, 4)], ['port4', 'port1'], 'both hear each other')
    t.same(caller.reoffers, [], 'the caller is not re-INVITEd')
    t.match(bench.calls.list(), [
      {
        callId,
        state: 'bridged',
        agentLeg: { account: 'fourth' },
        transfers: [{ kind: 'blind', by: 'agent', to: 'fourth', outcome: 'transferred', status: undefined }],
      },
    ])
    t.match(bench.events.slice(-2), [
      { type: 'call.picked-up', callId, by: 'fourth', at: 'third' },
      { type: 'call.transferred', callId, by: 'agent', agent: 'fourth' },
    ])
    t.same(bench.calls.whyNot(callId, { startedBy: { by: 'feature-code', account: 'fourth' } }), [], 'it is its agent')
    t.same((await dials(bench, 'third', '*8')).rejected?.status, 404, 'nothing rings any more')

    phone.reofferFromFarEnd(phoneReoffer(MEDIA, 'sendonly', 3))
    t.match(bench.events.at(-1), { type: 'call.held', callId, side: 'agent' }, 'its leg is the call’s')
    const again = phone.refer('second')
    await settle()
    sent(bench, 3).answer(phoneMedia(5200))
    await settle()
    t.same(again.news, [200], 'and it may transfer on')
    caller.bye()
    await settle()
    t.match(bench.calls.ended(), [{ ending: 'caller-hung-up', agentLeg: { account: 'second' } }])
    nothingLeft(t, bench)
  })
}

t.test(
  'the agent who transfers had called out, and hangs up at once: the leg that placed the call is replaced',
  async (t) => {
    const bench = callBench({ config: configOf(TEXT) })
    const agent = await dials(bench, 'agent', '+49301')
    sent(bench, 1).answer(phoneMedia(5000))
    await settle()
    agent.refer('third')
    await settle()
    agent.bye()
    const phone = await dials(bench, 'fourth', '*8third')
    t.ok(phone.accepted)
    t.same([hears(bench, 2), hears(bench, 4)], ['port4', 'port2'])
    t.match(bench.calls.list(), [
      { state: 'bridged', agentLeg: { account: 'fourth' }, callerLeg: { trunk: 'carrier' } },
    ])
    phone.bye()
    await settle()
    t.match(bench.calls.ended(), [{ ending: 'agent-hung-up', transfers: [{ to: 'fourth', outcome: 'transferred' }] }])
    nothingLeft(t, bench)
  },
)

t.test('after a consultation that was picked up, the caller and who picked it up are joined', async (t) => {
  const bench = callBench({ config: configOf(TEXT) })
  const { agent, caller, callId } = await bench.bridged()
  const asking = await dials(bench, 'agent', 'third')
  t.equal((await dials(bench, 'agent', '*8third')).rejected?.status, 404, 'not by who asks')
  const phone = await dials(bench, 'fourth', '*8third')
  phone.reofferAnswer = (body) => ({ result: 'answered', body: phoneAnswer(body, MEDIA) })
  t.ok(asking.accepted && phone.accepted)
  t.ok(agent.refer('third', asking.id).accepted)
  await settle()
  t.ok(agent.over && asking.over, 'both legs of the old agent got BYE')
  t.match(bench.calls.list(), [
    {
      callId,
      state: 'bridged',
      agentLeg: { account: 'fourth' },
      transfers: [{ kind: 'attended', by: 'agent', to: 'fourth', outcome: 'transferred' }],
    },
  ])
  const [one, other] = [...bench.media.hears]
  t.same(
    [one?.[1], other?.[1]],
    [
      { kind: 'port', portId: other?.[0] },
      { kind: 'port', portId: one?.[0] },
    ],
  )
  caller.bye()
  await settle()
  t.ok(phone.over)
  nothingLeft(t, bench)
})

t.test('who may not, and when not', async (t) => {
  const { bench, caller, agent } = await ringing('second')
  const status = async (account: string, to: string, more: object = {}) =>
    (await dials(bench, account, to, more)).rejected?.status
  t.equal(await status('third', '*8second'), 404, 'of another workgroup')
  t.equal(await status('third', 'x', named(bench)), 403)
  t.equal(await status('agent', '*8second'), 404, 'who transfers, though of the workgroup')
  t.equal(await status('agent', '*8'), 404)
  t.equal(await status('agent', 'x', named(bench)), 403)
  t.equal(await status('', 'x', { ...named(bench), origin: { kind: 'trunk', trunk: 'carrier' } }), 403)
  t.match(bench.calls.list(), [{ state: 'transferring' }], 'and it rings on')
  agent.bye()
  await settle()
  t.equal(await status('agent', '*8second'), 404, 'nor when it has hung up')
  sent(bench, 2).answer(phoneMedia(5100))
  await settle()
  t.equal(await status('second', '*8second'), 404, 'it has been answered')
  caller.bye()
  await settle()
  nothingLeft(t, bench)
})

t.test('a phone that waits as caller does not pick itself up', async (t) => {
  const bench = callBench({ config: configOf(TEXT) })
  const caller = await dials(bench, 'third', 'agent')
  sent(bench, 1).answer(phoneMedia(5000))
  await settle()
  sent(bench, 1).refer('fourth')
  await settle()
  t.equal((await dials(bench, 'third', '*8fourth')).rejected?.status, 404)
  caller.bye()
  await settle()
  nothingLeft(t, bench)
})

t.test('never by a phone whose own call is in a secure session', async (t) => {
  const bench = callBench({ config: configOf(TEXT) })
  const { callId } = await bench.bridged()
  const caller = bench.incoming({ to: '200', offer: makeOffer(phoneMedia(4100)) })
  await settle()
  // `second` answers for the workgroup, and transfers to a phone of it.
  bench.sip.sent.at(-1)?.answer(phoneMedia(5100))
  await settle()
  const { sessionId } = await bench.calls.startSecureSession(callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  bench.vault.last.began()
  bench.sip.sent.at(-1)?.refer('agent')
  await settle()
  const phone = await dials(bench, 'agent', '*8agent')
  t.match(phone.rejected, { status: 403, reason: { text: 'No pick-up during a secure session' } })
  t.match(
    bench.calls.list().map(({ state }) => state),
    ['secure', 'transferring'],
  )
  t.same(bench.breaches, [])
  bench.calls.cancelSecureSession(callId, sessionId)
  caller.bye()
  await settle()
})

t.test('somebody was faster, or the caller or the target gave up while a phone picks up', async (t) => {
  for (const first of ['target answers', 'target refuses', 'caller hangs up', 'picker hangs up'] as const) {
    const { bench, caller, referral } = await ringing()
    // Without an offer it is the phone's only when its ACK brings the answer.
    const phone = await dials(bench, 'fourth', '*8third', { offer: undefined })
    t.ok(phone.accepted, first)
    if (first === 'target answers') sent(bench, 2).answer(phoneMedia(5100))
    else if (first === 'target refuses') sent(bench, 2).refuse(486)
    else if (first === 'caller hangs up') caller.bye()
    else phone.bye()
    await settle()
    if (first !== 'picker hangs up') phone.ack(phoneAnswer(phone.accepted ?? '', MEDIA))
    await settle()
    t.ok(phone.over, first)
    t.notOk(bench.types().includes('call.picked-up'), first)
    if (first === 'target answers') t.match(bench.calls.list(), [{ state: 'bridged', agentLeg: { account: 'third' } }])
    if (first === 'target refuses') t.same(referral.news, [180, 486], 'the agent has the caller back')
    if (first === 'caller hangs up') t.same(referral.news, [180, 487])
    if (first === 'picker hangs up') {
      t.match(bench.calls.list(), [{ state: 'transferring' }], 'it rings on')
      sent(bench, 2).answer(phoneMedia(5100))
      await settle()
      t.same(referral.news, [180, 200])
    }
    caller.bye()
    await settle()
    nothingLeft(t, bench)
  }
})

t.test('without an offer: the phone has it when its ACK brings the answer', async (t) => {
  const { bench, caller, referral } = await ringing()
  const phone = await dials(bench, 'fourth', '*8third', { offer: undefined })
  t.match(bench.calls.list(), [{ state: 'transferring' }])
  phone.ack(phoneAnswer(phone.accepted ?? '', MEDIA))
  await settle()
  t.same(referral.news, [180, 200])
  t.match(bench.calls.list(), [{ state: 'bridged', agentLeg: { account: 'fourth' } }])
  caller.bye()
  await settle()
  nothingLeft(t, bench)
})

t.test('the call is found by the dialog of who picks up', async (t) => {
  const { bench, caller, callId } = await ringing()
  const phone = await dials(bench, 'fourth', '*8third', { offer: undefined })
  t.equal(bench.calls.ofDialog(phone.sipCallId)?.callId, callId)
  caller.bye()
  await settle()
})

t.test('a consultation rings as a call of its own: the agent has to wait for its answer', async (t) => {
  const bench = callBench()
  const { agent } = await bench.bridged()
  const asking = await dials(bench, 'agent', 'third')
  t.equal(agent.refer('third', asking.id).rejected, 491)
  const { other } = await consult(bench, 'second')
  t.notOk(other.over)
})
