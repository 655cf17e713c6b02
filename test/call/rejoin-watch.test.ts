import t from 'tap'
import type { Side } from '../../src/call/pair.ts'
import { type RejoinWatch, type RejoinWatchOptions, watchRejoin } from '../../src/call/rejoin-watch.ts'
import type { PortStats } from '../../src/media/contract.ts'
import { type BridgedCall, callBench, settle } from '../peers/call-bench.ts'
import { phoneAnswer, phoneMedia } from '../peers/phone-media.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

type Numbers = { received: number; relayedMs: number | undefined }

function bench(options: Partial<Pick<RejoinWatchOptions, 'talked' | 'guarded'>> = {}) {
  const clock = steppedClock()
  const numbers: Record<Side, Numbers> = {
    caller: { received: 100, relayedMs: undefined },
    agent: { received: 100, relayedMs: undefined },
  }
  const heard = { caller: true, agent: true }
  const deeds: string[] = []
  /** What a repair brings about. */
  const effects: Record<string, () => void> = {}
  const deed = (what: string) => {
    deeds.push(what)
    effects[what]?.()
  }
  const start = (): RejoinWatch =>
    watchRejoin({
      clock,
      talked: { caller: true, agent: true },
      guarded: false,
      onOneWay: (side, repair) => deeds.push(`one-way ${side} ${repair}`),
      ...options,
      world: {
        stats: async (side) =>
          ({ packetsReceived: numbers[side].received, firstRelayedMs: numbers[side].relayedMs }) as PortStats,
        heard: (side) => heard[side],
        reassign: async () => deed('reassign'),
        reinvite: async (side) => {
          deed(`re-invite ${side}`)
          return true
        },
      },
    })
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      await settle()
      clock.step(50)
    }
    await settle()
  }
  return { clock, numbers, heard, deeds, effects, start, pass }
}

t.test('both hear each other: the times are told, and nothing is done', async (t) => {
  const { clock, numbers, deeds, start, pass } = bench()
  const watch = start()
  await pass(100)
  numbers.caller = { received: 105, relayedMs: 21 }
  numbers.agent = { received: 105, relayedMs: 320 }
  await pass(50)
  t.same(await watch.done, { toCallerMs: 21, toAgentMs: 320, repairs: [] })
  t.same([deeds, clock.pending], [[], 0])
})

t.test('packets of the caller come and are not sent on: the flows are made anew', async (t) => {
  const { numbers, deeds, effects, start, pass } = bench()
  effects['reassign'] = () => {
    numbers.agent.relayedMs = 5
  }
  const watch = start()
  await settle()
  numbers.caller = { received: 120, relayedMs: 21 }
  numbers.agent.received = 120
  await pass(950)
  t.same(deeds, [], 'not before a second has passed')
  await pass(50)
  t.same(deeds, ['one-way caller reassigned', 'reassign'])
  numbers.caller.received = 130
  await pass(50)
  t.same(await watch.done, {
    toCallerMs: 21,
    toAgentMs: 5,
    repairs: [{ side: 'caller', repair: 'reassigned', mended: true }],
  })
})

t.test('what that does not mend is re-invited', async (t) => {
  const { numbers, deeds, start, pass } = bench()
  const watch = start()
  await settle()
  numbers.caller = { received: 120, relayedMs: 21 }
  numbers.agent.received = 120
  await pass(4500)
  t.same(deeds, ['one-way caller reassigned', 'reassign', 'one-way caller re-invited', 're-invite caller'])
  t.match((await watch.done).repairs, [{ mended: false }, { side: 'caller', repair: 're-invited', mended: false }])
})

t.test('nothing comes from the agent: a re-INVITE at once, and sound mends it', async (t) => {
  const { numbers, deeds, effects, start, pass } = bench()
  effects['re-invite agent'] = () => {
    numbers.caller.relayedMs = 7
  }
  const watch = start()
  await settle()
  numbers.caller.received = 150
  numbers.agent.relayedMs = 30
  await pass(1000)
  t.same(deeds, ['one-way agent re-invited', 're-invite agent'])
  numbers.agent.received = 150
  await pass(100)
  t.same((await watch.done).repairs, [{ side: 'agent', repair: 're-invited', mended: true }])
})

for (const [says, options, change] of [
  ['a phone that was silent all along', { talked: { caller: false, agent: false } }, undefined],
  ['legs of which one holds', {}, { caller: false, agent: false }],
] as const) {
  t.test(`${says} is let be`, async (t) => {
    const { clock, heard, deeds, start, pass } = bench(options)
    Object.assign(heard, change)
    const watch = start()
    await pass(3000)
    t.same((await watch.done).repairs, [])
    t.same([deeds, clock.pending], [[], 0])
  })
}

t.test('a caller who came back through a fresh port may be muted: his packets are enough', async (t) => {
  const { numbers, deeds, start, pass } = bench({ guarded: true })
  const watch = start()
  await settle()
  numbers.caller.received = numbers.agent.received = 150
  await pass(100)
  await watch.done
  t.same(deeds, [])
})

t.test('a watch that is stopped does nothing more', async (t) => {
  const { clock, deeds, start, pass } = bench()
  const watch = start()
  await pass(200)
  watch.stop()
  watch.stop()
  await pass(3000)
  t.same((await watch.done).repairs, [])
  t.same([deeds, clock.pending], [[], 0])
})

/** A session of ten seconds that came back. @param packets what each had sent in it; the caller sent all the time when absent. */
async function rejoined(options: { readonly agrees: boolean; readonly packets?: Record<Side, number> }) {
  const stage = callBench()
  const call: BridgedCall = await stage.secure()
  if (options.agrees)
    call.caller.reofferAnswer = (body) => ({
      result: 'answered',
      body: phoneAnswer(body, { ...phoneMedia(4000), version: 2 }),
    })
  const { caller, agent } = options.packets ?? { caller: 500, agent: 0 }
  stage.clock.step(10_000)
  call.agentPort.packetsReceived += agent
  stage.vault.last.counts = { received: caller, sent: 500, presses: { event: 0, tone: 0, info: 0 } }
  stage.vault.last.wiped({ result: 'declined', details: '' })
  stage.vault.last.returned()
  await settle()
  return { stage, call }
}

t.test('in a call: no packet of the caller after the rejoin, so he is re-invited to a fresh port', async (t) => {
  const { stage, call } = await rejoined({ agrees: true })
  const before = call.callerPort.rtpPort
  for (let passed = 0; passed < 1000; passed += 50) {
    stage.clock.step(50)
    await settle()
  }
  t.match(stage.events.at(-1), { type: 'secure.one-way', side: 'caller', repair: 're-invited' })
  t.equal(call.caller.reoffers.length, 1)
  t.not(call.callerPort.rtpPort, before)
  call.callerPort.packetsReceived += 10
  call.agentPort.firstRelayedMs = 12
  stage.clock.step(50)
  await settle()
  t.match(stage.trail.closing.facts?.rejoin, { repairs: [{ side: 'caller', repair: 're-invited', mended: true }] })
  t.match(stage.calls.secureSessions(call.callId), [{ repairs: 1, toAgentMs: 12 }])
  t.same(stage.breaches, [])
})

for (const [says, packets, repaired] of [
  ['who said a word and who only keyed: phones that suppress silence', { caller: 130, agent: 50 }, []],
  ['who sent packets of 60 ms', { caller: 166, agent: 0 }, ['caller']],
  ['an agent who sent all the time', { caller: 0, agent: 500 }, ['agent']],
] as const) {
  t.test(`in a call: ${says}; repaired: ${repaired.join() || 'nobody'}`, async (t) => {
    const { stage, call } = await rejoined({ agrees: true, packets })
    for (let passed = 0; passed < 5000; passed += 50) {
      stage.clock.step(50)
      await settle()
    }
    const oneWay = stage.events.filter(({ type }) => type === 'secure.one-way')
    t.match(
      oneWay,
      repaired.map((side) => ({ side, repair: 're-invited' })),
    )
    t.equal(oneWay.length, repaired.length)
    t.equal(call.caller.reoffers.length + call.agent.reoffers.length, repaired.length)
    t.equal(stage.trail.closing.facts?.rejoin?.repairs.length, repaired.length)
  })
}

t.test('in a call: a new session stops the watch, and no repair joins what is parted', async (t) => {
  const { stage, call } = await rejoined({ agrees: true })
  stage.clock.step(500)
  await settle()
  await stage.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  stage.vault.last.began()
  for (let passed = 0; passed < 3000; passed += 50) {
    stage.clock.step(50)
    await settle()
  }
  t.equal(call.caller.reoffers.length, 0)
  t.same(stage.media.hears.get(call.agentPort.portId), { kind: 'hold-music' })
  t.same(stage.breaches, [])
})
