import t from 'tap'
import { plainAddress } from '../../src/base/source-address.ts'
import { localAddressFor, localPortFor } from '../../src/sip/local-address.ts'
import { createNames, type NaptrRecord, type Resolver } from '../../src/sip/names.ts'
import { createTrunkFinder } from '../../src/sip/origin.ts'
import { numericPeer, orderByWeight, resolvePeers, roadsByNaptr } from '../../src/sip/resolve.ts'
import { listenerFor } from '../../src/sip/transport.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { endpoint, notes } from './endpoints.ts'
import { memoryNet, seeded } from './memory-wire.ts'
import { scriptedPeer } from './scripted-peer.ts'

const none = (code = 'ENOTFOUND') => Promise.reject(Object.assign(new Error(code), { code }))
const a = (...addresses: string[]) => addresses.map((address) => ({ address, ttl: 60 }))
const srv = (name: string, port: number, priority = 1, weight = 1) => ({ name, port, priority, weight })
const naptr = (order: number, preference: number, service: string, replacement: string, flags = 's'): NaptrRecord => ({
  flags,
  service,
  replacement,
  order,
  preference,
})
const SERVICES: Readonly<Record<string, ReturnType<typeof srv>[]>> = {
  '_sip._udp.srv.example': [srv('b.example', 5070, 20), srv('a.example', 5080, 10)],
  '_sips._tcp.srv.example': [srv('b.example', 5063)],
  '_sip._tcp.streams.example': [srv('a.example', 5081)],
  '_sip._udp.none.example': [srv('.', 0)],
  'tcp.naptr.example': [srv('a.example', 5091)],
  'udp.naptr.example': [srv('a.example', 5090)],
  'tls.naptr.example': [srv('b.example', 5092)],
}
const ORDERS: Readonly<Record<string, NaptrRecord[]>> = {
  'naptr.example': [
    naptr(20, 10, 'SIP+D2U', 'udp.naptr.example'),
    naptr(10, 20, 'SIP+D2T', 'tcp.naptr.example', 'S'),
    naptr(10, 10, 'SIPS+D2T', 'tls.naptr.example'),
    naptr(5, 1, 'SIP+D2S', 'sctp.naptr.example'),
    naptr(5, 1, 'E2U+sip', '', 'u'),
  ],
}
const resolver: Resolver = {
  resolve4: async (name) =>
    name === 'a.example' ? a('10.0.0.98', '10.0.0.3') : name === 'b.example' ? a('10.0.0.9') : none(),
  resolve6: async (name) => (name === 'b.example' ? a('2001:db8::9') : none()),
  resolveSrv: async (name) => SERVICES[name] ?? none(),
  resolveNaptr: async (name) => ORDERS[name] ?? none('ENODATA'),
}
const terms = (transports: readonly string[] = ['udp', 'tcp', 'tls']) => ({
  names: createNames(resolver, steppedClock()),
  supports: (transport: string) => transports.includes(transport),
  chance: () => 0,
})

t.test('where a URI leads (RFC 3263)', async (t) => {
  const rows: readonly (readonly [uri: string, peers: readonly string[]])[] = [
    ['sip:x@192.0.2.1', ['udp 192.0.2.1 5060']],
    ['sip:x@[2001:db8::1]:5070;transport=TCP', ['tcp 2001:db8::1 5070']],
    ['sip:x@[2001:0DB8:0::1]', ['udp 2001:db8::1 5060']],
    ['sip:x@b.example:5090', ['udp 10.0.0.9 5090', 'udp 2001:db8::9 5090']],
    ['sip:x@srv.example', ['udp 10.0.0.98 5080', 'udp 10.0.0.3 5080', 'udp 10.0.0.9 5070', 'udp 2001:db8::9 5070']],
    ['sip:x@localhost', ['udp 127.0.0.1 5060']],
    ['sip:x@nowhere.example', []],
    ['sip:x@192.0.2.1;transport=tls', ['tls 192.0.2.1 5061 192.0.2.1']],
    ['sips:x@192.0.2.1', ['tls 192.0.2.1 5061 192.0.2.1']],
    ['sips:x@b.example:5062;transport=tcp', ['tls 10.0.0.9 5062 b.example', 'tls 2001:db8::9 5062 b.example']],
    ['sips:x@srv.example', ['tls 10.0.0.9 5063 srv.example', 'tls 2001:db8::9 5063 srv.example']],
    ['sips:x@b.example;transport=udp', []],
    ['sip:x@streams.example', ['tcp 10.0.0.98 5081', 'tcp 10.0.0.3 5081']],
    ['sip:x@none.example', []],
    [
      'sip:x@naptr.example',
      [
        'tls 10.0.0.9 5092 naptr.example',
        'tls 2001:db8::9 5092 naptr.example',
        'tcp 10.0.0.98 5091',
        'tcp 10.0.0.3 5091',
        'udp 10.0.0.98 5090',
        'udp 10.0.0.3 5090',
      ],
    ],
    ['sips:x@naptr.example', ['tls 10.0.0.9 5092 naptr.example', 'tls 2001:db8::9 5092 naptr.example']],
    ['tel:+1', []],
  ]
  for (const [uri, peers] of rows) {
    t.strictSame(
      (await resolvePeers(uri, terms())).map(({ transport, address, port, domain }) =>
        [transport, address, port, domain].filter((part) => part !== undefined).join(' '),
      ),
      peers,
      uri,
    )
  }
  t.equal(numericPeer('sip:x@b.example'), undefined)
  const [first] = await resolvePeers('sip:x@naptr.example', terms(['udp']))
  t.match(first, { transport: 'udp', port: 5090 }, 'what there is no listener for is passed over')
  t.strictSame(roadsByNaptr([naptr(1, 1, 'SIP+D2T', 'x')], true), [], 'sips goes over TLS alone')
})

t.test('the order of RFC 2782: by priority, drawn by weight among equals', async (t) => {
  const chance = seeded(7)
  const records = [srv('backup', 1, 20, 100), srv('idle', 1, 10, 0), srv('light', 1, 10, 10), srv('heavy', 1, 10, 30)]
  const firsts: Record<string, number> = {}
  for (let run = 0; run < 4000; run += 1) {
    const names = orderByWeight(records, chance).map(({ name }) => name)
    firsts[names[0] ?? ''] = (firsts[names[0] ?? ''] ?? 0) + 1
    if (names.slice(2).join() !== 'idle,backup') t.fail(names.join())
  }
  t.strictSame(Object.keys(firsts).toSorted(), ['heavy', 'light'])
  const share = (firsts['heavy'] ?? 0) / 4000
  t.ok(share > 0.71 && share < 0.79, `${share} of three quarters`)
})

t.test('what DNS says is remembered for its time, and beyond it when nobody answers', async (t) => {
  const clock = steppedClock()
  let answer: () => Promise<{ address: string; ttl: number }[]> = async () => a('192.0.2.1')
  const asked: string[] = []
  const names = createNames(
    {
      ...resolver,
      resolve4: (name) => {
        asked.push(name)
        return answer()
      },
      resolve6: () => none('ENODATA'),
    },
    clock,
  )
  t.strictSame(await Promise.all([names.addresses('x'), names.addresses('x')]), [['192.0.2.1'], ['192.0.2.1']])
  t.equal(asked.length, 1, 'asked once for two at once')
  clock.step(59_000)
  await names.addresses('x')
  t.equal(asked.length, 1)
  answer = () => none('ETIMEOUT')
  clock.step(2000)
  t.strictSame(await names.addresses('x'), ['192.0.2.1'], 'the last answer, while no server answers')
  t.strictSame(await names.addresses('x'), ['192.0.2.1'])
  t.equal(asked.length, 2, 'and not asked anew for each call')
  answer = async () => a('192.0.2.2')
  clock.step(6000)
  t.strictSame(await names.addresses('x'), ['192.0.2.2'])
  answer = () => none('ETIMEOUT')
  clock.step(3_700_000)
  t.strictSame(await names.addresses('x'), [], 'not for ever')
  answer = () => none()
  clock.step(6000)
  t.strictSame(await names.addresses('x'), [])
  const before = asked.length
  clock.step(9000)
  await names.addresses('x')
  t.equal(asked.length, before, 'that there is nothing is remembered too')
  answer = async () => [{ address: '192.0.2.3', ttl: 0 }]
  clock.step(2000)
  await names.addresses('x')
  await names.addresses('x')
  t.equal(asked.length, before + 2, 'a TTL of 0 is not kept')
})

t.test(
  'a dead address is passed over for the next; a call that is ended before DNS answers is never sent',
  async (t) => {
    const net = memoryNet()
    const ours = await endpoint(net, '10.0.0.1', () => {}, { resolver })
    const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
    const [up, down] = [notes(), notes()]
    const target = { uri: 'sip:42@a.example:5060' }
    const from = { displayName: '', uri: 'sip:c@10.0.0.1', user: 'c' }
    const session = ours.sip.invite({ target, from, body: 'offer', events: up })
    t.equal(session.localAddress, '10.0.0.1')
    ours.sip.invite({ target, from, events: down }).end()
    await net.run(32_300, 100)
    t.strictSame(down.told, ['refused 487', 'ended us'])
    t.equal(peer.count('INVITE'), 1, 'after 32 s of silence from the first')
    peer.respond(peer.last('INVITE'), 486, 'x')
    await net.run(70_000, 500)
    t.strictSame(up.told, ['refused 486'])
    t.equal(session.peer.address, '10.0.0.3')
    t.match(ours.sip.stats(), { clientTransactions: 0, sessions: 0 })
    t.strictSame(ours.defects, [])
  },
)

t.test('which address of ours a peer reaches', async (t) => {
  const flow = (address: string, listener = 0) =>
    ({ transport: 'udp', address, port: 5060, listener, connection: 0 }) as const
  const own = (address: string, announcedAddress?: string) => ({
    listeners: [{ transport: 'udp', address, port: 5060 }] as const,
    announcedAddress,
    hostAddresses: ['127.0.0.1', '192.168.1.5', '10.1.2.3', '2001:db8::5', 'fe80::1'],
  })
  const rows = [
    [own('192.0.2.7'), '198.51.100.1', '192.0.2.7'],
    [own('0.0.0.0'), '10.1.9.9', '10.1.2.3'],
    [own('0.0.0.0'), '192.168.1.77', '192.168.1.5'],
    [own('0.0.0.0'), '127.0.0.1', '127.0.0.1'],
    [own('::'), '2001:db8::77', '2001:db8::5'],
    [own('0.0.0.0', '203.0.113.1'), '198.51.100.1', '203.0.113.1'],
    [own('0.0.0.0', '203.0.113.1'), '127.0.0.1', '127.0.0.1'],
    [own('::', '203.0.113.1'), '2001:db8::77', '2001:db8::5'],
  ] as const
  for (const [setting, peer, address] of rows)
    t.equal(localAddressFor(setting, flow(peer)), address, `${setting.listeners[0].address} to ${peer}`)
  const forwarded = { ...own('192.0.2.7').listeners[0], announcedAddress: '203.0.113.9', announcedPort: 6060 }
  const setting = { ...own('192.0.2.7', '203.0.113.1'), listeners: [forwarded] }
  t.equal(localAddressFor(setting, flow('198.51.100.1')), '203.0.113.9', "the listener's own goes first")
  t.equal(localPortFor(forwarded, flow('198.51.100.1')), 6060)
  t.equal(localPortFor(forwarded, flow('127.0.0.1')), undefined, 'nobody on this host goes by the router')
})

t.test('trunks by address, with or without port', async (t) => {
  const find = createTrunkFinder([
    { name: 'any', addresses: ['192.0.2.1', '2001:db8::1', '2001:0DB8:0:0:0:0:0:10', '::FFFF:192.0.2.9'] },
    { name: 'one', addresses: ['192.0.2.1:5070', '[2001:db8::2]:5060'] },
  ])
  const from = (address: string, port: number) => find({ transport: 'udp', address: plainAddress(address), port })?.name
  t.equal(from('192.0.2.1', 5060), 'any')
  t.equal(from('192.0.2.1', 5070), 'one')
  t.equal(from('::ffff:192.0.2.1', 9), 'any')
  t.equal(from('2001:db8::1', 9), 'any')
  t.equal(from('2001:db8::10', 9), 'any', 'however it was written')
  t.equal(from('192.0.2.9', 9), 'any')
  t.equal(from('2001:db8::2', 5060), 'one')
  t.equal(from('2001:db8::2', 9), undefined)
})

t.test('the listener that reaches a peer', async (t) => {
  const listening = [
    { transport: 'udp', address: '127.0.0.1', port: 1 },
    { transport: 'udp', address: '0.0.0.0', port: 2 },
    { transport: 'tcp', address: '::', port: 3 },
  ] as const
  const to = (transport: 'udp' | 'tcp', address: string) => listenerFor(listening, { transport, address, port: 9 })
  t.strictSame(
    [to('udp', '127.0.0.1'), to('udp', '192.0.2.1'), to('udp', '2001:db8::1'), to('tcp', '192.0.2.1')],
    [0, 1, -1, 2],
  )
})
