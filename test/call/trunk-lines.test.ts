import t from 'tap'
import { createTrunkLines } from '../../src/call/trunk-lines.ts'
import { askOutside } from '../peers/sip-outside.ts'
import { offerOf, sipScene } from '../peers/sip-scene.ts'
import { confirmed } from '../peers/sip-states.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

t.test('a trunk without limits takes all, and one that nobody knows too', async (t) => {
  const lines = createTrunkLines([{ name: 'a' }], steppedClock())
  for (let call = 0; call < 1000; call++) t.type(lines.take('a'), 'function')
  t.type(lines.take('b'), 'function')
  t.match(lines.view(), [{ trunk: 'a', calls: 1000, refused: { 'call.trunk-full': 0, 'call.trunk-too-fast': 0 } }])
})

t.test('a line that is given back twice is free once', async (t) => {
  const lines = createTrunkLines([{ name: 'a', maxCalls: 2 }], steppedClock())
  const [one, two] = [lines.take('a'), lines.take('a')]
  t.equal(lines.take('a'), 'call.trunk-full')
  for (const giveBack of [one, one]) if (typeof giveBack === 'function') giveBack()
  t.type(lines.take('a'), 'function')
  t.equal(lines.take('a'), 'call.trunk-full')
  t.type(two, 'function')
  t.match(lines.view(), [{ calls: 2, refused: { 'call.trunk-full': 2 } }])
})

t.test('new calls come at a rate, as many at once as in a second', async (t) => {
  const clock = steppedClock()
  const lines = createTrunkLines([{ name: 'a', maxCallsPerSecond: 2 }], clock)
  const taken = (tries: number) =>
    Array.from({ length: tries }, () => typeof lines.take('a') === 'function').filter(Boolean).length
  t.equal(taken(5), 2)
  clock.step(500)
  t.equal(taken(5), 1)
  clock.step(60_000)
  t.equal(taken(5), 2, 'what was not used is not saved up')
  t.match(lines.view(), [{ calls: 5, refused: { 'call.trunk-too-fast': 10 } }])
})

const CONFIG = (limit: string) => `
sip: { announcedAddress: 10.0.0.2 }
media: { address: 10.0.0.2, codecs: [PCMA, PCMU] }
phones: [{ account: alice, password: a-password-of-tests }]
trunks:
  - { name: carrier, addresses: [10.0.0.1], ${limit}, allowDestinations: ['+*'], outbound: { uri: 'sip:10.0.0.3' } }
routes:
  - { from: phones, number: '+*', to: { trunk: carrier } }
  - { number: '42', to: { uri: 'sip:10.0.0.3' } }
`
const INVITE = { method: 'INVITE', body: offerOf('caller') } as const

for (const [says, limit, status] of [
  ['as many calls as it may', 'maxCalls: 1', '486'],
  ['new calls faster than it may', 'maxCallsPerSecond: 1', '503 Retry-After'],
] as const) {
  t.test(`a trunk with ${says} gets ${status}, and so does a phone that calls out by it`, async (t) => {
    const scene = await sipScene(CONFIG(limit))
    await scene.invite()
    await confirmed(scene)
    scene.peers.agent.requests.length = 0
    t.equal(await askOutside(scene, 'trunk', INVITE), status)
    t.equal(await askOutside(scene, 'phone', { ...INVITE, uri: 'sip:+4930@10.0.0.2' }), status)
    t.match(scene.bench.calls.trunks(), [{ trunk: 'carrier', calls: 1 }])
    scene.ask('agent', 'BYE')
    await scene.net.run(40_000, 500)
    t.match(scene.bench.calls.trunks(), [{ calls: 0 }], 'the line is given back')
    await scene.invite({ branch: 'again' })
    t.equal(scene.peers.agent.count('INVITE'), 1, 'the next call goes through')
    t.same(await scene.close(), [])
    t.match(scene.bench.calls.trunks(), [{ calls: 0 }])
  })
}

t.test('limits change under the calls that stand, and a trunk that is gone keeps its calls to their end', async (t) => {
  const lines = createTrunkLines([{ name: 'a', maxCalls: 2 }], steppedClock())
  const [one, two] = [lines.take('a'), lines.take('a')]
  t.equal(lines.take('a'), 'call.trunk-full')
  lines.replace([
    { name: 'a', maxCalls: 3 },
    { name: 'b', maxCalls: 1 },
  ])
  const three = lines.take('a')
  t.type(three, 'function')
  t.equal(lines.take('a'), 'call.trunk-full')
  lines.replace([{ name: 'a', maxCalls: 1 }])
  t.match(
    lines.view(),
    [{ trunk: 'a', calls: 3, refused: { 'call.trunk-full': 2 } }],
    'nobody is thrown out; b had none',
  )
  lines.replace([])
  t.match(lines.view(), [{ trunk: 'a', calls: 3 }])
  const giveBack = (line: typeof one) => typeof line === 'function' && line()
  giveBack(one)
  lines.replace([{ name: 'a', maxCalls: 2 }])
  t.equal(lines.take('a'), 'call.trunk-full', 'one that comes back counts the calls that it still has')
  lines.replace([])
  giveBack(two)
  giveBack(three)
  t.strictSame(lines.view(), [])
})

t.test('a new pace begins with what was left of the old one', async (t) => {
  const clock = steppedClock()
  const lines = createTrunkLines([{ name: 'a', maxCallsPerSecond: 1 }], clock)
  t.type(lines.take('a'), 'function')
  lines.replace([{ name: 'a', maxCallsPerSecond: 100 }])
  t.equal(lines.take('a'), 'call.trunk-too-fast', 'a reload gives nobody a burst')
  clock.step(20)
  t.type(lines.take('a'), 'function')
})
