import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { FaultCode } from '../../src/base/faults.ts'
import { UNPROVED_IDLE_MS } from '../../src/sip/connections.ts'
import { HANDSHAKE_MS } from '../../src/sip/half-open.ts'
import type { SipLogEntry, SipOptions } from '../../src/sip/options.ts'
import type { HandshakeFailure, TlsTerms } from '../../src/sip/tls-terms.ts'
import { TlsTransport } from '../../src/sip/tls-transport.ts'
import type { Flow } from '../../src/sip/transport.ts'
import { type Authority, makeAuthority } from '../peers/authority.ts'
import { type SteppedClock, steppedClock } from '../peers/stepped-clock.ts'
import { notes } from './endpoints.ts'
import { realEndpoint, until } from './real-endpoint.ts'
import { silentClient, termsOf, tlsClient } from './tls-peers.ts'

t.setTimeout(300_000)

const OPTIONS =
  'OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: i\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n'
const LISTENERS = [{ transport: 'tls', address: '127.0.0.1', port: 0 }] as const
const none = async () => []
const FROM = { displayName: '', uri: 'sip:b@c', user: 'b' }

const authority = makeAuthority()
const stranger = makeAuthority('Another authority')
t.teardown(() => {
  authority.close()
  stranger.close()
})
const identity = authority.issue(['DNS:sip.example.com'])

type Opened = {
  readonly transport: TlsTransport
  readonly clock: SteppedClock
  readonly flows: Flow[]
  readonly failures: HandshakeFailure[]
  readonly counted: string[]
  readonly closed: Flow[]
}

async function open(t: Test, terms: TlsTerms): Promise<Opened> {
  const clock = steppedClock()
  const [flows, closed, failures, counted]: [Flow[], Flow[], HandshakeFailure[], string[]] = [[], [], [], []]
  const transport = new TlsTransport({
    listener: LISTENERS[0],
    index: 0,
    clock,
    terms,
    count: (name) => counted.push(name),
    onFailure: (failure) => failures.push(failure),
  })
  await transport.open(
    (_octets, flow) => flows.push(flow),
    (flow) => closed.push(flow),
  )
  t.teardown(() => transport.close())
  return { transport, clock, flows, failures, counted, closed }
}

t.test('messages, keep-alives and broken streams as over TCP', async (t) => {
  const server = await realEndpoint(() => {}, { listeners: LISTENERS, tls: termsOf([identity]) })
  t.teardown(() => server.sip.close())
  const { socket, got, isClosed } = tlsClient(server.port)
  socket.write('\r\n\r\n')
  t.ok(await until(() => got() === '\r\n'), 'a ping gets its pong')
  for (const octet of OPTIONS + OPTIONS) socket.write(octet)
  t.ok(await until(() => (got().match(/SIP\/2.0 200 OK/g) ?? []).length === 2), 'whatever records it comes in')
  t.match(got(), /Via: SIP\/2\.0\/TLS /)
  socket.write(OPTIONS.replace('Content-Length: 0', 'Content-Length: -1'))
  t.ok(await until(isClosed), 'closed, because the next message cannot be found')
  t.match(got(), /SIP\/2.0 400/)
  t.strictSame(server.defects, [])
})

t.test('TLS 1.2 and 1.3, nothing older', async (t) => {
  const { transport, failures } = await open(t, termsOf([identity]))
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { socket } = tlsClient(transport.local.port, { minVersion: version, maxVersion: version })
    await once(socket, 'secureConnect')
    t.equal(socket.getProtocol(), version)
    socket.destroy()
  }
  const old = tlsClient(transport.local.port, {
    minVersion: 'TLSv1.1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  t.ok(await until(old.isClosed))
  t.match(old.error(), /PROTOCOL_VERSION/)
  t.ok(await until(() => failures.length === 1))
  t.strictSame(failures, [
    { transport: 'tls', fault: 'sip.handshake-failed', address: '127.0.0.1', direction: 'incoming' },
  ])
})

t.test('the certificate that the client names, else the first', async (t) => {
  const other = authority.issue(['DNS:*.branches.example.com', 'DNS:other.example.com'])
  const { transport } = await open(t, termsOf([identity, other]))
  for (const [servername, shown] of [
    ['sip.example.com', 'DNS:sip.example.com'],
    ['other.example.com', 'DNS:*.branches.example.com, DNS:other.example.com'],
    ['Berlin.branches.example.com', 'DNS:*.branches.example.com, DNS:other.example.com'],
    ['nobody.example.com', 'DNS:sip.example.com'],
    [undefined, 'DNS:sip.example.com'],
  ] as const) {
    const { socket } = tlsClient(transport.local.port, servername === undefined ? {} : { servername })
    await once(socket, 'secureConnect')
    t.equal(socket.getPeerCertificate().subjectaltname, shown, servername ?? 'no name')
    socket.destroy()
  }
})

t.test('clients that must show a certificate', async (t) => {
  const terms = termsOf([identity], { clientAuthorities: authority.certificate })
  const { transport, flows, failures } = await open(t, terms)
  const { certificate: cert, key } = authority.issue(['URI:sip:branch.example.com'])
  const good = tlsClient(transport.local.port, { cert, key })
  good.socket.write(OPTIONS)
  t.ok(await until(() => flows.length === 1))
  for (const [what, options, fault] of [
    ['none', {}, 'sip.no-client-certificate'],
    ['of a stranger', keyed(stranger.issue(['DNS:a'])), 'sip.peer-certificate-untrusted'],
    ['expired', keyed(authority.issue(['DNS:a'], 'expired')), 'sip.peer-certificate-expired'],
  ] as const) {
    const client = tlsClient(transport.local.port, options)
    client.socket.write(OPTIONS)
    t.ok(await until(client.isClosed), what)
    t.ok(await until(() => failures.length === 1), what)
    t.equal(failures.pop()?.fault, fault, what)
  }
  t.equal(flows.length, 1, 'nothing of theirs was read')
  t.notOk(good.isClosed())
  good.socket.destroy()
})

t.test('slow handshakes, half-open connections and silence after it are bounded', async (t) => {
  const { transport, clock, counted, flows } = await open(t, termsOf([identity]))
  const silent = silentClient(transport.local.port)
  const begun = silentClient(transport.local.port)
  begun.socket.write(Buffer.from('160301020001', 'hex'))
  const shaken = tlsClient(transport.local.port)
  const proved = tlsClient(transport.local.port)
  proved.socket.write(OPTIONS)
  t.ok(await until(() => transport.handshakes === 2 && transport.connections === 2 && flows.length === 1))
  transport.keep(flows[0] as Flow)
  clock.step(HANDSHAKE_MS + 1)
  t.ok(await until(() => silent.isClosed() && begun.isClosed()))
  t.ok(await until(() => transport.handshakes === 0))
  t.strictSame(counted, ['tls-slow-handshake', 'tls-slow-handshake'])
  t.notOk(shaken.isClosed())
  clock.step(UNPROVED_IDLE_MS + 10_000)
  t.ok(await until(shaken.isClosed), 'who says nothing after it is closed, too')
  t.notOk(proved.isClosed())
  transport.send(Buffer.from('back'), flows[0] as Flow)
  t.ok(await until(() => proved.got() === 'back'), 'what goes back takes the same connection')
  t.match(transport.describe(), /^tls 127\.0\.0\.1:\d+, 1 connections/)
  proved.socket.destroy()
})

t.test('so many handshakes from one address at once and a second, no more', async (t) => {
  const { transport, clock, counted } = await open(t, termsOf([identity]))
  const clients = Array.from({ length: 600 }, () => silentClient(transport.local.port))
  t.ok(await until(() => clients.filter(({ isClosed }) => isClosed()).length === 100, 20_000), 'one address, at once')
  t.equal(transport.handshakes, 500)
  t.equal(counted.filter((name) => name === 'tls-too-many-handshakes').length, 100)
  // Ten seconds are not over, so that none of them is given up meanwhile.
  for (let round = 1; round <= 9; round++) {
    clock.step(1000)
    clients.push(...Array.from({ length: 50 }, () => silentClient(transport.local.port)))
    t.ok(await until(() => transport.handshakes === 500 + round * 50, 20_000), `a second later fifty more: ${round}`)
  }
  for (const { socket } of clients) socket.destroy()
  t.ok(await until(() => transport.handshakes === 0, 20_000), 'nothing is kept of them')
})

t.test('changed certificates are shown from the next connection on, and ones that cannot be used never', async (t) => {
  const terms = termsOf([identity])
  const { transport, counted, flows } = await open(t, terms)
  const shownTo = async () => {
    const client = tlsClient(transport.local.port)
    await once(client.socket, 'secureConnect')
    return { ...client, name: client.socket.getPeerCertificate().subjectaltname }
  }
  const before = await shownTo()
  t.equal(before.name, 'DNS:sip.example.com')
  const renewed = authority.issue(['DNS:renewed.example.com'])
  terms.shown = { ...terms.shown, identities: [renewed] }
  const after = await shownTo()
  t.equal(after.name, 'DNS:renewed.example.com')
  terms.shown = { ...terms.shown, identities: [{ certificate: identity.certificate, key: renewed.key }] }
  const kept = await shownTo()
  t.equal(kept.name, 'DNS:renewed.example.com')
  t.strictSame(counted, ['tls-certificate-refused'])
  before.socket.write(OPTIONS)
  t.ok(await until(() => flows.length === 1), 'who was connected stays so')
  for (const { socket } of [before, after, kept]) socket.destroy()
})

/** Two endpoints over TLS; the caller calls a URI of the callee's. @returns what the caller was told, and what was logged. */
async function callOver(
  t: Test,
  uri: (port: number) => string,
  terms: { readonly callee: TlsTerms; readonly caller: TlsTerms },
  more: Partial<SipOptions> = {},
) {
  const logged: SipLogEntry[] = []
  const callee = await realEndpoint(
    (session) => {
      session.attach(notes())
      session.accept('answer')
    },
    { listeners: LISTENERS, tls: terms.callee },
  )
  const caller = await realEndpoint(() => {}, {
    listeners: LISTENERS,
    tls: terms.caller,
    log: (entry) => logged.push(entry),
    ...more,
  })
  t.teardown(() => Promise.all([caller.sip.close(), callee.sip.close()]))
  const up = notes()
  const session = caller.sip.invite({ target: { uri: uri(callee.port) }, from: FROM, body: 'offer', events: up })
  t.ok(await until(() => up.told.some((told) => /answered|refused/.test(told))))
  return { up, session, callee, caller, failed: logged.filter(({ event }) => event === 'handshake-failed') }
}

const caller = termsOf([identity], { authorities: authority.certificate })

t.test('a call over TLS stays on its connection, with sip and with sips', async (t) => {
  const callee = termsOf([authority.issue(['DNS:localhost'])])
  for (const uri of [
    (port: number) => `sip:a@localhost:${port};transport=tls`,
    (port: number) => `sips:a@localhost:${port}`,
  ]) {
    const resolver = { resolve4: none, resolve6: none, resolveSrv: none, resolveNaptr: none }
    const call = await callOver(t, uri, { callee, caller }, { resolver })
    t.strictSame(call.up.told, ['answered answer'])
    t.equal(call.session.peer.transport, 'tls')
    call.session.end()
    t.ok(await until(() => call.callee.sip.sessionCount === 0 && call.caller.sip.sessionCount === 0))
    t.strictSame([...call.caller.defects, ...call.callee.defects, ...call.failed], [])
  }
})

t.test('an address needs a name that somebody gave it', async (t) => {
  const uri = (port: number) => `sip:a@127.0.0.1:${port};transport=tls`
  const callee = termsOf([identity])
  const named = await callOver(t, uri, {
    callee,
    caller: termsOf([identity], { authorities: authority.certificate, domain: 'sip.example.com' }),
  })
  t.strictSame(named.up.told, ['answered answer'])
  t.match(named.session.peer, { transport: 'tls', address: '127.0.0.1' })
  const bare = authority.issue(['IP:127.0.0.1'])
  const unnamed = await callOver(t, uri, {
    callee: termsOf([bare]),
    caller: { ...caller, client: (peer) => ({ ...caller.client(peer), domain: undefined }) },
  })
  t.strictSame(unnamed.up.told, ['refused 503'])
  t.match(unnamed.failed, [{ fault: 'sip.peer-name-unknown', direction: 'outgoing' }])
  named.session.end()
})

for (const [what, names, issuer, validity, fault] of [
  ['of a stranger', ['DNS:localhost'], () => stranger, 'now', 'sip.peer-certificate-untrusted'],
  ['expired', ['DNS:localhost'], () => authority, 'expired', 'sip.peer-certificate-expired'],
  ['for another name', ['DNS:elsewhere.example.com'], () => authority, 'now', 'sip.peer-name-mismatch'],
  [
    'for another SIP domain',
    ['DNS:localhost', 'URI:sip:example.com'],
    () => authority,
    'now',
    'sip.peer-name-mismatch',
  ],
  ['for one user of the domain', ['URI:sip:a@localhost'], () => authority, 'now', 'sip.peer-name-mismatch'],
] as const satisfies readonly (readonly [string, readonly string[], () => Authority, 'now' | 'expired', FaultCode])[]) {
  t.test(`nothing is sent to a peer whose certificate is ${what}`, async (t) => {
    const callee = termsOf([issuer().issue(names, validity)])
    const resolver = { resolve4: none, resolve6: none, resolveSrv: none, resolveNaptr: none }
    const call = await callOver(t, (port) => `sips:a@localhost:${port}`, { callee, caller }, { resolver })
    t.strictSame(call.up.told, ['refused 503'])
    t.match(call.failed, [{ fault, address: '127.0.0.1', direction: 'outgoing' }])
    t.equal(call.callee.sip.sessionCount, 0)
    t.equal(call.callee.sip.stats()['serverTransactions'], 0)
    t.strictSame([...call.caller.defects, ...call.callee.defects], [])
  })
}

t.test('a certificate for the SIP domain by URI; one that is shown on demand', async (t) => {
  const callee = termsOf([authority.issue(['URI:sip:localhost', 'DNS:elsewhere'])], {
    clientAuthorities: authority.certificate,
  })
  const showing = termsOf([identity], { authorities: authority.certificate, identity })
  const resolver = { resolve4: none, resolve6: none, resolveSrv: none, resolveNaptr: none }
  const uri = (port: number) => `sips:a@localhost:${port}`
  const call = await callOver(t, uri, { callee, caller: showing }, { resolver })
  t.strictSame(call.up.told, ['answered answer'])
  call.session.end()
  const bare = await callOver(t, uri, { callee, caller }, { resolver })
  t.strictSame(bare.up.told, ['refused 503'])
})

t.test('over IPv6, and with sips in both Contacts', async (t) => {
  const listeners = [{ transport: 'tls', address: '::1', port: 0 }] as const
  const told = notes()
  const requests: string[] = []
  const callee = await realEndpoint(
    (session) => {
      requests.push(session.target.uri)
      session.attach(told)
      session.accept('answer')
    },
    { listeners, tls: termsOf([identity]) },
  )
  const up = notes()
  const terms = termsOf([identity], { authorities: authority.certificate, domain: 'sip.example.com' })
  const far = await realEndpoint(() => {}, { listeners, tls: terms })
  t.teardown(() => Promise.all([far.sip.close(), callee.sip.close()]))
  const session = far.sip.invite({
    target: { uri: `sips:a@[::1]:${callee.port}` },
    from: FROM,
    body: 'offer',
    events: up,
  })
  t.ok(await until(() => up.told.includes('answered answer') && told.told.includes('confirmed undefined')))
  t.equal(session.localAddress, '::1')
  t.match(requests, [/^sips:a@\[::1\]/])
  t.match(await session.reoffer(() => 'again'), { result: 'answered', body: 'answer to again' })
  session.end()
  t.ok(await until(() => callee.sip.sessionCount === 0 && far.sip.sessionCount === 0))
  t.strictSame([...far.defects, ...callee.defects], [])
})

t.test('the Contact of what opens a sips dialog is one of sips, and says TLS otherwise', async (t) => {
  const server = await realEndpoint(
    (session) => {
      session.attach(notes())
      session.accept('answer')
    },
    { listeners: LISTENERS, tls: termsOf([identity]) },
  )
  t.teardown(() => server.sip.close())
  const { socket, got } = tlsClient(server.port)
  for (const [scheme, contact] of [
    ['sip', /^Contact: <sip:127\.0\.0\.1:\d+;transport=tls>\r$/m],
    ['sips', /^Contact: <sips:127\.0\.0\.1:\d+>\r$/m],
  ] as const) {
    const invite = OPTIONS.replaceAll('OPTIONS', 'INVITE')
      .replace('sip:a@127.0.0.1', `${scheme}:a@127.0.0.1`)
      .replace('z9hG4bKx', `z9hG4bK${scheme}`)
      .replace('Call-ID: i', `Call-ID: ${scheme}`)
      .replace('Content-Length', `Contact: <${scheme}:far@127.0.0.1:5061>\r\nContent-Length`)
    socket.write(invite)
    t.ok(await until(() => contact.test(got())), scheme)
  }
  socket.destroy()
})

t.test('sips over anything but TLS is refused, and promised by nobody', async (t) => {
  const server = await realEndpoint(() => {}, {
    listeners: [...LISTENERS, { transport: 'tcp', address: '127.0.0.1', port: 0 }],
    tls: termsOf([identity]),
  })
  t.teardown(() => server.sip.close())
  const sips = OPTIONS.replace('sip:a@', 'sips:a@')
  const secure = tlsClient(server.port)
  secure.socket.write(sips)
  t.ok(await until(() => /^SIP\/2\.0 200/.test(secure.got())))
  const plain = silentClient(server.sip.listening[1]?.port ?? 0)
  plain.socket.write(sips.replace('/TLS', '/TCP'))
  t.ok(await until(() => /^SIP\/2\.0 416/.test(plain.got())))
  for (const { socket } of [secure, plain]) socket.destroy()
})

t.test('what cannot be shown is a fault at the start', async (t) => {
  const other = authority.issue(['DNS:a'])
  for (const [fault, shown] of [
    ['sip.certificate-key-mismatch', { certificate: identity.certificate, key: other.key }],
    ['sip.certificate-unreadable', { certificate: 'nothing', key: other.key }],
    ['sip.certificate-unreadable', { certificate: identity.certificate, key: '' }],
  ] as const) {
    await t.rejects(
      realEndpoint(() => {}, { listeners: LISTENERS, tls: termsOf([shown]) }),
      { code: fault },
    )
  }
  await t.rejects(
    realEndpoint(() => {}, { listeners: LISTENERS }),
    { code: 'sip.certificate-unreadable' },
  )
})

function keyed({ certificate, key }: { readonly certificate: string; readonly key: string }) {
  return { cert: certificate, key }
}
