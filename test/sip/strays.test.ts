/** What needs no answer, over real TCP and WebSocket: a connection that brings too much of it is ended and counted, and one that brings some is not. */

import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { STRAYS_BURST } from '../../src/sip/connections.ts'
import type { Trunk } from '../../src/sip/index.ts'
import { connectWs } from '../peers/ws-wire.ts'
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
