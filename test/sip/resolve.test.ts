import t from 'tap'
import { createFlood } from '../../src/sip/flood.ts'
import { localAddressFor, localPortFor } from '../../src/sip/local-address.ts'
import { createTrunkFinder } from '../../src/sip/origin.ts'
import { numericPeer, type Resolver, resolvePeers } from '../../src/sip/resolve.ts'
import { listenerFor, plainAddress } from '../../src/sip/transport.ts'
import { endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { scriptedPeer } from './scripted-peer.ts'

const none = () => Promise.reject(new Error('ENOTFOUND'))
const resolver: Resolver = {
  resolve4: async (name) =>
    name === 'a.example' ? ['10.0.0.98', '10.0.0.3'] : name === 'b.example' ? ['10.0.0.9'] : none(),
  resolve6: async (name) => (name === 'b.example' ? ['2001:db8::9'] : none()),
  resolveSrv: async (name) =>
    name === '_sip._udp.srv.example'
      ? [
          { name: 'b.example', port: 5070, priority: 20, weight: 1 },
          { name: 'a.example', port: 5080, priority: 10, weight: 1 },
        ]
      : name === '_sips._tcp.srv.example'
        ? [{ name: 'b.example', port: 5063, priority: 1, weight: 1 }]
        : none(),
}

t.test('where a URI leads (RFC 3263)', async (t) => {
  const rows: readonly (readonly [uri: string, peers: readonly string[]])[] = [
    ['sip:x@192.0.2.1', ['udp 192.0.2.1 5060']],
    ['sip:x@[2001:db8::1]:5070;transport=TCP', ['tcp 2001:db8::1 5070']],
    ['sip:x@b.example:5090', ['udp 10.0.0.9 5090', 'udp 2001:db8::9 5090']],
    ['sip:x@srv.example', ['udp 10.0.0.98 5080', 'udp 10.0.0.3 5080', 'udp 10.0.0.9 5070', 'udp 2001:db8::9 5070']],
    ['sip:x@localhost', ['udp 127.0.0.1 5060']],
    ['sip:x@nowhere.example', []],
    ['sip:x@192.0.2.1;transport=tls', ['tls 192.0.2.1 5061 192.0.2.1']],
    ['sips:x@192.0.2.1', ['tls 192.0.2.1 5061 192.0.2.1']],
    ['sips:x@b.example:5062;transport=tcp', ['tls 10.0.0.9 5062 b.example', 'tls 2001:db8::9 5062 b.example']],
    ['sips:x@srv.example', ['tls 10.0.0.9 5063 srv.example', 'tls 2001:db8::9 5063 srv.example']],
    ['sips:x@b.example;transport=udp', []],
    ['tel:+1', []],
  ]
  for (const [uri, peers] of rows) {
    t.strictSame(
      (await resolvePeers(uri, resolver)).map(({ transport, address, port, domain }) =>
        [transport, address, port, domain].filter((part) => part !== undefined).join(' '),
      ),
      peers,
      uri,
    )
  }
  t.equal(numericPeer('sip:x@b.example'), undefined)
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
    { name: 'any', addresses: ['192.0.2.1', '2001:db8::1'] },
    { name: 'one', addresses: ['192.0.2.1:5070', '[2001:db8::2]:5060'] },
  ])
  const from = (address: string, port: number) => find({ transport: 'udp', address: plainAddress(address), port })?.name
  t.equal(from('192.0.2.1', 5060), 'any')
  t.equal(from('192.0.2.1', 5070), 'one')
  t.equal(from('::ffff:192.0.2.1', 9), 'any')
  t.equal(from('2001:db8::1', 9), 'any')
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

t.test('answers to one address come back with time', async (t) => {
  const may = createFlood({ perAddress: 10, burst: 3, total: 1000 })
  t.strictSame(
    [0, 0, 0, 0].map((ms) => may('a', 1000 + ms)),
    [true, true, true, false],
  )
  t.ok(may('b', 1000), 'another address has its own')
  t.ok(may('a', 1100))
  t.notOk(may('a', 1150))
})
