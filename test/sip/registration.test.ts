import t, { type Test } from 'tap'
import { Secret } from '../../src/base/secret.ts'
import type { SipOptions, TrunkEvent } from '../../src/sip/index.ts'
import { headerOf, listOf, type SipRequest } from '../../src/sip/message.ts'
import type { RegistrationTerms } from '../../src/sip/registration.ts'
import type { InviteTarget } from '../../src/sip/session.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { call, type Endpoint, endpoint, notes } from './endpoints.ts'
import { type MemoryNet, memoryNet } from './memory-wire.ts'
import { INVITE, type ScriptedPeer, scriptedPeer } from './scripted-peer.ts'

const TERMS: Omit<RegistrationTerms, 'trunk'> = {
  registrar: 'sip:10.0.0.3',
  proxies: [],
  user: 'account',
  credentials: { user: 'account', password: new Secret('right') },
  expiresSeconds: 600,
  retrySeconds: 10,
}
const FAIL_OVER = { patienceMs: 4000, setAsideMs: 60_000 }

type Ours = Endpoint & { readonly told: TrunkEvent[] }

/** Our endpoint at 10.0.0.1, which registers; no address is a trunk's. */
async function ours(net: MemoryNet, terms = {}, more: Partial<SipOptions> = {}): Promise<Ours> {
  const told: TrunkEvent[] = []
  const made = await endpoint(net, '10.0.0.1', (session) => session.attach(notes()), {
    trunks: [{ name: 'carrier', addresses: [], registration: { ...TERMS, ...terms } }],
    failOver: FAIL_OVER,
    onTrunk: (event) => told.push(event),
    ...more,
  })
  return { ...made, told }
}

const types = ({ told }: Ours) => told.map(({ type }) => type.replace('trunk.', ''))
const registration = ({ sip }: Ours) => sip.trunks()[0]?.registration
const contactIn = (request: SipRequest) => headerOf(request, 'contact') ?? ''
const expiresIn = (request: SipRequest) => headerOf(request, 'expires')
const grant = (peer: ScriptedPeer, seconds: number) => (request: SipRequest) =>
  peer.respond(request, 200, 'r', [['Contact', contactIn(request).replace(/expires=\d+/, `expires=${seconds}`)]])

for (const algorithms of [['SHA-256', 'MD5'], ['MD5']] as const) {
  t.test(`we register at a registrar that asks for ${algorithms}, refresh, and take it away`, async (t) => {
    const net = memoryNet()
    const registrations: string[] = []
    const registrar = await endpoint(net, '10.0.0.3', () => {}, {
      trunks: [],
      phones: {
        realm: 'carrier.example',
        accountOf: (user) => (user === 'account' ? { password: new Secret('right') } : undefined),
        nonceKey: net.random(32),
        algorithms,
        limits: { minSeconds: 900, maxSeconds: 1000, defaultSeconds: 900, contactsPerAccount: 2 },
      },
      events: {
        onIncoming: () => {},
        onRegistrationChanged: (account, contacts) => registrations.push(`${account} ${contacts}`),
      },
    })
    const us = await ours(net)
    await net.run(1000)
    t.match(registration(us), {
      state: 'registered',
      address: '10.0.0.3:5060',
      registrar: 'sip:10.0.0.3',
      failures: 0,
      expiresInSeconds: 899,
    })
    t.strictSame(types(us), ['registered'], '423 and the challenge on the way are no news')
    t.strictSame(registrations, ['account 1'])
    const before = net.log.filter(({ text }) => text.startsWith('REGISTER')).length
    await net.run(800_000, 1000)
    const refreshes = net.log.filter(({ text }) => text.startsWith('REGISTER')).slice(before)
    t.ok(refreshes.length >= 1 && refreshes.length <= 3, `${refreshes.length}`)
    t.match(refreshes[0]?.text, /Authorization: Digest .*nc=00000003/, 'the challenge is answered unasked')
    t.match(registration(us), { state: 'registered' })
    const ids = net.log.flatMap(({ text }) =>
      text.startsWith('REGISTER') ? [/^Session-ID: (.*)\r$/m.exec(text)?.[1]] : [],
    )
    t.match(ids[0], /^[0-9a-f]{32};remote=0{32}$/, 'known from end to end (RFC 7989)')
    t.equal(new Set(ids).size, 1, 'by the same as long as it stands')
    const closed = us.sip.close()
    await net.run(1000)
    await closed
    t.strictSame(types(us), ['registered', 'unregistered'])
    t.strictSame(registrations, ['account 1', 'account 0'])
    t.strictSame([...us.defects, ...registrar.defects], [])
  })
}

t.test('Service-Route is the Route of calls by the trunk, as long as the registration stands (RFC 3608)', async (t) => {
  const net = memoryNet()
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  let route = ['<sip:orig@10.0.0.3;lr>', '<sip:home.example;lr>']
  const named = (): readonly Line[] => route.map((each) => ['Service-Route', each])
  peer.onRequest = (request) => {
    if (request.method === 'REGISTER') peer.respond(request, 200, 'r', [['Expires', '40'], ...named()])
  }
  const us = await ours(net)
  await net.run(1000)
  const called = async (target: InviteTarget) => {
    const from = { displayName: '', uri: 'sip:a@10.0.0.1', user: 'a' }
    us.sip.invite({ target, from, events: notes(), body: 'offer' })
    await net.run(100)
    return listOf(peer.last('INVITE'), 'route')
  }
  const target = { uri: 'sip:+4930@elsewhere.example', trunk: 'carrier' }
  t.strictSame(await called(target), route, 'it goes where the Route says, whatever host the target has')
  t.equal(peer.last('INVITE').uri, target.uri)
  t.strictSame(await called({ ...target, uri: 'sip:+4930@10.0.0.3', trunk: 'another' }), [], 'of another trunk')
  t.strictSame(await called({ ...target, route: ['<sip:10.0.0.3;lr>'] }), ['<sip:10.0.0.3;lr>'])
  route = ['<sip:new@10.0.0.3;lr>']
  await net.run(36_000, 500)
  t.strictSame(await called(target), route, 'that of the newest answer')
  route = ['sip:10.0.0.3', '<tel:42>']
  await net.run(36_000, 500)
  t.strictSame(await called({ ...target, uri: 'sip:+4930@10.0.0.3' }), [], 'one that cannot be read is none')
  t.strictSame(us.defects, [])
})

t.test('a wrong password is not tried again at once', async (t) => {
  const net = memoryNet()
  const challenge = 'Digest realm="r", nonce="n", qop="auth"'
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  peer.onRequest = (request) => peer.respond(request, 401, 'r', [['WWW-Authenticate', challenge]])
  const us = await ours(net)
  await net.run(45_000, 500)
  t.equal(peer.count('REGISTER'), 2)
  t.match(us.told, [
    {
      type: 'trunk.registration-failed',
      trunk: 'carrier',
      fault: 'sip.registration-credentials-refused',
      status: 401,
      stillRegistered: 'no',
    },
  ])
  t.match(registration(us), { state: 'waiting', failures: 1, lastStatus: 401 })
  await net.run(70_000, 500)
  t.equal(peer.count('REGISTER'), 4, 'a new challenge is answered, since the nonce from before may be old')
  us.sip.drain(1)
  await net.run(1000)
  t.equal(peer.count('REGISTER'), 4, 'there is nothing to take away')
  t.equal(registration(us)?.state, 'off')
})

t.test('a nonce that ran out is no wrong password, and a proxy may ask too', async (t) => {
  const net = memoryNet()
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  const us = await ours(net)
  const answers: ((request: SipRequest) => void)[] = [
    (request) => peer.respond(request, 407, 'p', [['Proxy-Authenticate', 'Digest realm="p", nonce="a", qop="auth"']]),
    (request) => peer.respond(request, 401, 'r', [['WWW-Authenticate', 'Digest realm="r", nonce="b", qop="auth"']]),
    (request) =>
      peer.respond(request, 401, 'r', [['WWW-Authenticate', 'Digest realm="r", nonce="c", qop="auth", stale=true']]),
    grant(peer, 300),
  ]
  peer.onRequest = (request) => answers.shift()?.(request)
  await net.run(2000)
  t.equal(registration(us)?.state, 'registered')
  t.match(headerOf(peer.last('REGISTER'), 'proxy-authorization'), /nonce="a".*nc=00000003/)
  t.match(headerOf(peer.last('REGISTER'), 'authorization'), /nonce="c".*nc=00000001/)
  t.strictSame(
    peer.requests.map((each) => headerOf(each, 'cseq')),
    [1, 2, 3, 4].map((number) => `${number} REGISTER`),
  )
  t.equal(new Set(peer.requests.map((each) => headerOf(each, 'call-id'))).size, 1, 'RFC 3261 section 10.2')
})

t.test('what the registrar grants counts; it is lost when it expires, and found again', async (t) => {
  const net = memoryNet()
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  peer.onRequest = (request) =>
    peer.respond(request, 200, 'r', [
      ['Contact', `<sip:other@192.0.2.1>;expires=9999, ${contactIn(request).replace(/expires=\d+/, 'expires=40')}`],
      ['Expires', '7777'],
    ])
  const us = await ours(net)
  await net.run(1000)
  t.equal(registration(us)?.expiresInSeconds, 39)
  peer.onRequest = (request) => peer.respond(request, 500, 'r', [['Retry-After', '20 (busy)']])
  await net.run(38_000, 500)
  t.strictSame(types(us), ['registered', 'registration-failed'])
  t.match(us.told[1], { stillRegistered: 'yes', retrySeconds: 20, status: 500, fault: 'sip.registration-refused' })
  t.equal(registration(us)?.state, 'registered')
  peer.onRequest = () => {}
  await net.run(3000)
  t.equal(us.told.at(-1)?.type, 'trunk.registration-lost')
  t.not(registration(us)?.state, 'registered')
  peer.onRequest = grant(peer, 40)
  await net.run(40_000, 500)
  t.equal(us.told.at(-1)?.type, 'trunk.registered')
  t.strictSame(us.defects, [])
})

t.test('a registrar that is back is found soon, though it was silent', async (t) => {
  const net = memoryNet()
  const us = await ours(net, { proxies: ['sip:10.0.0.9', 'sip:10.0.0.3'] })
  await net.run(8500)
  t.match(us.told, [{ type: 'trunk.registration-failed', fault: 'sip.registrar-unreachable' }], 'four seconds for each')
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  peer.onRequest = grant(peer, 100)
  await net.run(15_000, 250)
  t.equal(registration(us)?.state, 'registered')
  t.equal(us.sip.stats()['clientTransactions'], 1, 'the one that lingers; nothing is sent to the dead again')
})

t.test('another place is asked when one is dead or overloaded; a redirection is followed once', async (t) => {
  const net = memoryNet()
  const [first, second] = [
    await scriptedPeer(net, '10.0.0.2', '10.0.0.1'),
    await scriptedPeer(net, '10.0.0.3', '10.0.0.1'),
  ]
  const terms = { registrar: 'sip:carrier.example', proxies: ['sip:10.0.0.9', 'sip:10.0.0.2', 'sip:10.0.0.3'] }
  first.onRequest = (request) => first.respond(request, 503, 'f')
  second.onRequest = grant(second, 100)
  const us = await ours(net, terms)
  await net.run(3900)
  t.equal(first.count('REGISTER'), 0)
  await net.run(1000)
  t.match(registration(us), { state: 'registered', address: '10.0.0.3:5060' }, 'after a dead one and a 503')
  t.equal(second.last('REGISTER').uri, 'sip:carrier.example')
  t.equal(us.sip.stats()['setAside'], 2)
  us.sip.drain(1)
  await net.run(500)
  t.equal(expiresIn(second.last('REGISTER')), '0', 'it is taken away where it is kept')
  t.equal(first.count('REGISTER'), 1)

  first.onRequest = (request) => first.respond(request, 302, 'f', [['Contact', '<sip:10.0.0.3>;q=0.5']])
  const net2 = memoryNet(2)
  const back = await scriptedPeer(net2, '10.0.0.2', '10.0.0.1')
  back.onRequest = (request) => back.respond(request, 302, 'f', [['Contact', '<sip:10.0.0.2:5060>']])
  const them = await ours(net2, { registrar: 'sip:10.0.0.2' })
  await net2.run(2000)
  t.equal(back.count('REGISTER'), 2, 'in a circle once')
  t.match(registration(them), { state: 'waiting', lastStatus: 302 })

  const net3 = memoryNet(3)
  const [from, to] = [
    await scriptedPeer(net3, '10.0.0.2', '10.0.0.1'),
    await scriptedPeer(net3, '10.0.0.3', '10.0.0.1'),
  ]
  from.onRequest = (request) =>
    from.respond(request, 302, 'f', [['Contact', '<sip:10.0.0.8>;q=0.1, <sip:10.0.0.3>;q=0.9, <mailto:a@b>']])
  to.onRequest = grant(to, 100)
  const led = await ours(net3, { registrar: 'sip:10.0.0.2' })
  await net3.run(1000)
  t.match(registration(led), { state: 'registered', address: '10.0.0.3:5060' })
})

t.test('calls to the registered contact are the trunk’s, and from nobody else', async (t) => {
  const net = memoryNet()
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  const sbc = await scriptedPeer(net, '10.0.0.2', '10.0.0.1')
  peer.onRequest = grant(peer, 600)
  const us = await ours(net)
  await net.run(500)
  const contact = /<([^>]+)>/.exec(contactIn(peer.last('REGISTER')))?.[1] ?? ''
  t.match(contact, /^sip:account@10\.0\.0\.1:5060;line=[0-9a-f]{16}$/)
  const invite = async (
    from: ScriptedPeer,
    uri: string,
    to: string,
    more: readonly (readonly [string, string])[] = [],
  ) => {
    const address = from === sbc ? '10.0.0.2' : '10.0.0.3'
    const id = `${us.incoming.length} ${uri} ${from.responses.length}`.replaceAll(/[^a-z0-9]/gi, '')
    const headers = INVITE.filter(([name]) => !['Via', 'To', 'Call-ID'].includes(name))
    from.send(
      `INVITE ${uri}`,
      [['Via', `SIP/2.0/UDP ${address};branch=z9hG4bK${id}`], ['To', to], ['Call-ID', id], ...headers, ...more],
      'offer',
    )
    await net.run(200)
    return { origin: us.incoming.at(-1)?.origin, user: us.incoming.at(-1)?.target.user }
  }
  t.strictSame(await invite(sbc, contact, '<sip:+4930123@carrier.example>'), {
    origin: { kind: 'trunk', trunk: 'carrier', registeredAs: 'account' },
    user: '+4930123',
  })
  t.equal(
    (await invite(sbc, contact.replace('account@', '4930555@'), '<sip:x@y>')).user,
    '4930555',
    'a number in its place',
  )
  const named = [['P-Called-Party-ID', '<sip:4930777@carrier.example>']] as const
  t.equal((await invite(sbc, contact, '<sip:x@y>', named)).user, '4930777')
  t.strictSame((await invite(peer, 'sip:4930888@10.0.0.1', '<sip:x@y>')).origin, { kind: 'trunk', trunk: 'carrier' })
  const came = us.incoming.length
  await invite(sbc, 'sip:account@10.0.0.1', '<sip:x@y>')
  await invite(sbc, contact.replace(/line=.{4}/, 'line=0000'), '<sip:x@y>')
  t.equal(us.incoming.length, came, 'without the token a stranger is one')
  t.equal(sbc.responses.at(-1)?.status, 403)
  t.strictSame(us.defects, [])
})

t.test('an address that answers late is cancelled, or ended when it took the call', async (t: Test) => {
  for (const answer of ['rings', 'answers'] as const) {
    const net = memoryNet()
    const us = await endpoint(net, '10.0.0.1', () => {}, {
      failOver: FAIL_OVER,
      resolver: {
        resolve4: async () => ['10.0.0.2', '10.0.0.3'].map((address) => ({ address, ttl: 60 })),
        resolve6: async () => [],
        resolveSrv: async () => [],
        resolveNaptr: async () => [],
      },
    })
    const [slow, quick] = [
      await scriptedPeer(net, '10.0.0.2', '10.0.0.1'),
      await scriptedPeer(net, '10.0.0.3', '10.0.0.1'),
    ]
    const told = notes()
    call(us, told, 'offer', 'pbx.example:5060')
    await net.run(4500)
    t.equal(quick.count('INVITE'), 1, 'after four seconds of silence')
    const invite = slow.requests[0]
    if (invite === undefined) throw new Error('nothing came')
    t.equal(headerOf(quick.last('INVITE'), 'call-id'), headerOf(invite, 'call-id'))
    quick.respond(quick.last('INVITE'), 180, 'q')
    await net.run(100)
    if (answer === 'rings') slow.respond(invite, 180, 's')
    else slow.respond(invite, 200, 's', [['Contact', '<sip:s@10.0.0.2>']], 'answer')
    await net.run(200)
    if (answer === 'rings') t.equal(slow.count('CANCEL'), 1)
    else t.match([quick.count('CANCEL'), slow.count('ACK'), told.told.at(-1)], [1, 1, 'answered answer'])
    t.strictSame(us.defects, [])
  }
})
