/** How calls that stand come to an end. */

import t from 'tap'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { type Bench, callBench, settle } from '../peers/call-bench.ts'
import { nothingLeft, sent } from '../peers/call-legs.ts'
import { phoneMedia, phoneReoffer } from '../peers/phone-media.ts'

const OFFER = makeOffer(phoneMedia(4000))

for (const side of ['caller', 'agent'] as const) {
  t.test(`the ${side} dies without a word: both are released within 35 s`, async (t) => {
    const bench = callBench()
    const { caller, agent, callerPort, agentPort } = await bench.bridged()
    const port = side === 'caller' ? callerPort : agentPort
    ;(side === 'caller' ? caller : agent).probeAnswer = 408
    port.events.onQuiet(5000)
    await settle()
    bench.clock.step(25_000)
    await settle()
    t.match(caller.endedWith, { protocol: 'Q.850', cause: 102 })
    t.match(agent.endedWith, { protocol: 'Q.850', cause: 102 })
    t.match(bench.calls.ended(), [{ ending: 'no-audio' }])
    nothingLeft(t, bench)
  })
}

/** As long as a silence may last before a question. */
async function silentOn(bench: Bench): Promise<void> {
  await settle()
  bench.clock.step(30_000)
  await settle()
}

for (const [says, outcome] of [
  ['is transferred', 'transferred'],
  ['is not transferred after all', 'failed'],
] as const) {
  t.test(`a caller who dies, and then ${says}: both are released within 35 s of that`, async (t) => {
    const bench = callBench()
    const { caller, agent, callerPort } = await bench.bridged()
    caller.probeAnswer = 408
    callerPort.events.onQuiet(5000)
    await settle()
    agent.refer('second')
    await settle()
    bench.clock.step(10_000)
    const next = sent(bench, 2)
    if (outcome === 'transferred') next.answer(phoneMedia(5100))
    else next.refuse(486)
    await settle()
    t.match(bench.calls.list(), [{ state: 'bridged' }])
    await silentOn(bench)
    t.match(bench.calls.ended(), [{ ending: 'no-audio' }])
    nothingLeft(t, bench)
  })
}

t.test('an agent who fell quiet while it rang with early media, and answers: likewise', async (t) => {
  const bench = callBench()
  bench.incoming({ to: '100', offer: OFFER })
  await settle()
  const agent = sent(bench, 1)
  agent.progress(183, phoneMedia(5000))
  await settle()
  bench.media.ports.at(-1)?.events.onQuiet(5000)
  agent.answer(phoneMedia(5000))
  agent.probeAnswer = 408
  await settle()
  t.match(bench.calls.list(), [{ state: 'bridged' }])
  await silentOn(bench)
  t.match(bench.calls.ended(), [{ ending: 'no-audio' }])
  nothingLeft(t, bench)
})

t.test('the target of a transfer that fell quiet while it rang, and answers: likewise', async (t) => {
  const bench = callBench()
  const { agent } = await bench.bridged()
  agent.refer('second')
  await settle()
  const next = sent(bench, 2)
  next.progress(183, phoneMedia(5100))
  await settle()
  bench.media.ports.at(-1)?.events.onQuiet(5000)
  next.answer(phoneMedia(5100))
  next.probeAnswer = 408
  await settle()
  t.match(bench.calls.list(), [{ state: 'bridged', agentLeg: { account: 'second' } }])
  await silentOn(bench)
  t.match(bench.calls.ended(), [{ ending: 'no-audio' }])
  nothingLeft(t, bench)
})

t.test('who has nothing to say and answers is left alone', async (t) => {
  const bench = callBench()
  const { agentPort, callId } = await bench.bridged()
  agentPort.events.onQuiet(5000)
  for (let i = 0; i < 4; i++) {
    await settle()
    bench.clock.step(30_000)
  }
  await settle()
  t.equal(bench.calls.get(callId)?.state, 'bridged')
})

t.test(
  'one that answers 503 is there: something on the way cannot do just that (RFC 3261 section 12.2.1.2)',
  async (t) => {
    const bench = callBench()
    const { agent, agentPort, callId } = await bench.bridged()
    agent.probeAnswer = 503
    agentPort.events.onQuiet(5000)
    await silentOn(bench)
    t.equal(bench.calls.get(callId)?.state, 'bridged')
  },
)

t.test('who is on hold may be quiet', async (t) => {
  const bench = callBench()
  const { agent, agentPort, callId } = await bench.bridged()
  agent.reofferFromFarEnd(phoneReoffer(phoneMedia(5000), 'inactive'))
  agentPort.events.onQuiet(5000)
  await settle()
  bench.clock.step(25_000)
  await settle()
  bench.clock.step(120_000)
  await settle()
  t.equal(bench.calls.get(callId)?.state, 'bridged')
})

t.test('the media process dies: both are told why', async (t) => {
  const bench = callBench()
  const { caller, agent } = await bench.bridged()
  bench.media.lose()
  await settle()
  t.match(caller.endedWith, { protocol: 'Q.850', cause: 41 })
  t.match(agent.endedWith, { protocol: 'Q.850', cause: 41 })
  t.match(bench.calls.ended(), [{ ending: 'media-lost' }])
  nothingLeft(t, bench)
})

t.test('a media process that cannot join ends the call rather than leave it silent', async (t) => {
  const bench = callBench()
  bench.media.fail('assign', 'media.unknown-port')
  await bench.bridged().catch(() => undefined)
  await settle()
  t.match(bench.calls.ended(), [{ ending: 'media-lost' }])
})

t.test('we hang up', async (t) => {
  const bench = callBench()
  const { caller, agent, callId } = await bench.bridged()
  bench.calls.hangUp(callId)
  await settle()
  t.ok(caller.endedWith)
  t.ok(agent.endedWith)
  t.match(bench.calls.ended(), [{ ending: 'hung-up-by-us' }])
  t.throws(() => bench.calls.hangUp(callId), { code: 'call.not-found' })
  nothingLeft(t, bench)
})

t.test('while the server drains new calls get 503, and those that stand go on', async (t) => {
  const bench = callBench()
  const { caller } = await bench.bridged()
  let drained = false
  void bench.calls.drain().then(() => {
    drained = true
  })
  const late = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  t.equal(late.rejected?.status, 503)
  t.notOk(drained)
  caller.bye()
  await settle()
  t.ok(drained)
})

t.test('a listener that fails does not disturb the call', async (t) => {
  const bench = callBench()
  bench.calls.subscribe(() => {
    throw new TypeError('a defect of a listener')
  })
  const unsubscribe = bench.calls.subscribe(() => t.fail('it was unsubscribed'))
  unsubscribe()
  await bench.bridged()
  t.equal(bench.calls.list()[0]?.state, 'bridged')
  t.ok(bench.faults.length > 0)
})

t.test('media that refuses a change of sound during a session ends the call, and the vault wipes', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  bench.media.onAssign = () => {
    throw new TypeError('a defect')
  }
  call.agent.reofferFromFarEnd(phoneReoffer(phoneMedia(5000), 'inactive'))
  await settle()
  t.same(bench.vault.last.stops, [{ reason: 'cancelled', giveBack: false }])
  bench.vault.last.wiped({ result: 'failed', reason: 'cancelled' })
  bench.vault.last.returned(false)
  await settle()
  nothingLeft(t, bench)
})
