import { connect, type Socket } from 'node:net'
import t from 'tap'
import { UNPROVED_IDLE_MS } from '../../src/sip/connections.ts'
import { TcpTransport } from '../../src/sip/tcp-transport.ts'
import type { Flow } from '../../src/sip/transport.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { notes } from './endpoints.ts'
import { realEndpoint, until } from './real-endpoint.ts'

const OPTIONS =
  'OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: i\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n'

async function client(
  port: number,
): Promise<{ readonly socket: Socket; readonly got: () => string; readonly isClosed: () => boolean }> {
  let got = ''
  let isClosed = false
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('data', (chunk) => (got += chunk)).on('error', () => {})
  socket.on('close', () => (isClosed = true))
  await new Promise((resolve) => socket.once('connect', resolve))
  return { socket, got: () => got, isClosed: () => isClosed }
}

t.test('keep-alive, requests on one connection, and a broken stream', async (t) => {
  const server = await realEndpoint(() => {})
  t.teardown(() => server.sip.close())
  const { socket, got, isClosed } = await client(server.sip.listening[1]?.port ?? 0)
  socket.write('\r\n\r\n')
  t.ok(await until(() => got() === '\r\n'), 'a ping gets its pong')
  socket.write(OPTIONS + OPTIONS.slice(0, 50))
  socket.write(OPTIONS.slice(50))
  t.ok(await until(() => (got().match(/SIP\/2.0 200 OK/g) ?? []).length === 2))
  socket.write(OPTIONS.replace('Content-Length: 0', 'Content-Length: -1'))
  t.ok(await until(isClosed), 'closed, because the next message cannot be found')
  t.match(got(), /SIP\/2.0 400/)
  t.strictSame(server.defects, [])
})

t.test('idle connections and half messages are closed, proved ones stay', async (t) => {
  const clock = steppedClock()
  const transport = new TcpTransport({
    listener: { transport: 'tcp', address: '127.0.0.1', port: 0 },
    index: 0,
    clock,
    count: () => {},
  })
  const flows: Flow[] = []
  let closed = 0
  await transport.open(
    (_octets, flow) => flows.push(flow),
    () => (closed += 1),
  )
  t.teardown(() => transport.close())
  const { port } = transport.local
  const [idle, half, proved] = [await client(port), await client(port), await client(port)]
  half.socket.write(OPTIONS.slice(0, 100))
  proved.socket.write(OPTIONS)
  t.ok(await until(() => flows.length === 1 && transport.connections === 3))
  transport.keep(flows[0] as Flow)
  clock.step(UNPROVED_IDLE_MS + 10_000)
  t.ok(await until(() => idle.isClosed() && half.isClosed()))
  t.notOk(proved.isClosed())
  t.equal(transport.connections, 1)
  t.ok(await until(() => closed === 2))
  transport.send(Buffer.from('back'), flows[0] as Flow)
  t.ok(await until(() => proved.got() === 'back'), 'what goes back takes the same connection')
  t.match(transport.describe(), /1 connections/)
  proved.socket.destroy()
})

t.test('a connection that is refused, and a port that is none, fail at once', async (t) => {
  // Time stands still: nobody waits for a timer.
  const server = await realEndpoint(() => {}, { clock: steppedClock() })
  t.teardown(() => server.sip.close())
  const told = [notes(), notes()]
  for (const [at, port] of [1, 0].entries()) {
    server.sip.invite({
      target: { uri: `sip:a@127.0.0.1:${port};transport=tcp` },
      from: { displayName: '', uri: 'sip:b@c', user: 'b' },
      events: told[at] ?? notes(),
    })
  }
  t.ok(await until(() => told.every((each) => each.told.length === 1)))
  t.strictSame(
    told.map((each) => each.told),
    [['refused 503'], ['refused 503']],
  )
  t.strictSame(server.defects, [])
})

t.test('a call over TCP stays on its connection; IPv6 too', async (t) => {
  const told = notes()
  const callee = await realEndpoint(
    (session) => {
      session.attach(told)
      session.accept('answer')
    },
    {
      listeners: [
        { transport: 'tcp', address: '::1', port: 0 },
        { transport: 'udp', address: '::1', port: 0 },
      ],
    },
  )
  const caller = await realEndpoint(() => {}, {
    listeners: [
      { transport: 'tcp', address: '::1', port: 0 },
      { transport: 'udp', address: '::', port: 0 },
    ],
  })
  t.teardown(() => Promise.all([caller.sip.close(), callee.sip.close()]))
  for (const [at, suffix] of [';transport=tcp', ''].entries()) {
    const up = notes()
    const session = caller.sip.invite({
      target: { uri: `sip:a@[::1]:${callee.sip.listening[at]?.port}${suffix}` },
      from: { displayName: '', uri: 'sip:b@c', user: 'b' },
      body: 'offer',
      events: up,
    })
    t.ok(await until(() => up.told.includes('answered answer')))
    t.equal(session.localAddress, '::1')
    t.equal(session.peer.address, '::1')
    session.end()
    t.ok(await until(() => callee.sip.sessionCount === 0 && caller.sip.sessionCount === 0))
  }
  t.strictSame([...caller.defects, ...callee.defects], [])
})

t.test('a listener that cannot be bound is a fault', async (t) => {
  const server = await realEndpoint(() => {})
  t.teardown(() => server.sip.close())
  for (const transport of ['udp', 'tcp'] as const) {
    const port = server.sip.listening.find((each) => each.transport === transport)?.port ?? 0
    await t.rejects(
      realEndpoint(() => {}, { listeners: [{ transport, address: '127.0.0.1', port }] }),
      { code: 'sip.cannot-listen' },
    )
  }
})
