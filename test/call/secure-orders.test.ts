/** What the agent orders while a caller keys or waits: again one field, again all, go on; and what stands in the session's record. */

import t from 'tap'
import type { SecureOrder } from '../../src/call/index.ts'
import { ACCEPTED, callBench, DECLINED, settle } from '../peers/call-bench.ts'

const START = { startedBy: { by: 'token' } } as const
const ASSISTED = { flow: 'card-payment-assisted', ...START } as const

async function begun(request: Parameters<ReturnType<typeof callBench>['calls']['startSecureSession']>[1] = ASSISTED) {
  const bench = callBench()
  const call = await bench.bridged()
  const { sessionId } = await bench.calls.startSecureSession(call.callId, request)
  await settle()
  bench.vault.last.began()
  const record = () => {
    const found = bench.calls.secureSessions(call.callId).at(-1)
    if (found === undefined) throw new Error('no session')
    return found
  }
  const order = (wanted: SecureOrder) => bench.calls.orderSecureSession(call.callId, sessionId, wanted)
  return { bench, ...call, sessionId, record, order }
}

t.test(
  'from the greeting to the verdicts, the record tells what the caller hears and where each field stands',
  async (t) => {
    const { bench, record, order } = await begun()
    const { events, orders } = bench.vault.last
    t.match(record(), { stage: 'saying', flow: { id: 'card-payment-assisted', version: 1, title: /Card payment/ } })
    t.match(record().fields, [{ name: 'credit card', status: 'to-come', attempt: 0, attempts: 3, refusals: 0 }, {}, {}])
    events.onAsking(0, 1, 3)
    events.onRefused(0, 'too-short')
    events.onAsking(0, 2, 3)
    t.match(record(), { stage: 'asking', attempt: 2 })
    t.match(record().fields[0], { status: 'asking', attempt: 2, refusals: 1 })
    events.onMoreTime(0, 1)
    events.onConfirming(0)
    t.match(record(), { stage: 'confirming' })
    t.match(record().fields[0], { status: 'confirming' })
    for (const field of [0, 1, 2]) {
      if (field > 0) events.onAsking(field, 1, 3)
      events.onTaken(field)
    }
    events.onSubmitting(1)
    t.match(record(), { stage: 'submitting', submissions: 1 })
    events.onAnswered(DECLINED)
    t.match(record(), { stage: 'saying', verdicts: [DECLINED] })
    t.same(
      record().fields.map(({ status }) => status),
      ['taken', 'taken', 'forgotten'],
      'the security code is wiped after every verdict',
    )
    events.onWaitingForAgent(60_000)
    bench.clock.step(1000)
    t.match(record(), { stage: 'waiting-for-agent', orderLeftMs: 59_000 })
    order({ order: 'again', fields: ['expiry date', 'security code', 'expiry date'] })
    t.same(orders, [{ what: 'again', fields: [1, 2] }])
    t.same(
      record().fields.map(({ status }) => status),
      ['taken', 'forgotten', 'forgotten'],
    )
    events.onAsking(1, 1, 3)
    t.match(record(), { stage: 'asking', orderLeftMs: undefined })
    events.onTaken(1)
    events.onSubmitting(2)
    bench.vault.last.wiped(ACCEPTED)
    bench.vault.last.returned()
    await settle()
    t.match(record(), { stage: 'ended', submissions: 2, verdicts: [DECLINED], outcome: ACCEPTED })
    t.same(bench.breaches, [])
    t.same(
      bench.types().filter((type) => type.startsWith('secure.')),
      [
        'secure.requested',
        'secure.parted',
        'secure.began',
        'secure.asking',
        'secure.refused',
        'secure.asking',
        'secure.more-time',
        'secure.confirming',
        'secure.taken',
        'secure.asking',
        'secure.taken',
        'secure.asking',
        'secure.taken',
        'secure.submitting',
        'secure.answered',
        'secure.waiting-for-agent',
        'secure.ordered',
        'secure.asking',
        'secure.taken',
        'secure.submitting',
        'secure.wiped',
        'secure.rejoined',
        'secure.ended',
      ],
    )
  },
)

t.test('orders at the wrong time are refused by name, and reach no vault', async (t) => {
  const { bench, callId, record, order } = await begun()
  const { events, orders } = bench.vault.last
  const again = (...fields: string[]): SecureOrder => ({ order: 'again', fields })
  t.throws(() => order({ order: 'again-all' }), { code: 'secure.not-now' }, 'while the greeting plays')
  events.onAsking(0, 1, 3)
  t.throws(() => order(again('postal code')), { code: 'secure.unknown-field' })
  t.throws(() => order(again('credit card', 'expiry date')), { code: 'secure.not-now' }, 'not asked for yet')
  t.throws(() => order({ order: 'go-on' }), { code: 'secure.not-now' }, 'nobody waits')
  events.onTaken(0)
  events.onAsking(1, 1, 3)
  order(again('credit card'))
  order({ order: 'again-all' })
  t.same(orders, [{ what: 'again', fields: [0] }, { what: 'again-all' }])
  events.onSubmitting(1)
  t.throws(() => order(again('credit card')), { code: 'secure.not-now' }, 'while the service is asked')
  events.onAnswered(DECLINED)
  events.onWaitingForAgent(60_000)
  order({ order: 'go-on' })
  bench.vault.last.wiped(DECLINED)
  t.throws(() => order({ order: 'go-on' }), { code: 'secure.session-over' }, 'on the way back')
  bench.vault.last.returned()
  await settle()
  t.equal(record().stage, 'ended')
  t.throws(() => order(again('credit card')), { code: 'secure.session-over' })
  t.throws(() => bench.calls.orderSecureSession(callId, 'secure-none', { order: 'go-on' }), {
    code: 'secure.not-found',
  })
  t.equal(orders.length, 3)
})

t.test('what the service has been sent cannot be cancelled, and can be once it has answered', async (t) => {
  const { bench, callId, sessionId } = await begun()
  const { events, stops } = bench.vault.last
  const cancel = () => bench.calls.cancelSecureSession(callId, sessionId)
  events.onAsking(0, 1, 3)
  events.onTaken(0)
  events.onSubmitting(1)
  t.throws(cancel, { code: 'secure.submitting' })
  t.same(stops, [])
  events.onAnswered(DECLINED)
  events.onWaitingForAgent(60_000)
  cancel()
  t.same(stops, [{ reason: 'cancelled', giveBack: true }])
})

t.test('a session is tried again with the form and flow of an earlier one, until the call ends', async (t) => {
  const fields = [{ name: 'order', value: 'A 17' }]
  const { bench, callId, caller, sessionId } = await begun({ ...ASSISTED, fields })
  const finish = async () => {
    bench.vault.last.wiped(DECLINED)
    bench.vault.last.returned()
    await settle()
  }
  await finish()
  await bench.calls.startSecureSession(callId, { retryOf: sessionId, ...START })
  await settle()
  t.match(bench.vault.last.begin.plan, { inserts: fields })
  t.match(bench.calls.secureSessions(callId), [
    { sessionId, retryOf: undefined },
    { retryOf: sessionId, flow: { id: 'card-payment-assisted' } },
  ])
  t.match(
    bench.events.findLast(({ type }) => type === 'secure.requested'),
    { retryOf: sessionId, flow: 'card-payment-assisted', version: 1 },
  )
  bench.vault.last.began()
  await finish()
  const other = [{ name: 'order', value: 'B 18' }]
  await bench.calls.startSecureSession(callId, { retryOf: sessionId, flow: 'pin-check', fields: other, ...START })
  await settle()
  t.match(bench.vault.last.begin.plan, { inserts: other, fields: [{ name: 'pin' }] }, 'what is given anew goes before')
  bench.vault.last.began()
  await finish()
  const unknown = bench.calls.startSecureSession(callId, { retryOf: 'secure-none', ...START })
  await t.rejects(unknown, { code: 'secure.not-found' })
  t.match(bench.calls.get(callId), { secureSessions: { length: 3 } })
  caller.bye()
  await settle()
  t.notMatch(JSON.stringify(bench.calls.ended()), 'B 18', 'a form is in nothing that is kept')
  t.notMatch(JSON.stringify(bench.events), 'A 17')
})

t.test('nobody waits for the agent in a session begun by feature code', async (t) => {
  const { bench } = await begun({ flow: 'card-payment-assisted', startedBy: { by: 'feature-code', account: 'agent' } })
  t.notOk(bench.vault.last.begin.plan.steps.some((step) => step.do === 'ask-agent'))
  const other = await begun()
  t.ok(other.bench.vault.last.begin.plan.steps.some((step) => step.do === 'ask-agent'))
})
