/** Pick-up: by the dialog of the phone that rings, and by a code; who may, and what happens when several want the call at once. */

import t, { type Test } from 'tap'
import { mayPickUp, mayTake } from '../../src/call/pick-up-rules.ts'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { type Bench, CONFIG_TEXT, callBench, configOf, settle } from '../peers/call-bench.ts'
import { hears, nothingLeft, sent } from '../peers/call-legs.ts'
import { type FakeIncoming, type FakeIncomingOptions, party } from '../peers/fake-sip.ts'
import { phoneAnswer, phoneMedia } from '../peers/phone-media.ts'

const OFFER = makeOffer(phoneMedia(6000))
/** `third` is in no workgroup with `agent`. */
const APART = CONFIG_TEXT.replace('phones: [agent, second, third], ringSeconds: 10', 'phones: [third], ringSeconds: 10')

/** A call to the agent's phone, which rings. */
async function ringing(text = APART): Promise<{ bench: Bench; caller: FakeIncoming }> {
  const bench = callBench({ config: configOf(text) })
  const caller = bench.incoming({ to: '100', offer: makeOffer(phoneMedia(4000)) })
  await settle()
  sent(bench, 1).progress(180)
  await settle()
  return { bench, caller }
}

/** A phone dials. */
async function dials(bench: Bench, account: string, to: string, more: Partial<FakeIncomingOptions> = {}) {
  const phone = bench.incoming({
    to,
    offer: OFFER,
    from: party(account),
    origin: { kind: 'phone', account },
    ...more,
  })
  await settle()
  return phone
}

const named = (bench: Bench) => ({ replaces: { session: sent(bench, 1).id, earlyOnly: true } })

/** Who has it talks to the caller, and everybody else has been told. */
async function hasIt(t: Test, bench: Bench, caller: FakeIncoming, phone: FakeIncoming): Promise<void> {
  t.ok(phone.accepted && caller.accepted)
  t.match(sent(bench, 1).endedWith, { cause: 200 }, 'the phone that rang hears that somebody else has it')
  t.same([hears(bench, 1), hears(bench, 3)], ['port3', 'port1'])
  t.match(bench.calls.list(), [{ state: 'bridged', agentLeg: { account: 'second' } }])
  t.match(
    bench.events.filter(({ type }) => type === 'call.picked-up' || type === 'call.bridged'),
    [
      { type: 'call.picked-up', by: 'second', at: 'agent' },
      { type: 'call.bridged', agent: 'second' },
    ],
  )
  const [{ callId } = { callId: '' }] = bench.calls.list()
  t.same(bench.calls.whyNot(callId, { startedBy: { by: 'feature-code', account: 'second' } }), [], 'it is its agent')
  caller.bye()
  await settle()
  t.ok(phone.over)
  nothingLeft(t, bench)
}

t.test('a phone of the workgroup names the dialog of the one that rings', async (t) => {
  const { bench, caller } = await ringing()
  await hasIt(t, bench, caller, await dials(bench, 'second', '100', named(bench)))
})

for (const to of ['*8100', '*8agent', '*8', '*81-0-0']) {
  t.test(`a phone of the workgroup dials ${to}`, async (t) => {
    const { bench, caller } = await ringing()
    await hasIt(t, bench, caller, await dials(bench, 'second', to))
  })
}

t.test(
  'without an offer: the call is the phone’s when its ACK brings the answer, unless somebody was faster',
  async (t) => {
    for (const faster of [false, true]) {
      const { bench, caller } = await ringing()
      const phone = await dials(bench, 'second', '*8100', { offer: undefined })
      t.ok(phone.accepted)
      t.match(bench.calls.list(), [{ state: 'ringing' }])
      if (faster) sent(bench, 1).answer(phoneMedia(5000))
      await settle()
      phone.ack(phoneAnswer(phone.accepted ?? '', phoneMedia(6000)))
      await settle()
      t.equal(phone.over, faster)
      if (!faster) await hasIt(t, bench, caller, phone)
      else {
        t.same([hears(bench, 1), hears(bench, 2)], ['port2', 'port1'])
        t.notOk(bench.types().includes('call.picked-up'))
        caller.bye()
        await settle()
        nothingLeft(t, bench)
      }
    }
  },
)

t.test('two at once: one has it, the other hears that it was too late', async (t) => {
  const { bench, caller } = await ringing()
  const both = [
    bench.incoming({ to: '*8100', offer: OFFER, from: party('second'), origin: { kind: 'phone', account: 'second' } }),
    bench.incoming({ to: '*8100', offer: OFFER, from: party('agent'), origin: { kind: 'phone', account: 'agent' } }),
  ]
  await settle()
  t.equal(both.filter(({ accepted }) => accepted !== undefined).length, 1)
  t.equal(both.filter(({ over, rejected, endedWith }) => over && (rejected ?? endedWith) !== undefined).length, 1)
  t.equal(bench.types().filter((type) => type === 'call.bridged').length, 1)
  caller.bye()
  await settle()
  nothingLeft(t, bench)
})

t.test('the caller gives up while it is being picked up', async (t) => {
  const { bench, caller } = await ringing()
  const phone = bench.incoming({
    to: '*8',
    offer: OFFER,
    from: party('second'),
    origin: { kind: 'phone', account: 'second' },
  })
  caller.bye()
  await settle()
  t.ok(phone.over)
  t.notOk(phone.accepted)
  nothingLeft(t, bench)
})

t.test('who may not, and when not', async (t) => {
  const { bench, caller } = await ringing()
  const status = async (account: string, to: string, more: Partial<FakeIncomingOptions> = {}) =>
    (await dials(bench, account, to, more)).rejected?.status
  t.equal(await status('third', '*8100'), 404, 'of another workgroup: it is not told that something rings')
  t.equal(await status('third', '100', named(bench)), 403)
  t.equal(await status('second', '*8200'), 404, 'nothing rings there')
  t.equal(await status('', '100', { ...named(bench), origin: { kind: 'trunk', trunk: 'carrier' } }), 403)
  const carrier = { origin: { kind: 'trunk', trunk: 'carrier' } } as const
  t.equal(await status('', '*8100', carrier), 404, 'of a trunk the code is a number like any other')
  t.equal(
    await status('second', '*8100', { offer: OFFER.replace(/^m=audio.*/m, 'm=audio 4000 RTP/AVP 96') }),
    488,
    'with nothing usable',
  )
  t.match(bench.calls.list(), [{ state: 'ringing' }], 'and it rings on')
  sent(bench, 1).answer(phoneMedia(5000))
  await settle()
  t.equal(await status('second', '*8100'), 404, 'it has been answered')
  t.equal(await status('second', '100', named(bench)), 403, 'and is nobody else’s to take over')
  caller.bye()
  await settle()
  t.equal(await status('second', '100', named(bench)), 603, 'its call is over')
  nothingLeft(t, bench)
})

t.test('never by a phone whose own call is in a secure session', async (t) => {
  const bench = callBench({ config: configOf(APART) })
  const { callId, sessionId } = await bench.secure()
  // The agent of that session; another call rings at `second`.
  const other = bench.incoming({ to: '200', offer: makeOffer(phoneMedia(4100)) })
  await settle()
  const phone = await dials(bench, 'agent', '*8second')
  t.match(phone.rejected, { status: 403, reason: { text: 'No pick-up during a secure session' } })
  t.match(
    bench.calls.list().map(({ state }) => state),
    ['secure', 'ringing'],
  )
  t.same(bench.breaches, [])
  t.same(bench.faults, ['call.pick-up-in-secure-session'])
  bench.calls.cancelSecureSession(callId, sessionId)
  other.bye()
  await settle()
})

t.test('a phone does not pick up the call that it places itself', async (t) => {
  const bench = callBench({ config: configOf(APART) })
  const own = await dials(bench, 'second', '100')
  sent(bench, 1).progress(180)
  t.equal((await dials(bench, 'second', '*8100')).rejected?.status, 404)
  own.bye()
  await settle()
  nothingLeft(t, bench)
})

t.test('sip.pickUp says whose', (t) => {
  const rows = [
    ['workgroup', 'agent', true],
    ['workgroup', 'second', true],
    ['workgroup', 'third', false],
    ['account', 'agent', true],
    ['account', 'second', false],
    ['nobody', 'agent', false],
  ] as const
  for (const [setting, account, may] of rows) {
    const config = configOf(APART.replace('sip: {', `sip: { pickUp: ${setting},`))
    t.equal(mayPickUp(config, account, 'agent'), may, `${setting}: ${account}`)
  }
  t.end()
})

t.test('nobody takes what he places or transfers himself', (t) => {
  const config = configOf(APART)
  const rung = (...askedBy: readonly (string | undefined)[]) => ({ account: 'agent', number: '100', askedBy })
  t.ok(mayTake(config, 'second', rung(undefined)), 'somebody calls from outside')
  t.ok(mayTake(config, 'second', rung(undefined, 'third')), 'and was transferred by another')
  t.notOk(mayTake(config, 'second', rung('second')), 'own call')
  t.notOk(mayTake(config, 'second', rung(undefined, 'second')), 'own transfer')
  t.notOk(mayTake(config, 'third', rung(undefined)), 'of another workgroup')
  t.end()
})

t.test('a phone that rings with early media is picked up like any other', async (t) => {
  for (const how of ['by its dialog', 'by code'] as const) {
    const { bench, caller } = await ringing()
    sent(bench, 1).progress(183, phoneMedia(5000))
    await settle()
    t.match(bench.calls.list(), [{ state: 'ringing', agentLeg: { account: 'agent' } }], how)
    const phone =
      how === 'by code' ? await dials(bench, 'second', '*8') : await dials(bench, 'second', '100', named(bench))
    await hasIt(t, bench, caller, phone)
  }
})

t.test('where nobody may, the code is a number like any other', async (t) => {
  const { bench, caller } = await ringing(APART.replace('sip: {', 'sip: { pickUp: nobody,'))
  t.equal((await dials(bench, 'second', '*8100')).rejected?.status, 404)
  t.equal((await dials(bench, 'agent', '100', named(bench))).rejected?.status, 403)
  caller.bye()
  await settle()
  nothingLeft(t, bench)
})
