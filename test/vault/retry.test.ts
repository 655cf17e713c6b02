/** Trying again against a service that breaks off at every stage and counts its charges: never two for one request. */

import t from 'tap'
import type { Clock } from '../../src/base/clock.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import type { Plan, Validation } from '../../src/vault/contract.ts'
import { Entry } from '../../src/vault/entry.ts'
import { prepareRequest } from '../../src/vault/request.ts'
import { type SubmitResult, submit } from '../../src/vault/submit.ts'
import { type Break, type ChargingPeer, startChargingPeer } from '../peers/charging-peer.ts'
import { freePort } from '../peers/free-port.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { planFor, realClock } from './bench.ts'
import { partsOf } from './plans.ts'
import { keyInto } from './spans.ts'

let transactions = 0

function send(
  peer: Pick<ChargingPeer, 'port' | 'authority'>,
  change: Partial<Validation>,
  clock: Clock = realClock,
): Promise<SubmitResult> {
  const transactionId = `T-${transactions++}`
  const base = planFor({ validationPort: peer.port, authority: peer.authority, transactionId })
  const plan: Plan = { ...base, validation: { ...base.validation, timeoutMs: 20_000, ...change } }
  const entry = new Entry()
  keyInto(entry, '4012888888881881', '1227', '123')
  return new Promise((resolve) => {
    const request = prepareRequest(plan, partsOf(plan), 1)
    submit({ plan, request, entry, clock, onResult: resolve })
  })
}

const accepted = { value: 'accepted', details: 'That number was good' }
const unreachable = { failure: 'validation-unreachable' }
const lost = { failure: 'validation-bad-reply' }

type Row = readonly [
  policy: Validation['retry'],
  deduplicates: boolean,
  breaks: readonly Break[],
  result: object,
  connections: number,
  charges: number,
]
const rows: readonly Row[] = [
  ['never', false, ['at-once'], unreachable, 1, 0],
  ['never', false, ['in-handshake'], unreachable, 1, 0],
  ['never', false, ['after-charge'], lost, 1, 1],
  ['before-sending', false, ['at-once'], accepted, 2, 1],
  ['before-sending', false, ['in-handshake', 'at-once'], accepted, 3, 1],
  ['before-sending', false, ['at-once', 'at-once', 'at-once'], unreachable, 3, 0],
  ['before-sending', false, ['after-charge'], lost, 1, 1],
  ['before-sending', false, ['in-reply'], lost, 1, 1],
  ['before-sending', false, ['in-handshake', 'after-charge'], lost, 2, 1],
  ['idempotent', true, ['after-charge'], accepted, 2, 1],
  ['idempotent', true, ['in-reply', 'after-charge'], accepted, 3, 1],
  ['idempotent', true, ['at-once', 'in-reply'], accepted, 3, 1],
  ['idempotent', true, ['after-charge', 'at-once'], accepted, 3, 1],
  ['idempotent', true, ['after-charge', 'at-once', 'at-once'], lost, 3, 1],
  ['idempotent', true, ['after-charge', 'after-charge', 'in-reply'], lost, 3, 1],
]
for (const deduplicates of [false, true]) {
  t.test(`a service that ${deduplicates ? 'knows' : 'does not know'} a request again`, async (t) => {
    const peer = await startChargingPeer(deduplicates)
    t.teardown(() => peer.close())
    for (const [retry, , breaks, result, connections, charges] of rows.filter((row) => row[1] === deduplicates)) {
      await t.test(`${retry}: ${breaks.join(', ')}`, async (t) => {
        const before = { connections: peer.connections, charges: peer.charges.length }
        peer.breakAt(...breaks)
        t.same(await send(peer, { retry, retries: 2 }), result)
        t.equal(peer.connections - before.connections, connections, 'connections')
        t.equal(peer.charges.length - before.charges, charges, 'charges')
      })
    }
  })
}

t.test('a connection that breaks behind the head: sent or not, there is one charge at most', async (t) => {
  const peer = await startChargingPeer(false)
  t.teardown(() => peer.close())
  for (let i = 0; i < 10; i++) {
    const before = peer.charges.length
    peer.breakAt('after-head')
    const result = await send(peer, { retry: 'before-sending', retries: 2 })
    const charges = peer.charges.length - before
    t.ok('value' in result ? charges === 1 : charges === 0, `${JSON.stringify(result)}, ${charges} charges`)
  }
})

t.test('the time limit holds for all attempts together, and its end in a pause says why', async (t) => {
  const port = await freePort()
  const clock = steppedClock()
  const beganMs = clock.now()
  let tookMs: number | undefined
  const sent = send({ port, authority: '' }, { retry: 'before-sending', retries: 10, timeoutMs: 900 }, clock)
  void sent.then(() => {
    tookMs = clock.now() - beganMs
  })
  while (tookMs === undefined) {
    // Time for an attempt to end; how long it takes is the machine's business.
    await pause(20)
    clock.step(50)
  }
  t.same(await sent, unreachable)
  t.equal(tookMs, 900)
})

t.test('an aborted pause tries nothing again', async (t) => {
  const peer = await startChargingPeer(false)
  t.teardown(() => peer.close())
  peer.breakAt('at-once')
  const base = planFor({ validationPort: peer.port, authority: peer.authority, transactionId: 'aborted' })
  const clock = steppedClock()
  const submission = submit({
    plan: base,
    request: prepareRequest(base, partsOf(base), 1),
    entry: new Entry(),
    clock,
    onResult: () => t.fail('a result after the abort'),
  })
  const { pending } = clock
  await until(() => clock.pending > pending, 'a pause', 20_000)
  submission.abort()
  clock.step(60_000)
  await pause(50)
  t.equal(peer.connections, 1)
  t.equal(peer.charges.length, 0)
})
