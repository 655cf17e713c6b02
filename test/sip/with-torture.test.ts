/** Every message of RFC 4475 and RFC 5118 over real sockets: UDP, TCP, TLS, WebSocket. Each has its one reaction, and after each the server answers OPTIONS. */

import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { parseMessage } from '../../src/sip/parse-message.ts'
import { makeAuthority } from '../peers/authority.ts'
import { connectWs } from '../peers/ws-wire.ts'
import { realEndpoint, until } from './real-endpoint.ts'
import { termsOf, tlsClient, watched } from './tls-peers.ts'
import { TORTURE, type TortureRow } from './torture-rows.ts'

t.setTimeout(300_000)

/** Answers go to the port of the Via, where nobody else may listen: an address of loopback for this process alone. */
const SENDER = `127.${100 + (process.pid >> 15)}.${(process.pid >> 7) & 255}.${1 + (process.pid & 127)}`

async function server(t: Test) {
  const authority = makeAuthority()
  let calls = 0
  const made = await realEndpoint(
    (session) => {
      calls += 1
      session.reject(404)
    },
    {
      listeners: (['udp', 'tcp', 'tls', 'ws'] as const).map((transport) => ({
        transport,
        address: '127.0.0.1',
        port: 0,
      })),
      trunks: [{ name: 'torturer', addresses: [SENDER, '127.0.0.1'] }],
      phones: { realm: 'sotto', accountOf: () => undefined, nonceKey: new Uint8Array(32) },
      tls: termsOf([authority.issue(['DNS:sip.example.com'])]),
    },
  )
  authority.close()
  t.teardown(() => made.sip.close())
  const [udp = 0, tcp = 0, tls = 0, ws = 0] = made.sip.listening.map(({ port }) => port)
  return { ...made, ports: { udp, tcp, tls, ws }, calls: () => calls }
}

const alive = (name: string) =>
  Buffer.from(
    `OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKalive-${name};rport\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: alive-${name}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`,
  )
const aliveIn = (text: string, name: string) => text.includes(`\r\nCall-ID: alive-${name}\r\n`)
/** Statuses of the final answers, without that to the OPTIONS. */
const finalsIn = (text: string, name: string) =>
  text
    .split(/(?=SIP\/2\.0 )/)
    .filter((each) => /^SIP\/2\.0 [2-6]/.test(each) && !aliveIn(each, name))
    .map((each) => each.slice(8, 11))
/** What is seen on the wire of a reaction: the test refuses its calls. */
const statusOf = (reaction: string) => (reaction === 'call' ? '404' : reaction)

t.test('over UDP', async (t) => {
  const { ports, defects, calls } = await server(t)
  const got = new Map<string, string>()
  /** Nobody sends an ACK here, so that a refused call says so again and again, octet for octet. */
  const earlier = new Set<string>()
  let row: TortureRow | undefined
  const sockets: UdpSocket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.close()
  })
  for (const port of new Set([5060, ...TORTURE.map(viaPortOf)])) {
    const socket = createSocket('udp4', (octets) => {
      const text = octets.toString('latin1')
      const name = row?.name ?? ''
      if (!earlier.has(text)) got.set(name, `${got.get(name) ?? ''}${text}`)
      earlier.add(text)
    })
    socket.bind(port, SENDER)
    await once(socket, 'listening')
    sockets.push(socket)
  }
  for (row of TORTURE) {
    const { name, section, octets, datagram } = row
    sockets[0]?.send(octets, ports.udp, '127.0.0.1')
    sockets[0]?.send(alive(name), ports.udp, '127.0.0.1')
    const expected = datagram === 'none' ? [] : [statusOf(datagram)]
    const text = () => got.get(name) ?? ''
    await until(() => aliveIn(text(), name) && new Set(finalsIn(text(), name)).size >= expected.length)
    t.strictSame([...new Set(finalsIn(text(), name))], expected, `${name} (${section})`)
    t.ok(aliveIn(text(), name), 'answers OPTIONS')
  }
  t.equal(calls(), TORTURE.filter(({ datagram }) => datagram === 'call').length)
  t.strictSame(defects, [])
})

for (const transport of ['tcp', 'tls'] as const) {
  t.test(`over ${transport.toUpperCase()}`, async (t) => {
    const { ports, defects, calls } = await server(t)
    const open = () =>
      transport === 'tls' ? tlsClient(ports.tls) : watched(connect({ host: '127.0.0.1', port: ports.tcp }))
    for (const { name, section, octets, stream, breaksStream } of TORTURE) {
      const first = open()
      first.socket.write(octets)
      // Half a message takes what comes behind it for its rest, and a broken stream has no next message.
      const waits = !breaksStream && stream.length === 0 && !/^SIP/.test(octets.toString('latin1', 0, 3))
      const next = breaksStream || waits ? open() : first
      next.socket.write(alive(name))
      t.ok(await until(() => aliveIn(next.got(), name) && (!breaksStream || first.isClosed())), `${name} (${section})`)
      t.ok(await until(() => new Set(finalsIn(first.got(), name)).size >= stream.length), 'is answered')
      t.strictSame([...new Set(finalsIn(first.got(), name))], stream.map(statusOf))
      t.equal(first.isClosed(), breaksStream)
      first.socket.destroy()
      next.socket.destroy()
    }
    t.equal(calls(), TORTURE.flatMap(({ stream }) => stream).filter((each) => each === 'call').length)
    t.strictSame(defects, [])
  })
}

t.test('over WebSocket', async (t) => {
  const { ports, defects, calls } = await server(t)
  const socket = await connectWs(`ws://127.0.0.1:${ports.ws}`)
  t.teardown(() => socket.terminate())
  let got = ''
  socket.on('message', (octets: Buffer) => {
    got += octets.toString('latin1')
  })
  for (const { name, section, octets, datagram } of TORTURE) {
    got = ''
    // A message of WebSocket is one of SIP, so that its end is known as that of a datagram is (RFC 7118 section 4).
    socket.send(octets, { binary: true })
    socket.send(alive(name), { binary: true })
    // Who comes by WebSocket is never a trunk, and has to prove himself before he calls.
    const expected = datagram === 'none' ? [] : [datagram === 'call' ? '401' : datagram]
    await until(() => aliveIn(got, name) && new Set(finalsIn(got, name)).size >= expected.length)
    t.strictSame([...new Set(finalsIn(got, name))], expected, `${name} (${section})`)
    t.ok(aliveIn(got, name), 'answers OPTIONS')
  }
  t.equal(socket.readyState, socket.OPEN)
  t.equal(calls(), 0)
  t.strictSame(defects, [])
})

/** The port that an answer goes to. */
function viaPortOf({ octets }: TortureRow): number {
  const parsed = parseMessage(octets)
  const message = parsed.kind === 'message' ? parsed.message : parsed.kind === 'refused' ? parsed.request : undefined
  const via = message?.values[message.names.indexOf('via')] ?? ''
  return Number(/^[^;,]*:(\d+)\s*(?:[;,]|$)/.exec(via)?.[1] ?? 5060)
}
