/** What lamps are told of calls: what rings and what stands, by account, and nothing of a secure session. */

import t from 'tap'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { type Bench, callBench, settle } from '../peers/call-bench.ts'
import { sent } from '../peers/call-legs.ts'
import { party } from '../peers/fake-sip.ts'
import { phoneMedia } from '../peers/phone-media.ts'

const dialogs = ({ calls }: Bench) => Object.fromEntries(calls.watching.dialogs())

t.test('a phone that rings, its call, and the same in a secure session', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100', offer: makeOffer(phoneMedia(4000)) })
  await settle()
  const agent = sent(bench, 1)
  agent.progress(180)
  t.strictSame(dialogs(bench), { agent: [{ session: agent.id, state: 'early', direction: 'recipient' }] })
  agent.answer(phoneMedia(5000))
  await settle()
  const bridged = { agent: [{ session: agent.id, state: 'confirmed', direction: 'recipient' }] }
  t.strictSame(dialogs(bench), bridged, 'of the trunk there is nothing to see')
  const [{ callId } = { callId: '' }] = bench.calls.list()
  await bench.calls.startSecureSession(callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  t.match(bench.calls.list(), [{ state: 'secure' }])
  t.strictSame(dialogs(bench), bridged)
  caller.bye()
  await settle()
  bench.vault.last.wiped({ result: 'failed', reason: 'cancelled' })
  bench.vault.last.returned(false)
  await settle()
  t.strictSame(dialogs(bench), {})
})

t.test('a phone that calls another, with all that ring', async (t) => {
  const bench = callBench()
  const offer = makeOffer(phoneMedia(6000))
  const third = bench.incoming({ to: '200', offer, from: party('third'), origin: { kind: 'phone', account: 'third' } })
  await settle()
  const [one, two] = [sent(bench, 1), sent(bench, 2)]
  const early = (session: string) => [{ session, state: 'early', direction: 'recipient' }]
  t.strictSame(dialogs(bench), {
    third: [{ session: third.id, state: 'early', direction: 'initiator' }],
    agent: early(one.id),
    second: early(two.id),
  })
  two.answer(phoneMedia(7000))
  await settle()
  t.strictSame(dialogs(bench), {
    third: [{ session: third.id, state: 'confirmed', direction: 'initiator' }],
    second: [{ session: two.id, state: 'confirmed', direction: 'recipient' }],
  })
  third.bye()
  await settle()
  t.strictSame(dialogs(bench), {})
})

t.test('a phone that rings for a transfer, beside those that talk', async (t) => {
  const bench = callBench()
  const { caller, agent } = await bench.bridged()
  agent.refer('second')
  await settle()
  const target = sent(bench, 2)
  target.progress(180)
  await settle()
  const talks = { agent: [{ session: agent.id, state: 'confirmed', direction: 'recipient' }] }
  const rings = { second: [{ session: target.id, state: 'early', direction: 'recipient' }] }
  t.strictSame(dialogs(bench), { ...talks, ...rings })
  target.refuse(486)
  await settle()
  t.strictSame(dialogs(bench), talks)
  agent.refer('second')
  await settle()
  sent(bench, 3).answer(phoneMedia(5100))
  await settle()
  t.strictSame(dialogs(bench), { second: [{ session: sent(bench, 3).id, state: 'confirmed', direction: 'recipient' }] })
  caller.bye()
  await settle()
})
