import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import type { SipOptions, TargetTerms, TrunkEvent } from '../../src/sip/index.ts'
import { headerOf } from '../../src/sip/message.ts'
import { afterPing } from '../../src/sip/target-health.ts'
import { endpoint, notes } from './endpoints.ts'
import { type MemoryNet, memoryNet } from './memory-wire.ts'
import { scriptedPeer } from './scripted-peer.ts'

const FROM = { displayName: '', uri: 'sip:c@10.0.0.1', user: 'c' }
const places = (pingMs: number, ...rows: readonly (readonly [address: string, priority: number, weight?: number])[]) =>
  rows.map(
    ([address, priority, weight = 1]): TargetTerms => ({
      trunk: 'carrier',
      uri: `sip:${address}`,
      priority,
      weight,
      pingMs,
      failuresUntilDown: 3,
    }),
  )
const targetOf = (terms: readonly TargetTerms[]) => {
  const choices = terms.map(({ uri, priority, weight }) => ({
    uri: uri.replace('sip:', 'sip:42@'),
    key: uri,
    priority,
    weight,
  }))
  return { uri: choices[0]?.uri ?? '', choices, credentials: { user: 'u', password: new Secret('p') } }
}

async function ours(net: MemoryNet, targets: readonly TargetTerms[], more: Partial<SipOptions> = {}) {
  const told: TrunkEvent[] = []
  const made = await endpoint(net, '10.0.0.1', () => {}, {
    targets,
    failOver: { patienceMs: 4000, setAsideMs: 60_000 },
    onTrunk: (event) => told.push(event),
    ...more,
  })
  const dial = (events = notes()) => {
    const session = made.sip.invite({ target: targetOf(targets), from: FROM, body: 'offer', events })
    return { session, events }
  }
  return { ...made, told, dial }
}

t.test('a place is down after some pings without an answer, and up with the first', async (t) => {
  const unknown = { at: 'unknown', failures: 0 } as const
  t.strictSame(afterPing(unknown, false, 3), { at: 'unknown', failures: 1 })
  t.strictSame(afterPing({ at: 'up', failures: 1 }, false, 3), { at: 'up', failures: 2 })
  t.strictSame(afterPing({ at: 'up', failures: 2 }, false, 3), { at: 'down', failures: 3 })
  t.strictSame(afterPing({ at: 'down', failures: 9 }, true, 3), { at: 'up', failures: 0 })
  t.strictSame(afterPing(unknown, false, 1), { at: 'down', failures: 1 })
})

t.test('the first of two is dead: the call goes to the second, and the next call at once', async (t) => {
  const net = memoryNet()
  const terms = places(0, ['10.0.0.2', 0], ['10.0.0.3', 1])
  const us = await ours(net, terms)
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  const first = us.dial()
  await net.run(3900)
  t.equal(peer.count('INVITE'), 0)
  await net.run(300)
  t.equal(peer.last('INVITE').uri, 'sip:42@10.0.0.3', 'with a Request-URI of its own')
  t.match(us.sip.targets(), [
    { uri: 'sip:10.0.0.2', state: 'not-pinged', setAsideSeconds: 60 },
    { uri: 'sip:10.0.0.3', setAsideSeconds: 0 },
  ])
  peer.respond(peer.last('INVITE'), 486, 'b')
  await net.run(100)
  t.strictSame(first.events.told, ['refused 486'])
  t.equal(first.session.peer.address, '10.0.0.3')
  us.dial()
  await net.run(100)
  t.equal(peer.count('INVITE'), 2, 'nobody waits for the dead one again')
  await net.run(60_000, 500)
  us.dial()
  await net.run(100)
  t.ok(net.log.at(-1)?.to === '10.0.0.2', 'until it has been set aside for long enough')
  t.strictSame(us.defects, [])
})

t.test('503 leads on; who rang or refused has decided, and so has who hung up', async (t) => {
  const net = memoryNet()
  const terms = places(0, ['10.0.0.2', 0], ['10.0.0.3', 1])
  const us = await ours(net, terms)
  const first = await scriptedPeer(net, '10.0.0.2', '10.0.0.1')
  const second = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  const say = (...statuses: readonly number[]) => {
    first.onRequest = (request) => {
      if (request.method === 'INVITE') for (const status of statuses) first.respond(request, status, 'f')
    }
  }
  for (const [says, statuses, told, onward] of [
    ['busy', [486], ['refused 486'], 0],
    ['not found', [404], ['refused 404'], 0],
    ['it rang, and then 503', [180, 503], ['progress 180', 'refused 503'], 0],
    ['503', [503], [], 1],
  ] as const) {
    const before = second.count('INVITE')
    say(...statuses)
    const call = us.dial()
    await net.run(500)
    t.strictSame(call.events.told, told, says)
    t.equal(second.count('INVITE') - before, onward, says)
  }
  second.respond(second.last('INVITE'), 503, 's')
  await net.run(100)
  const net2 = memoryNet(2)
  const them = await ours(net2, terms)
  const late = await scriptedPeer(net2, '10.0.0.3', '10.0.0.1')
  const call = them.dial()
  await net2.run(1000)
  call.session.end()
  await net2.run(40_000, 500)
  t.equal(late.count('INVITE'), 0)
  t.equal(call.events.told.at(-1), 'ended us')
  t.equal(them.sip.sessionCount, 0)
  t.strictSame([...us.defects, ...them.defects], [])
})

t.test(
  'one that was given up rings after all: it is cancelled, and forgotten though it says nothing to that',
  async (t) => {
    const net = memoryNet()
    const us = await ours(net, places(0, ['10.0.0.2', 0], ['10.0.0.3', 1]))
    const first = await scriptedPeer(net, '10.0.0.2', '10.0.0.1')
    const second = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
    second.onRequest = (request) => {
      if (request.method !== 'ACK') second.respond(request, 200, 's', [['Contact', '<sip:s@10.0.0.3>']], 'answer')
    }
    const { session, events } = us.dial()
    await net.run(4100)
    first.respond(first.last('INVITE'), 180, 'f')
    await net.run(100)
    t.equal(first.count('CANCEL'), 1)
    session.end()
    await net.run(70_000, 500)
    t.strictSame(events.told, ['answered answer', 'ended us'])
    t.match(us.sip.stats(), { clientTransactions: 0, sessions: 0, dialogs: 0 })
    t.strictSame(us.defects, [])
  },
)

t.test(
  'one address of a name was given up, and takes the call too, before or after its end: ACK each time, BYE once',
  async (t) => {
    const none = async () => []
    const resolve4 = async () => ['10.0.0.2', '10.0.0.3'].map((address) => ({ address, ttl: 60 }))
    const resolver = { resolve4, resolve6: none, resolveSrv: none, resolveNaptr: none }
    for (const isBefore of [true, false]) {
      const net = memoryNet()
      const us = await ours(net, [], { resolver })
      const peers = [await scriptedPeer(net, '10.0.0.2', '10.0.0.1'), await scriptedPeer(net, '10.0.0.3', '10.0.0.1')]
      for (const peer of peers)
        peer.onRequest = (request) => {
          if (request.method === 'BYE') peer.respond(request, 200, 'x')
        }
      const events = notes()
      const session = us.sip.invite({ target: { uri: 'sip:42@carrier.example' }, from: FROM, body: 'offer', events })
      await net.run(4500)
      const [late, chosen] = net.log[0]?.to === '10.0.0.2' ? peers : peers.toReversed()
      const take = async (peer: typeof late, tag: string) => {
        const address = peer === peers[0] ? '10.0.0.2' : '10.0.0.3'
        peer?.respond(peer.last('INVITE'), 200, tag, [['Contact', `<sip:${tag}@${address}>`]], 'answer')
        await net.run(100)
      }
      await take(chosen, 'chosen')
      t.strictSame(events.told, ['answered answer'])
      if (isBefore) await take(late, 'late')
      session.end()
      await net.run(100)
      for (let times = isBefore ? 2 : 1; times <= 4; times++) {
        await take(late, 'late')
        t.same([late?.count('ACK'), late?.count('BYE')], [times, 1])
      }
      await net.run(70_000, 500)
      t.match(us.sip.stats(), { clientTransactions: 0, sessions: 0, dialogs: 0 })
      t.strictSame(us.defects, [])
    }
  },
)

t.test('the last that is left gives its own refusal, and when all are down they are called all the same', async (t) => {
  const net = memoryNet()
  const terms = places(5000, ['10.0.0.2', 0], ['10.0.0.3', 0])
  const us = await ours(net, terms)
  await net.run(30_000, 250)
  t.strictSame(
    us.sip.targets().map(({ state }) => state),
    ['down', 'down'],
  )
  const call = us.dial()
  await net.run(60_000, 500)
  t.strictSame(call.events.told, ['refused 408'])
  const called = net.log.filter(({ text }) => text.startsWith('INVITE')).map(({ to }) => to)
  t.strictSame([...new Set(called)].toSorted(), ['10.0.0.2', '10.0.0.3'])
})

t.test('pings: a target that answers is up, one that says 503 or 408 is down and passed over', async (t) => {
  const net = memoryNet()
  const terms = places(5000, ['10.0.0.2', 0, 100], ['10.0.0.3', 0, 1])
  const us = await ours(net, terms)
  const [big, small] = [
    await scriptedPeer(net, '10.0.0.2', '10.0.0.1'),
    await scriptedPeer(net, '10.0.0.3', '10.0.0.1'),
  ]
  big.onRequest = (request) => big.respond(request, 404, 'b')
  small.onRequest = (request) => small.respond(request, 200, 's')
  const states = () => us.sip.targets().map(({ state }) => state)
  t.strictSame(states(), ['unknown', 'unknown'])
  await net.run(4000)
  t.strictSame(states(), ['up', 'up'])
  t.equal(big.last('OPTIONS').uri, 'sip:10.0.0.2')
  t.match(
    headerOf(big.last('OPTIONS'), 'session-id'),
    /^[0-9a-f]{32};remote=0{32}$/,
    'known from end to end (RFC 7989)',
  )
  t.not(headerOf(big.last('OPTIONS'), 'session-id'), headerOf(small.last('OPTIONS'), 'session-id'))
  t.strictSame(us.told, [], 'that it is there from the start is no news')
  big.onRequest = (request) => big.respond(request, 503, 'b')
  await net.run(20_000, 250)
  t.strictSame(states(), ['down', 'up'])
  t.match(us.told, [{ type: 'trunk.target-down', trunk: 'carrier', target: 'sip:10.0.0.2' }])
  for (let call = 0; call < 5; call += 1) us.dial()
  await net.run(200)
  t.equal(small.count('INVITE'), 5)
  t.equal(big.count('INVITE'), 0)
  big.onRequest = (request) => big.respond(request, 200, 'b')
  await net.run(6000, 250)
  t.strictSame(states(), ['up', 'up'])
  t.equal(us.told.at(-1)?.type, 'trunk.target-up')
  big.onRequest = (request) => big.respond(request, 408, 'b')
  await net.run(20_000, 250)
  t.strictSame(states(), ['down', 'up'])
  big.onRequest = () => {}
  await net.run(30_000, 250)
  t.strictSame(states(), ['down', 'up'], 'silence is no answer')
  const closed = us.sip.close()
  await net.run(3000)
  await closed
  t.strictSame(us.defects, [])
})

t.test('one that falls silent is down, too, where pings come faster than patience ends', async (t) => {
  const net = memoryNet()
  const us = await ours(net, places(2000, ['10.0.0.2', 0]))
  const peer = await scriptedPeer(net, '10.0.0.2', '10.0.0.1')
  peer.onRequest = (request) => peer.respond(request, 200, 'b')
  await net.run(5000, 100)
  t.match(us.sip.targets(), [{ state: 'up', failedPings: 0 }])
  peer.onRequest = () => {}
  await net.run(12_000, 100)
  t.match(us.sip.targets(), [{ state: 'down' }])
  t.match(us.told, [{ type: 'trunk.target-down' }])
  peer.onRequest = (request) => peer.respond(request, 200, 'b')
  await net.run(5000, 100)
  t.match(us.sip.targets(), [{ state: 'up', failedPings: 0 }])
  const closed = us.sip.close()
  await net.run(3000)
  await closed
  t.strictSame(us.defects, [])
})
