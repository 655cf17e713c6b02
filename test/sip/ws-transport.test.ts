import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { UNPROVED_IDLE_MS } from '../../src/sip/connections.ts'
import { HANDSHAKE_MS } from '../../src/sip/half-open.ts'
import type { HandshakeFailure, TlsTerms } from '../../src/sip/tls-terms.ts'
import type { Flow, Listener } from '../../src/sip/transport.ts'
import { MAX_MESSAGE_BYTES, WS_IDLE_MS, WsTransport } from '../../src/sip/ws-transport.ts'
import { makeAuthority } from '../peers/authority.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { UPGRADE } from '../peers/ws-upgrade.ts'
import { connectWs } from '../peers/ws-wire.ts'
import { realEndpoint, until } from './real-endpoint.ts'
import { silentClient, termsOf } from './tls-peers.ts'

t.setTimeout(300_000)

const OPTIONS =
  'OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WS 3f2a.invalid;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: i\r\nCSeq: 1 OPTIONS\r\n\r\n'
const WS: Listener = { transport: 'ws', address: '127.0.0.1', port: 0, origins: ['https://desk.example.com'] }
const WSS: Listener = { ...WS, transport: 'wss' }

const authority = makeAuthority()
t.teardown(() => authority.close())
const identity = authority.issue(['DNS:sip.example.com'])

async function open(
  t: Test,
  more: { readonly listener?: Listener; readonly perSource?: number; readonly terms?: TlsTerms } = {},
) {
  const clock = steppedClock()
  const [flows, closed, failures, counted]: [Flow[], Flow[], HandshakeFailure[], string[]] = [[], [], [], []]
  const got: string[] = []
  const transport = new WsTransport({
    listener: more.listener ?? WS,
    index: 0,
    clock,
    terms: more.terms ?? termsOf([identity]),
    limits: { perListener: 100, perSource: more.perSource ?? 100 },
    count: (name) => counted.push(name),
    onFailure: (failure) => failures.push(failure),
  })
  await transport.open(
    (octets, flow) => {
      flows.push(flow)
      got.push(octets.toString('latin1'))
    },
    (flow) => closed.push(flow),
  )
  t.teardown(() => transport.close())
  const url = `${transport.local.transport}://127.0.0.1:${transport.local.port}`
  return { transport, clock, flows, closed, failures, counted, got, url }
}

/** Everything that a client is sent, as text. */
function heardBy(socket: WebSocket): string[] {
  const heard: string[] = []
  socket.on('message', (octets: Buffer, isBinary: boolean) =>
    heard.push(`${isBinary ? 'binary ' : ''}${octets.toString('latin1')}`),
  )
  return heard
}

/** @returns the close code. */
async function closeOf(socket: WebSocket): Promise<number> {
  const [code] = await once(socket, 'close')
  return code
}

/** Asks for an upgrade by hand. @returns what came until the connection ended, or the answer was whole. */
async function answerTo(port: number, lines: readonly string[], behind: Buffer | string = ''): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port })
  let got = ''
  let isClosed = false
  socket.on('data', (chunk) => (got += chunk)).on('error', () => {})
  socket.on('close', () => (isClosed = true))
  socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(behind)]))
  await until(() => isClosed || got.includes('\r\n\r\n'))
  socket.destroy()
  return got
}

for (const [listener, family] of [
  [WS, 'IPv4'],
  [WSS, 'IPv4'],
  [{ ...WS, address: '::1' }, 'IPv6'],
  [{ ...WSS, address: '::1' }, 'IPv6'],
] as const) {
  t.test(`requests are answered over ${listener.transport} and ${family}, whatever frames they come in`, async (t) => {
    const server = await realEndpoint(() => {}, { listeners: [listener], tls: termsOf([identity]) })
    t.teardown(() => server.sip.close())
    const host = family === 'IPv6' ? '[::1]' : '127.0.0.1'
    const socket = await connectWs(`${listener.transport}://${host}:${server.port}/sip`)
    t.teardown(() => socket.terminate())
    t.equal(socket.protocol, 'sip')
    t.equal(socket.extensions, '', 'nothing is compressed')
    const heard = heardBy(socket)
    const answered = async (count: number, how: string) => t.ok(await until(() => heard.length === count), how)
    socket.send(OPTIONS)
    await answered(1, 'text')
    socket.send(Buffer.from(OPTIONS))
    await answered(2, 'binary')
    for (let at = 0; at < OPTIONS.length; at += 10) {
      socket.send(OPTIONS.slice(at, at + 10), { fin: at + 10 >= OPTIONS.length })
      if (at === 50) socket.ping('in between')
    }
    await answered(3, 'in pieces')
    socket.send('\r\n\r\n')
    await answered(4, 'a ping of CRLF')
    socket.send(OPTIONS.replace('Call-ID: i', `Call-ID: ${'i'.repeat(1000)}`))
    await answered(5, 'a longer one')
    for (const [at, text] of heard.entries()) {
      if (at === 3) t.equal(text, '\r\n')
      else
        t.match(
          text,
          /^SIP\/2\.0 200 OK\r\nVia: SIP\/2\.0\/WS 3f2a\.invalid;branch=z9hG4bKx;received=(?:127\.0\.0\.1|::1)\r\n/,
        )
    }
    t.strictSame(server.defects, [])
  })
}

t.test('what is not UTF-8 goes out as binary, since it would end the connection as text', async (t) => {
  const { transport, flows, url } = await open(t)
  const socket = await connectWs(url)
  const heard = heardBy(socket)
  socket.send(OPTIONS)
  t.ok(await until(() => flows.length === 1))
  transport.send(Buffer.from('a Z\xfcrich', 'latin1'), flows[0] as Flow)
  transport.send(Buffer.from('a Zürich', 'utf8'), flows[0] as Flow)
  t.ok(await until(() => heard.length === 2))
  t.strictSame(heard, ['binary a Z\xfcrich', 'a Z\xc3\xbcrich'])
  t.match(transport.describe(), /^ws 127\.0\.0\.1:\d+, 1 connections$/)
  socket.terminate()
})

t.test('a foreign page, and whoever does not ask for SIP, is refused and told of', async (t) => {
  const { transport, failures, counted, url } = await open(t)
  const page = await connectWs(url, { origin: 'https://desk.example.com' })
  page.terminate()
  const { port } = transport.local
  for (const [lines, status, why] of [
    [[...UPGRADE, 'Origin: https://evil.example'], 403, 'ws-foreign-origin'],
    [[...UPGRADE, 'Origin: null'], 403, 'ws-foreign-origin'],
    [UPGRADE.filter((line) => !/Protocol/.test(line)), 400, 'ws-no-subprotocol'],
    [[...UPGRADE, 'Host: other.example.com'], 400, 'ws-bad-upgrade'],
  ] as const) {
    t.match(await answerTo(port, lines), new RegExp(`^HTTP/1\\.1 ${status} `), why)
    t.equal(counted.pop(), why)
    const fault = status === 403 ? 'sip.foreign-origin' : 'sip.upgrade-refused'
    t.strictSame(failures.pop(), { transport: 'ws', fault, address: '127.0.0.1', direction: 'incoming' })
  }
  t.match(
    await answerTo(port, UPGRADE, Buffer.from([0x81, 0x80, 0, 0, 0, 0])),
    /^HTTP\/1\.1 400 /,
    'a frame that came too early',
  )
  t.equal(counted.pop(), 'ws-bad-upgrade')
  for (const [lines, status] of [
    [['GET / HTTP/1.1', 'Host: a'], 426],
    [['POST / HTTP/1.1', 'Host: a', 'Content-Length: 0'], 405],
    [['TRACE / HTTP/1.1', 'Host: a'], 405],
    [OPTIONS.trim().split('\r\n'), 400],
    [UPGRADE.map((line) => line.replace('13', '7')), 400],
    [UPGRADE.filter((line) => !/Key/.test(line)), 400],
    [[...UPGRADE, `Cookie: ${'x'.repeat(20_000)}`], 431],
  ] as const) {
    t.match(await answerTo(port, lines), new RegExp(`^HTTP/1\\.1 ${status} `), `${lines[0]}: ${status}`)
  }
  t.ok(await until(() => transport.handshakes === 0 && transport.connections === 0), 'nothing is left of them')
})

t.test('where clients must name their page, who does not is refused', async (t) => {
  const { failures, url } = await open(t, { listener: { ...WS, withoutOrigin: 'refuse' } })
  await t.rejects(connectWs(url), /403/)
  t.match(failures, [{ fault: 'sip.upgrade-refused' }])
})

t.test('frames that break the rules end the connection with the code for it', async (t) => {
  const { counted, closed, got, url } = await open(t)
  const rows: readonly (readonly [what: string, hex: string, code: number])[] = [
    ['a length above all measure', '81ffffffffffffffffff00000000', 1009],
    [
      'a length that is too large',
      `82ff${BigInt(MAX_MESSAGE_BYTES + 1)
        .toString(16)
        .padStart(16, '0')}00000000`,
      1009,
    ],
    ['no mask', '81026869', 1002],
    ['a bit of an extension', 'c18000000000', 1002],
    ['an opcode that is none', '838000000000', 1002],
    ['a piece of nothing', '808000000000', 1002],
    ['a ping in pieces', '098000000000', 1002],
    ['a ping that is too long', `89fe007e00000000${'00'.repeat(126)}`, 1002],
    ['text that is not UTF-8', '818200000000c328', 1007],
    ['a close code that is none', '8882000000000001', 1002],
  ]
  for (const [what, octets, code] of rows) {
    const socket = await connectWs(url)
    const ended = closeOf(socket)
    rawOf(socket).write(Buffer.from(octets, 'hex'))
    t.equal(await ended, code, what)
  }
  const socket = await connectWs(url)
  const ended = closeOf(socket)
  for (let piece = 0; piece < 6; piece++) socket.send('x'.repeat(20_000), { fin: piece === 5 })
  t.equal(await ended, 1009, 'pieces that are too large together')
  t.equal(counted.filter((name) => name === 'ws-protocol-error').length, rows.length + 1)
  t.strictSame(got, [], 'nothing of it was read')
  t.ok(await until(() => closed.length === rows.length + 1))
})

/** The socket below a client's WebSocket, to write what a client may not. */
function rawOf(socket: WebSocket): NodeJS.WritableStream {
  return (socket as unknown as { readonly _socket: NodeJS.WritableStream })._socket
}

t.test('half-open handshakes, silence after it, and phones whose network is gone', async (t) => {
  const { transport, clock, counted, flows, closed, url } = await open(t)
  const silent = silentClient(transport.local.port)
  const half = silentClient(transport.local.port)
  half.socket.write('GET / HTTP/1.1\r\nHost: a\r\n')
  const refused = silentClient(transport.local.port)
  refused.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [idle, proved, deaf] = [await connectWs(url), await connectWs(url), await connectWs(url, { autoPong: false })]
  const isClosed = (socket: WebSocket) => socket.readyState === WebSocket.CLOSED
  for (const [at, socket] of [proved, deaf].entries()) {
    socket.send(OPTIONS)
    t.ok(await until(() => flows.length === at + 1))
    transport.keep(flows[at] as Flow)
  }
  t.ok(await until(() => transport.handshakes === 2 && transport.connections === 3))
  clock.step(HANDSHAKE_MS + 1)
  t.ok(await until(() => silent.isClosed() && half.isClosed() && refused.isClosed()))
  t.equal(counted.filter((name) => name === 'ws-slow-handshake').length, 2)
  let pings = 0
  proved.on('ping', () => (pings += 1))
  clock.step(UNPROVED_IDLE_MS - HANDSHAKE_MS + 5000)
  t.ok(await until(() => isClosed(idle)), 'who says nothing is closed')
  for (let gone = 0; gone < WS_IDLE_MS; gone += 5000) {
    clock.step(5000)
    const before = pings
    await until(() => pings > before, 100)
  }
  t.ok(await until(() => isClosed(deaf)), 'who answers no ping is gone')
  t.ok(pings > 1)
  t.equal(proved.readyState, WebSocket.OPEN)
  t.ok(await until(() => closed.length === 2))
  const heard = heardBy(proved)
  transport.send(Buffer.from('back'), flows[0] as Flow)
  t.ok(await until(() => heard.length === 1))
  let failed = 0
  transport.send(Buffer.from('back'), flows[1] as Flow, () => (failed += 1))
  t.ok(await until(() => failed === 1), 'nothing is opened towards who is gone')
  proved.terminate()
})

t.test('so many connections of one address: who has proved nothing makes room', async (t) => {
  const { transport, flows, counted, url } = await open(t, { perSource: 2 })
  const [first, second] = [await connectWs(url), await connectWs(url)]
  first.send(OPTIONS)
  t.ok(await until(() => flows.length === 1))
  transport.keep(flows[0] as Flow)
  const secondGone = once(second, 'close')
  const third = await connectWs(url)
  await secondGone
  t.equal(first.readyState, WebSocket.OPEN, 'a phone that has registered stays')
  third.send(OPTIONS)
  t.ok(await until(() => flows.length === 2))
  transport.keep(flows[1] as Flow)
  const fourth = new WebSocket(url, 'sip')
  fourth.on('error', () => {})
  await once(fourth, 'close')
  t.equal(transport.connections, 2, 'and where all have, the new one has to go')
  t.strictSame(counted, ['connections-of-source', 'connections-of-source'])
  for (const socket of [first, third]) socket.terminate()
  t.ok(await until(() => transport.connections === 0))
  const again = await connectWs(url)
  t.equal(again.readyState, WebSocket.OPEN, 'there is room again')
  again.terminate()
})

t.test('wss: TLS first, bounded as over TLS, with certificates as they are now', async (t) => {
  const terms = termsOf([identity])
  const { transport, clock, counted, failures, url } = await open(t, { listener: WSS, terms })
  const silent = silentClient(transport.local.port)
  t.ok(await until(() => transport.handshakes === 1))
  await t.rejects(connectWs(url, { rejectUnauthorized: true, ca: authority.certificate }), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
  await t.rejects(connectWs(url, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }), {
    message: /protocol version/,
  })
  t.ok(await until(() => failures.length === 1))
  t.strictSame(failures, [
    { transport: 'wss', fault: 'sip.handshake-failed', address: '127.0.0.1', direction: 'incoming' },
  ])
  terms.shown = { ...terms.shown, identities: [authority.issue(['IP:127.0.0.1'])] }
  const good = await connectWs(url, { rejectUnauthorized: true, ca: authority.certificate })
  await t.rejects(connectWs(url.replace('wss:', 'ws:')), /hang up|ECONNRESET|400/, 'ws on the port of wss')
  clock.step(HANDSHAKE_MS + 1)
  t.ok(await until(silent.isClosed))
  t.ok(counted.includes('tls-slow-handshake'))
  good.terminate()
})
