/** Whose a session is, is found without asking every call: looks are counted, beside a few calls and beside many. */

import t, { type Test } from 'tap'
import { Call } from '../../src/call/call.ts'
import { createCallBook } from '../../src/call/call-book.ts'
import { Pair } from '../../src/call/pair.ts'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { type Bench, callBench, settle } from '../peers/call-bench.ts'
import { consult, nothingLeft } from '../peers/call-legs.ts'
import { type FakeIncoming, type FakeIncomingOptions, party } from '../peers/fake-sip.ts'
import { phoneMedia } from '../peers/phone-media.ts'

const OFFER = makeOffer(phoneMedia(6000))

/** Counts how often a call is asked whether a session or a Call-ID is its own, and what of it rings. @returns how often since it was asked last. */
function countLooks(t: Test): () => number {
  let looks = 0
  for (const [asked, name] of [
    [Call.prototype, 'has'],
    [Call.prototype, 'rung'],
    [Pair.prototype, 'roleOf'],
  ] as const) {
    const own = Object.getOwnPropertyDescriptor(asked, name) ?? {}
    const { get, value } = own
    const look = function (this: unknown, ...words: unknown[]): unknown {
      looks += 1
      return (get ?? value).apply(this, words)
    }
    Object.defineProperty(asked, name, { ...own, ...(get === undefined ? { value: look } : { get: look }) })
    t.teardown(() => Object.defineProperty(asked, name, own))
  }
  return () => {
    const since = looks
    looks = 0
    return since
  }
}

/** The agent's other phone calls, or comes with the dialog of the first. */
async function comes(bench: Bench, more: Partial<FakeIncomingOptions> = {}): Promise<FakeIncoming> {
  const phone = bench.incoming({
    ...{ to: 'third', offer: OFFER, from: party('agent'), origin: { kind: 'phone', account: 'agent' } },
    ...more,
  })
  await settle()
  return phone
}

/** What is looked at beside so many other calls, and that it is found. */
async function looksBeside(t: Test, others: number): Promise<Record<string, number>> {
  const bench = callBench()
  for (let made = 0; made < others; made++) await bench.bridged()
  const call = await bench.bridged()
  const looks = countLooks(t)
  const seen: Record<string, number> = {}

  for (const leg of [call.caller, call.agent])
    t.equal(bench.calls.ofDialog(leg.sipCallId)?.callId, call.callId, 'by the Call-ID of a leg')
  seen['two Call-IDs'] = looks()
  t.equal(bench.calls.ofDialog('nobody@phones.example'), undefined)
  seen['the Call-ID of nobody'] = looks()
  await comes(bench)
  seen['a new call'] = looks()
  t.equal((await comes(bench, { replaces: { session: 'gone', earlyOnly: false } })).rejected?.status, 603)
  seen['a phone with a dialog that is gone'] = looks()
  t.ok((await comes(bench, { replaces: { session: call.agent.id, earlyOnly: false } })).accepted, 'takes the place')
  seen['a phone with the dialog of another'] = looks()
  t.equal(call.agent.refer('x', 'gone').rejected, 481)
  seen['a REFER to a dialog that is gone'] = looks()
  return seen
}

t.test('as many looks beside two calls as beside sixty', async (t) => {
  const counts: Record<string, number>[] = []
  for (const others of [2, 60])
    await t.test(`beside ${others}`, async (t) => void counts.push(await looksBeside(t, others)))
  t.strictSame(counts[1], counts[0])
  for (const [what, count] of Object.entries(counts[0] ?? {})) t.ok(count <= 2, `${what}: ${count}`)
})

t.test('a leg that goes to another call is found there, and one that is over nowhere', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  const { agent: asking, other } = await consult(bench, 'second')
  t.not(bench.calls.ofDialog(other.sipCallId)?.callId, call.callId)
  t.ok(call.agent.refer('second', asking.id).accepted)
  await settle()
  t.equal(bench.calls.ofDialog(other.sipCallId)?.callId, call.callId)
  t.equal(bench.calls.ofDialog(asking.sipCallId), undefined, 'its call is over')
  call.caller.bye()
  await settle()
  for (const leg of [call.caller, other]) t.equal(bench.calls.ofDialog(leg.sipCallId), undefined)
  nothingLeft(t, bench)
})

t.test('the book keeps names as long as their call stands', async (t) => {
  const book = createCallBook<{ readonly callId: string }>()
  const [first, second] = [{ callId: 'first' }, { callId: 'second' }]
  book.named('first', { id: 'too early', sipCallId: 'a@b' })
  t.strictSame(book.with('a@b'), [])
  for (const call of [first, second]) {
    book.add(call)
    for (const id of ['leg', 'leg', 'another'])
      book.named(call.callId, { id: `${id} of ${call.callId}`, sipCallId: 'a@b' })
  }
  t.strictSame(book.with('a@b'), [first, second], 'a call that came back to us: the older one first, each once')
  t.strictSame(book.with('leg of second'), [second])
  t.equal(book.remove('first'), first)
  t.equal(book.remove('first'), undefined)
  t.strictSame([book.with('a@b'), book.with('leg of first'), book.all()], [[second], [], [second]])
  book.remove('second')
  t.strictSame([book.with('a@b'), book.with('another of second'), book.size], [[], [], 0])
})
