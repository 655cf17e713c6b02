/** Phones that come by WebSocket: sip.js, in the place of the one in a browser, registers with a host of its own that leads nowhere. */

import t, { type Test } from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { openSipPhone, type SipPhone } from '../../src/demo/sip-phone.ts'
import type { IncomingSession } from '../../src/sip/index.ts'
import { makeAuthority } from '../peers/authority.ts'
import { connectWs, wsPhoneWire } from '../peers/ws-wire.ts'
import { notes } from './endpoints.ts'
import { type RealEndpoint, realEndpoint, until } from './real-endpoint.ts'
import { termsOf } from './tls-peers.ts'

const authority = makeAuthority()
t.teardown(() => authority.close())
const identity = authority.issue(['DNS:localhost'])
const alice = { password: new Secret('right') }
const phones = {
  realm: 'sotto',
  accountOf: (user: string) => (user === 'alice' ? alice : undefined),
  nonceKey: Buffer.alloc(32, 7),
}
const PAGE = 'https://desk.example.com'
const CALLER = { displayName: '', uri: 'sip:caller@127.0.0.1', user: 'caller' }

async function serverOver(
  t: Test,
  transport: 'ws' | 'wss',
  address: string,
  onIncoming: (session: IncomingSession) => void = () => {},
): Promise<RealEndpoint> {
  const server = await realEndpoint(onIncoming, {
    listeners: [{ transport, address, port: 0, origins: [PAGE] }],
    tls: termsOf([identity]),
    phones,
    // Nothing is asked of it: a host that ends in .invalid has no address (RFC 6761 section 6.4).
    resolver: {
      resolve4: async (name) => t.fail(`asked for ${name}`) as never,
      resolve6: async (name) => t.fail(`asked for ${name}`) as never,
      resolveSrv: async (name) => t.fail(`asked for ${name}`) as never,
      resolveNaptr: async (name) => t.fail(`asked for ${name}`) as never,
    },
  })
  t.teardown(() => server.sip.close())
  return server
}

async function phoneOf(t: Test, server: RealEndpoint, heard: string[]): Promise<SipPhone> {
  const { transport, address, port } = server.sip.listening[0] ?? { transport: 'ws', address: '', port: 0 }
  const host = address.includes(':') ? `[${address}]` : address
  const phone = await openSipPhone({
    user: 'alice',
    password: 'right',
    address,
    server: { address, port },
    openWire: wsPhoneWire(`${transport}://${host}:${port}`, { origin: PAGE }),
    onDatagram: ({ direction, bytes }) => heard.push(`${direction} ${Buffer.from(bytes).toString('latin1')}`),
    onInvite: (offer) => {
      heard.push(`invited ${offer}`)
      return { answer: 'phone answer', ringMs: 20 }
    },
    onReoffer: () => 'phone reanswer',
    onAnswered: (answer) => heard.push(`answered ${answer}`),
    onEnded: () => heard.push('ended'),
  })
  t.teardown(() => phone.close())
  return phone
}

for (const [transport, address] of [
  ['ws', '127.0.0.1'],
  ['wss', '127.0.0.1'],
  ['wss', '::1'],
] as const) {
  t.test(`registered over ${transport} at ${address}, called, held and hung up on`, async (t) => {
    const server = await serverOver(t, transport, address)
    const heard: string[] = []
    const phone = await phoneOf(t, server, heard)
    await phone.register()
    t.ok(await until(() => server.registrations.length === 1))
    const [target] = server.sip.contacts('alice')
    t.match(target, { uri: /^sip:alice@[0-9a-f]+\.invalid;transport=ws$/, peer: { transport, listener: 0 } })
    if (target === undefined) return
    const told = notes()
    const session = server.sip.invite({ target, from: CALLER, body: 'our offer', events: told })
    t.ok(await until(() => told.told.includes('answered phone answer')), 'over the connection that it opened')
    t.strictSame(await session.reoffer(() => 'hold offer'), { result: 'answered', body: 'phone reanswer' })
    session.end()
    t.ok(await until(() => heard.includes('ended')))
    const invite = heard.find((each) => each.startsWith('received INVITE')) ?? ''
    const own = address.includes(':') ? '\\[::1\\]' : '127\\.0\\.0\\.1'
    t.match(invite, new RegExp(`\\r\\nVia: SIP/2\\.0/${transport.toUpperCase()} ${own}:\\d+;`))
    t.match(invite, new RegExp(`\\r\\nContact: <sip:${own}:\\d+;transport=ws>\\r\\n`))
    t.match(session, { localAddress: address })
    t.ok(await until(() => server.sip.sessionCount === 0))
    t.strictSame(server.defects, [])
  })
}

t.test('it calls, proved by its password, and is called back in the dialog', async (t) => {
  const incoming: IncomingSession[] = []
  const told = notes()
  const server = await serverOver(t, 'wss', '127.0.0.1', (session) => {
    incoming.push(session)
    session.attach(told)
    session.accept('our answer')
  })
  const heard: string[] = []
  const phone = await phoneOf(t, server, heard)
  await phone.call('42', 'phone offer')
  t.ok(await until(() => told.told.length === 1))
  t.match(
    incoming[0],
    { origin: { kind: 'phone', account: 'alice' }, offer: 'phone offer' },
    'never as the trunk of its address',
  )
  t.strictSame(await incoming[0]?.reoffer(() => 'another'), { result: 'answered', body: 'phone reanswer' })
  incoming[0]?.end()
  t.ok(await until(() => heard.includes('ended')))
  t.strictSame(server.defects, [])
})

t.test('with its connection go its contacts, and a call to them fails at once', async (t) => {
  const server = await serverOver(t, 'ws', '127.0.0.1')
  const phone = await phoneOf(t, server, [])
  await phone.register()
  const [target] = server.sip.contacts('alice')
  await phone.close()
  t.ok(await until(() => server.registrations.includes('alice 0')))
  t.strictSame(server.sip.contacts('alice'), [])
  t.ok(target, 'it was registered')
  if (target === undefined) return
  const told = notes()
  server.sip.invite({ target, from: CALLER, body: 'offer', events: told })
  t.ok(await until(() => told.told.length === 1))
  t.strictSame(told.told, ['refused 503'])
  const elsewhere = notes()
  server.sip.invite({
    target: { uri: 'sip:a@127.0.0.1:9;transport=ws' },
    from: CALLER,
    body: 'offer',
    events: elsewhere,
  })
  t.ok(await until(() => elsewhere.told.length === 1))
  t.strictSame(elsewhere.told, ['refused 503'], 'nothing is opened over WebSocket from here')
  t.strictSame(server.defects, [])
})

t.test('a contact by sips is taken over wss alone, and answered with one', async (t) => {
  for (const [transport, status] of [
    ['ws', '416'],
    ['wss', '200'],
  ] as const) {
    const server = await serverOver(t, transport, '127.0.0.1')
    const socket = await connectWs(`${transport}://127.0.0.1:${server.port}`)
    let got = ''
    socket.on('message', (octets: Buffer) => (got += octets.toString('latin1')))
    socket.send(
      'OPTIONS sips:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WSS a.invalid;branch=z9hG4bKx\r\nFrom: <sips:a@b>;tag=1\r\nTo: <sips:c@d>\r\nCall-ID: i\r\nCSeq: 1 OPTIONS\r\n\r\n',
    )
    t.ok(await until(() => got.startsWith(`SIP/2.0 ${status} `)), transport)
    socket.terminate()
  }
})
