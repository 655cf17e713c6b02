/** What needs no answer, over real TCP and WebSocket: a connection that brings too much of it is ended and counted, and one that brings some is not. */

import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { STRAYS_BURST } from '../../src/sip/connections.ts'
import type { Trunk } from '../../src/sip/index.ts'
import { headerOf } from '../../src/sip/message.ts'
import { askAs, tcpPeer, udpPeer, type WirePeer } from '../peers/wire-peer.ts'
import { connectWs } from '../peers/ws-wire.ts'
import { notes } from './endpoints.ts'
import { realEndpoint, until } from './real-endpoint.ts'

const HEAD = 'From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: i\r\n'
const VIA = 'Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKx\r\n'
const END = 'Content-Length: 0\r\n\r\n'
const OPTIONS = `OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n${VIA}${HEAD.replace(';tag=2', '')}CSeq: 1 OPTIONS\r\n${END}`

/** Each is read, and brings nothing. */
const STRAYS = {
  'a response to nothing': ['dropped-stray-response', `SIP/2.0 200 OK\r\n${VIA}${HEAD}CSeq: 1 OPTIONS\r\n${END}`],
  'an ACK to nothing': ['dropped-stray-ack', `ACK sip:a@127.0.0.1 SIP/2.0\r\n${VIA}${HEAD}CSeq: 1 ACK\r\n${END}`],
  'an ACK that is malformed': ['refused-bad-cseq', `ACK sip:a@127.0.0.1 SIP/2.0\r\n${VIA}${HEAD}CSeq: 1 BYE\r\n${END}`],
  'a request without a Via': ['dropped-via', `BYE sip:a@127.0.0.1 SIP/2.0\r\n${HEAD}CSeq: 1 BYE\r\n${END}`],
  'a ping': [undefined, '\r\n\r\n'],
} as const

type Line = { send(text: string): void; readonly isClosed: () => boolean; readonly got: () => string; end(): void }

const LINES: Readonly<Record<'tcp' | 'ws', (port: number) => Promise<Line>>> = {
  tcp: async (port) => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    let got = ''
    let isClosed = false
    socket.on('error', () => {}).on('data', (chunk) => (got += chunk))
    socket.on('close', () => (isClosed = true))
    return {
      send: (text) => void socket.write(text),
      isClosed: () => isClosed,
      got: () => got,
      end: () => socket.destroy(),
    }
  },
  ws: async (port) => {
    const socket = await connectWs(`ws://127.0.0.1:${port}`)
    let got = ''
    socket.on('message', (octets: Buffer) => (got += octets.toString('latin1')))
    return {
      send: (text) => socket.send(text),
      isClosed: () => socket.readyState === socket.CLOSED,
      got: () => got,
      end: () => socket.terminate(),
    }
  },
}

async function stage(t: Test, transport: 'tcp' | 'ws', trunks: readonly Trunk[] = []) {
  const server = await realEndpoint(() => {}, {
    listeners: [{ transport, address: '127.0.0.1', port: 0 }],
    trunks: [...trunks],
  })
  const line = await LINES[transport](server.port)
  t.teardown(async () => {
    line.end()
    await server.sip.close()
  })
  return { server, line }
}

for (const transport of ['tcp', 'ws'] as const) {
  for (const [what, [counter, text]] of Object.entries(STRAYS)) {
    // Of several pings in one read a stream's framer makes one.
    if (counter === undefined && transport === 'tcp') continue
    t.test(`${what}, over ${transport}`, async (t) => {
      const { server, line } = await stage(t, transport)
      for (let turn = 0; turn < 100; turn++) line.send(text)
      line.send(OPTIONS)
      t.ok(await until(() => line.got().includes('SIP/2.0 200')), 'some of them do no harm')
      t.notOk(line.isClosed())
      for (let turn = 0; turn < STRAYS_BURST * 3 && !line.isClosed(); turn++) line.send(text)
      t.ok(await until(line.isClosed), 'a flood of them ends the connection')
      t.equal(server.sip.stats()['connections-of-strays'], 1)
      if (counter !== undefined) t.ok((server.sip.stats()[counter] ?? 0) > STRAYS_BURST / 2)
      t.strictSame(server.defects, [])
    })
  }
}

t.test("a trunk's late answers are borne", async (t) => {
  const { server, line } = await stage(t, 'tcp', [{ name: 'loopback', addresses: ['127.0.0.1'] }])
  const count = STRAYS_BURST * 3
  for (let turn = 0; turn < count; turn++) line.send(STRAYS['a response to nothing'][1])
  t.ok(await until(() => server.sip.stats()['dropped-stray-response'] === count))
  line.send(OPTIONS)
  t.ok(await until(() => line.got().includes('SIP/2.0 200')))
  t.notOk(line.isClosed())
})

t.test(
  'ACKs that come again inside a call: some do no harm, a flood ends the connection, and the call goes on',
  async (t) => {
    const account = { password: new Secret('right') }
    const told = notes()
    const server = await realEndpoint(
      (session) => {
        session.attach(told)
        session.accept('answer')
      },
      {
        trunks: [],
        phones: {
          realm: 'sotto',
          accountOf: (user) => (user === 'a' ? account : undefined),
          nonceKey: new Uint8Array(32),
        },
      },
    )
    const tcp = { address: '127.0.0.1', port: server.sip.listening[1]?.port ?? 0 }
    const [phone, other] = [await tcpPeer(tcp), await tcpPeer(tcp)]
    t.teardown(async () => {
      for (const peer of [phone, other]) await peer.close()
      await server.sip.close()
    })
    const call = { from: '<sip:a@sotto>', to: '<sip:42@sotto>', callId: 'flood', tag: 'far', uri: 'sip:42@127.0.0.1' }
    const headers = [
      ['Contact', `<sip:a@${phone.at};transport=tcp>`],
      ['Content-Type', 'application/sdp'],
    ] as const
    const { response, cseq } = await askAs(
      phone,
      { user: 'a', password: 'right' },
      { method: 'INVITE', ...call, headers, body: 'offer' },
    )
    t.equal(response.status, 200)
    const inside = (method: string, number: number) =>
      [
        ['From', `${call.from};tag=far`],
        ['To', headerOf(response, 'to') ?? ''],
        ['Call-ID', call.callId],
        ['CSeq', `${number} ${method}`],
      ] as const
    const ack = (peer: WirePeer) => peer.send(`ACK ${call.uri}`, inside('ACK', cseq))
    const counted = (name: string) => server.sip.stats()[name] ?? 0
    // As many as a call has whose 200 came again and again.
    for (let turn = 0; turn < 11; turn++) ack(phone)
    t.ok(await until(() => counted('repeated-ack') === 10), 'the first one was waited for')
    t.ok(told.told.includes('confirmed undefined'))
    // Of many calls, a few each: nobody is cut off.
    for (let turn = 0; turn < 300; turn++) ack(phone)
    t.ok(await until(() => counted('repeated-ack') === 310))
    t.equal(counted('connections-of-strays'), 0)
    for (let turn = 0; turn < STRAYS_BURST * 3; turn++) ack(other)
    t.ok(
      await until(() => counted('connections-of-strays') === 1),
      'a flood of them ends the connection that it comes by',
    )
    phone.send(`OPTIONS ${call.uri}`, inside('OPTIONS', cseq + 1))
    await phone.response(
      (each) => each.status === 200 && headerOf(each, 'cseq')?.endsWith('OPTIONS') === true,
      'an answer',
    )
    t.notOk(
      told.told.some((each) => each.startsWith('ended')),
      'the call goes on',
    )
    t.strictSame(server.defects, [])
  },
)

t.test('ACKs that come again over UDP are counted, and the call goes on', async (t) => {
  const told = notes()
  const server = await realEndpoint((session) => {
    session.attach(told)
    session.accept('answer')
  })
  const peer = await udpPeer({ address: '127.0.0.1', port: server.port })
  t.teardown(async () => {
    await peer.close()
    await server.sip.close()
  })
  const dialog = [
    ['From', '<sip:a@127.0.0.1>;tag=far'],
    ['Call-ID', 'flood'],
  ] as const
  const body = 'offer'
  const start = [
    ...dialog,
    ['To', '<sip:42@127.0.0.1>'],
    ['CSeq', '1 INVITE'],
    ['Contact', `<sip:a@${peer.at}>`],
  ] as const
  peer.send('INVITE sip:42@127.0.0.1', [...start, ['Content-Type', 'application/sdp']], body)
  const ok = await peer.response(({ status }) => status === 200, 'a 200')
  const inside = [...dialog, ['To', headerOf(ok, 'to') ?? '']] as const
  const counted = () => server.sip.stats()['repeated-ack'] ?? 0
  for (let turn = 1; turn <= STRAYS_BURST * 3; turn++) {
    peer.send('ACK sip:42@127.0.0.1', [...inside, ['CSeq', '1 ACK']])
    // Not more at once than its socket holds.
    if (turn % 50 === 0) t.ok(await until(() => counted() === turn - 1))
  }
  peer.send('OPTIONS sip:42@127.0.0.1', [...inside, ['CSeq', '2 OPTIONS']])
  await peer.response((each) => headerOf(each, 'cseq') === '2 OPTIONS', 'an answer')
  t.strictSame(told.told, ['confirmed undefined'])
  t.strictSame(server.defects, [])
})
