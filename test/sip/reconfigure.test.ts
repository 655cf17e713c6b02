import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import type { SipOptions, TrunkEvent } from '../../src/sip/index.ts'
import { headerOf, type SipRequest } from '../../src/sip/message.ts'
import { call, endpoint, notes } from './endpoints.ts'
import { type MemoryNet, memoryNet } from './memory-wire.ts'
import { type ScriptedPeer, scriptedPeer } from './scripted-peer.ts'

type Trunk = SipOptions['trunks'][number]

const terms = (password = 'right', registrar = 'sip:10.0.0.3') => ({
  registrar,
  proxies: [],
  user: 'account',
  credentials: { user: 'account', password: new Secret(password) },
  expiresSeconds: 600,
  retrySeconds: 10,
})
const carrier = (password?: string): Trunk => ({ name: 'carrier', addresses: [], registration: terms(password) })
const contactIn = (request: SipRequest) => headerOf(request, 'contact') ?? ''
const expiresIn = (request: SipRequest) => headerOf(request, 'expires')
const granting = (peer: ScriptedPeer) => (request: SipRequest) =>
  peer.respond(request, 200, 'r', [['Contact', contactIn(request)]])

async function ours(net: MemoryNet, trunks: readonly Trunk[], more: Partial<SipOptions> = {}) {
  const told: TrunkEvent[] = []
  const made = await endpoint(net, '10.0.0.1', (session) => session.attach(notes()), {
    trunks,
    onTrunk: (event) => told.push(event),
    ...more,
  })
  return { ...made, told: () => told.map(({ type }) => type.replace('trunk.', '')) }
}

t.test('registrations begin, end and are changed; the same stand untouched', async (t) => {
  const net = memoryNet()
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  peer.onRequest = granting(peer)
  const us = await ours(net, [])
  us.sip.reconfigure({ trunks: [carrier()] })
  await net.run(1000)
  t.strictSame(us.told(), ['registered'], 'added')
  us.sip.reconfigure({ trunks: [carrier()] })
  await net.run(1000)
  t.equal(peer.requests.length, 1, 'the same terms, with secrets made anew, say nothing')

  const [first] = peer.requests
  us.sip.reconfigure({ trunks: [carrier('changed')] })
  await net.run(1000)
  const [, ...since] = peer.requests
  t.strictSame(since.map(expiresIn).toSorted(), ['0', '600'], 'the old contact is taken away, another is registered')
  t.equal(since.filter((each) => headerOf(each, 'call-id') === headerOf(first as SipRequest, 'call-id')).length, 1)
  t.strictSame(us.told(), ['registered', 'registered'], 'that the old one went is no news of the trunk')
  t.match(us.sip.trunks(), [{ name: 'carrier', registration: { state: 'registered' } }])

  us.sip.reconfigure({ trunks: [] })
  await net.run(1000)
  t.equal(expiresIn(peer.last('REGISTER')), '0', 'removed')
  t.equal(us.told().at(-1), 'unregistered')
  t.strictSame(us.sip.trunks(), [])
  const before = peer.requests.length
  await net.run(700_000)
  t.equal(peer.requests.length, before, 'and never refreshed')
  await us.sip.close()
})

t.test('a call to a contact that was changed a moment ago is let in, one to a trunk that is gone is not', async (t) => {
  const net = memoryNet()
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  peer.onRequest = (request) => {
    if (request.method === 'REGISTER' && expiresIn(request) !== '0') granting(peer)(request)
  }
  const us = await ours(net, [carrier()])
  await net.run(1000)
  const uri = /<([^>]+)>/.exec(contactIn(peer.last('REGISTER')))?.[1] ?? ''
  let calls = 0
  const invite = async () => {
    calls += 1
    peer.send(`INVITE ${uri}`, [
      ['Via', `SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKc${calls}`],
      ['From', '<sip:1@10.0.0.3>;tag=c'],
      ['To', '<sip:account@10.0.0.1>'],
      ['Call-ID', `call-${calls}`],
      ['CSeq', '1 INVITE'],
      ['Contact', '<sip:1@10.0.0.3>'],
      ['Max-Forwards', '70'],
    ])
    await net.run(50)
  }
  us.sip.reconfigure({ trunks: [carrier('changed')] })
  await invite()
  t.match(us.incoming, [{ origin: { kind: 'trunk', trunk: 'carrier' } }], 'it was on its way')
  us.sip.reconfigure({ trunks: [] })
  await invite()
  t.equal(us.incoming.length, 1)
  t.equal(peer.responses.at(-1)?.status, 403)
  await us.sip.close()
})

t.test('addresses of trunks count at once, and calls that stand go on', async (t) => {
  const net = memoryNet()
  const us = await ours(net, [{ name: 'old', addresses: ['10.0.0.2'] }])
  const far = await endpoint(net, '10.0.0.2', (session) => session.attach(notes()))
  const events = notes()
  const session = call(far, events, 'offer', '10.0.0.1')
  await net.run(100)
  us.incoming[0]?.accept('answer')
  await net.run(100)
  t.match(events.told, ['answered answer'])
  us.sip.reconfigure({ trunks: [{ name: 'new', addresses: ['10.0.0.4'] }] })
  const refused = notes()
  call(far, refused, 'offer', '10.0.0.1')
  await net.run(100)
  t.match(refused.told, ['refused 403'], 'takes no new ones')
  t.equal(us.sip.sessionCount, 1)
  session.end()
  await net.run(100)
  t.equal(us.sip.sessionCount, 0, 'and the one that stood ended in order')
  for (const each of [us, far]) await each.sip.close()
})

t.test('pings begin, change their pace and end; what is known of a place stays', async (t) => {
  const net = memoryNet()
  const [one, two] = [await scriptedPeer(net, '10.0.0.3', '10.0.0.1'), await scriptedPeer(net, '10.0.0.4', '10.0.0.1')]
  for (const peer of [one, two]) peer.onRequest = (request) => peer.respond(request, 200, 'p')
  const place = (address: string, pingMs: number) => ({
    ...{ trunk: 'carrier', uri: `sip:${address}`, priority: 0, weight: 1, pingMs, failuresUntilDown: 3 },
  })
  const us = await ours(net, [], { targets: [place('10.0.0.3', 10_000)] })
  await net.run(25_000)
  t.match(us.sip.targets(), [{ state: 'up' }])
  const soFar = one.count('OPTIONS')
  t.ok(soFar >= 2)
  us.sip.reconfigure({ trunks: [], targets: [{ ...place('10.0.0.3', 10_000), weight: 5 }, place('10.0.0.4', 1000)] })
  t.match(us.sip.targets(), [{ state: 'up', weight: 5 }, { state: 'unknown' }])
  await net.run(10_000)
  t.ok(two.count('OPTIONS') >= 5)
  us.sip.reconfigure({ trunks: [], targets: [place('10.0.0.3', 0)] })
  await net.run(1000)
  const [ones, twos] = [one.count('OPTIONS'), two.count('OPTIONS')]
  await net.run(60_000)
  t.strictSame([one.count('OPTIONS'), two.count('OPTIONS')], [ones, twos], 'nobody is pinged any more')
  t.match(us.sip.targets(), [{ state: 'not-pinged' }])
  await us.sip.close()
})

t.test('a thousand changes leave no timers behind', async (t) => {
  const net = memoryNet()
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  peer.onRequest = granting(peer)
  const target = { trunk: 'carrier', uri: 'sip:10.0.0.3', priority: 0, weight: 1, failuresUntilDown: 3 }
  const us = await ours(net, [carrier()], { targets: [{ ...target, pingMs: 30_000 }] })
  await net.run(60_000)
  const before = net.clock.pending
  for (let round = 0; round < 1000; round++) {
    us.sip.reconfigure({
      trunks: [carrier(`password ${round}`)],
      targets: [{ ...target, pingMs: 30_000 + round }],
      failOver: { patienceMs: 4000, setAsideMs: 60_000 },
    })
    await net.run(10)
  }
  us.sip.reconfigure({ trunks: [carrier()], targets: [{ ...target, pingMs: 30_000 }] })
  await net.run(120_000)
  t.ok(net.clock.pending <= before + 2, `${net.clock.pending} timers, ${before} before`)
  const { clientTransactions, serverTransactions, dialogs, sessions } = us.sip.stats()
  t.match([serverTransactions, dialogs, sessions], [0, 0, 0])
  t.ok((clientTransactions ?? 99) <= 2)
  void us.sip.close()
  await net.run(5000)
})
