import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { authorize, chooseChallenges } from '../../src/sip/digest-client.ts'
import { headerOf, listOf } from '../../src/sip/message.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { scriptedPeer } from './scripted-peer.ts'

const alice = { password: new Secret('secret') }
const phones = {
  realm: 'sotto',
  accountOf: (user: string) => (user === 'alice' ? alice : undefined),
  nonceKey: new Uint8Array(32),
}

async function world() {
  const net = memoryNet()
  const changes: string[] = []
  const server = await endpoint(net, '10.0.0.2', () => {}, {
    phones,
    events: {
      onIncoming: () => {},
      onRegistrationChanged: (account, contacts) => changes.push(`${account} ${contacts}`),
    },
  })
  const peer = await scriptedPeer(net, '10.0.0.77', '10.0.0.2')
  let cseq = 0
  const send = async (headers: readonly Line[], to: string) => {
    cseq += 1
    peer.send('REGISTER sip:10.0.0.2', [
      ['Via', `SIP/2.0/UDP 10.0.0.77;branch=z9hG4bKr${cseq}`],
      ['From', `<sip:${to}@10.0.0.2>;tag=r`],
      ['To', `<sip:${to}@10.0.0.2>`],
      ['Call-ID', 'register'],
      ['CSeq', `${cseq} REGISTER`],
      ...headers,
    ])
    await net.run(50)
    const answer = peer.responses.at(-1)
    if (answer === undefined) throw new Error('no answer')
    return answer
  }
  /** Registers with credentials. */
  const register = async (headers: readonly Line[], to = 'alice', user = 'alice') => {
    const challenged = await send(headers, to)
    const [challenge] = chooseChallenges(
      challenged.values.filter((_, at) => challenged.names[at] === 'www-authenticate'),
    )
    if (challenge === undefined) throw new Error('no challenge')
    const { value } = authorize(
      challenge,
      { user, password: new Secret('secret') },
      { method: 'REGISTER', uri: 'sip:10.0.0.2' },
      'c',
    )
    return send([...headers, ['Authorization', value]], to)
  }
  return { net, server, peer, changes, register, send }
}

t.test('contacts come, are asked for, lapse and go', async (t) => {
  const { net, server, changes, register } = await world()
  const added = await register([
    ['Contact', '<sip:alice@192.168.0.7:5062;ob>;expires=120;+sip.instance="<urn:uuid:1>"'],
  ])
  t.equal(added.status, 200)
  t.strictSame(listOf(added, 'contact'), ['<sip:alice@192.168.0.7:5062;ob>;expires=120;+sip.instance="<urn:uuid:1>"'])
  t.strictSame(
    server.sip.contacts('alice'),
    [
      {
        uri: 'sip:alice@192.168.0.7:5062;ob',
        peer: { transport: 'udp', address: '10.0.0.77', port: 5060, listener: 0 },
      },
    ],
    'reached where it came from, whatever its Contact says',
  )
  t.equal((await register([])).status, 200, 'without Contact it only asks')
  await net.run(121_000, 1000)
  t.strictSame(server.sip.contacts('alice'), [])
  await register([
    ['Contact', '<sip:alice@10.0.0.77>'],
    ['Expires', '99999999999999'],
  ])
  await register([
    ['Contact', '*'],
    ['Expires', '0'],
  ])
  t.strictSame(changes, ['alice 1', 'alice 0', 'alice 1', 'alice 0'])
  t.strictSame(server.defects, [])
})

t.test('what is not taken', async (t) => {
  const { server, register, send } = await world()
  t.equal((await register([['Contact', '<sip:a@10.0.0.77>;expires=5']])).status, 423)
  t.equal((await register([['Contact', '<sip:a@10.0.0.77>']], 'bob')).status, 403, 'another’s address')
  t.equal((await register([['Contact', '<sips:a@10.0.0.77>']])).status, 400, 'sips, and not over TLS')
  t.equal((await register([['Contact', '*']])).status, 400, '* without Expires: 0')
  t.equal((await register([['Contact', '<sip:a@10.0.0.77>']], 'nobody', 'nobody')).status, 401)
  const again = await send([['Authorization', 'Digest realm="sotto", username="alice"']], 'alice')
  t.equal(again.status, 400)
  t.equal(headerOf(again, 'www-authenticate'), undefined)
  t.strictSame(server.sip.contacts('alice'), [])
})

const INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-aabbccddeeff>"'

t.test('Path: kept with the contact, said again, and the way of requests to it (RFC 3327)', async (t) => {
  const { server, register, send } = await world()
  const path: readonly Line[] = [
    ['Path', '<sip:inner@10.0.0.77;lr>, <sip:edge.example;lr>'],
    ['Path', '<sip:token@outer.example;lr;ob>'],
  ]
  const route = ['<sip:inner@10.0.0.77;lr>', '<sip:edge.example;lr>', '<sip:token@outer.example;lr;ob>']
  const contact: Line = ['Contact', '<sip:alice@192.168.0.7>']
  const told = await register([contact, ...path, ['Supported', 'path, gruu']])
  t.equal(told.status, 200)
  t.strictSame(listOf(told, 'path'), route)
  t.strictSame(listOf(told, 'supported'), ['path', 'outbound'])
  t.strictSame(server.sip.contacts('alice'), [{ uri: 'sip:alice@192.168.0.7', route, otherFlows: [] }])
  t.strictSame(listOf(await register([contact, ...path]), 'path'), [], 'who does not know it is not told')
  t.equal(server.sip.contacts('alice').length, 1)

  const elsewhere = await register([contact, ['Path', '<sip:10.0.0.3;lr>'], ['Require', 'path']])
  t.equal(elsewhere.status, 200)
  t.strictSame(
    server.sip.contacts('alice'),
    [
      {
        uri: 'sip:alice@192.168.0.7',
        route: ['<sip:10.0.0.3;lr>'],
        peer: { transport: 'udp', address: '10.0.0.77', port: 5060, listener: 0 },
        otherFlows: [],
      },
    ],
    'a host that did not send the REGISTER is not written to for a phone that names it',
  )
  for (const value of ['sip:10.0.0.77', '<tel:42>', '<sip:10.0.0.77', `<sip:${'x'.repeat(1100)}@10.0.0.77>`])
    t.equal((await register([contact, ['Path', value]])).status, 400, value.slice(0, 40))
  t.equal((await send([contact, ['Require', 'gruu']], 'alice')).status, 420)
  await register([contact])
  t.notOk(server.sip.contacts('alice')[0]?.route, 'a phone that moved out from behind its proxy')
  t.strictSame(server.defects, [])
})

t.test('outbound: each flow of a phone is kept, one of them called at a time (RFC 5626)', async (t) => {
  const { server, register } = await world()
  const flow = (port: number, regId: number, more: readonly Line[] = [['Supported', 'path, outbound']]) =>
    register([['Contact', `<sip:alice@192.168.0.7:${port}>;reg-id=${regId};${INSTANCE}`], ...more])
  const first = await flow(5062, 1)
  t.strictSame(listOf(first, 'require'), ['outbound'])
  t.match(listOf(first, 'contact'), [new RegExp(`^<sip:alice@192.168.0.7:5062>;expires=\\d+;\\${INSTANCE};reg-id=1$`)])
  await flow(5063, 2)
  const called = () =>
    server.sip.contacts('alice').map(({ uri, otherFlows = [] }) => [uri, ...otherFlows.map((each) => each.uri)])
  t.strictSame(called(), [['sip:alice@192.168.0.7:5063', 'sip:alice@192.168.0.7:5062']])
  await flow(5064, 1)
  t.strictSame(called(), [['sip:alice@192.168.0.7:5064', 'sip:alice@192.168.0.7:5063']], 'the same flow, come anew')
  const plain = await flow(5065, 3, [])
  t.strictSame(listOf(plain, 'require'), [], 'who does not support it has its number passed over')
  t.strictSame(called(), [['sip:alice@192.168.0.7:5065']], 'and one contact an instance')

  const two: Line = ['Via', 'SIP/2.0/UDP 192.168.0.7;branch=z9hG4bKphone']
  const outbound: Line = ['Supported', 'outbound']
  t.equal((await flow(5062, 1, [two, outbound])).status, 439, 'a proxy between that does not keep the flow')
  t.equal((await flow(5062, 1, [two, outbound, ['Path', '<sip:10.0.0.77;lr>']])).status, 439)
  t.equal((await flow(5062, 1, [two, outbound, ['Path', '<sip:10.0.0.77;lr;ob>']])).status, 200)
  t.strictSame(server.defects, [])
})

t.test('a URI that is a GRUU stays what it is (RFC 5627)', async (t) => {
  const { server, register } = await world()
  const gruu = 'sip:alice@10.0.0.77;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6'
  t.equal(
    (
      await register([
        ['Contact', `<${gruu}>;${INSTANCE}`],
        ['Supported', 'gruu'],
      ])
    ).status,
    200,
  )
  await register([['Contact', '<sip:alice@10.0.0.77;gr=other>']])
  t.strictSame(
    server.sip.contacts('alice').map(({ uri }) => uri),
    ['sip:alice@10.0.0.77;gr=other', gruu],
  )
})

t.test('a proxy that has lost its phone: the caller hears that nobody is there, and the contact goes', async (t) => {
  const { net, server, peer, register } = await world()
  await register([
    ['Contact', '<sip:alice@192.168.0.7>'],
    ['Path', '<sip:token@10.0.0.77;lr;ob>'],
  ])
  const [target] = server.sip.contacts('alice')
  if (target === undefined) throw new Error('nobody is registered')
  const events = notes()
  server.sip.invite({ target, from: { displayName: '', uri: 'sip:c@10.0.0.2', user: 'c' }, events, body: 'offer' })
  await net.run(50)
  const invite = peer.last('INVITE')
  t.equal(invite.uri, 'sip:alice@192.168.0.7')
  t.strictSame(listOf(invite, 'route'), ['<sip:token@10.0.0.77;lr;ob>'])
  peer.respond(invite, 430, 'edge')
  await net.run(50)
  t.strictSame(events.told, ['refused 480'])
  t.strictSame(server.sip.contacts('alice'), [])
})

t.test('accounts come and go: the phones of one that is gone are forgotten, and others stay', async (t) => {
  const { net, server, changes, register, send } = await world()
  const contact: Line[] = [['Contact', '<sip:alice@10.0.0.77>;expires=600']]
  t.equal((await register(contact)).status, 200)
  const settings = { accountOf: phones.accountOf }
  server.sip.reconfigure({ trunks: [], phones: settings })
  t.equal(server.sip.contacts('alice').length, 1, 'she is still there')
  const renamed = { accountOf: (user: string) => (user === 'bob' ? alice : undefined) }
  server.sip.reconfigure({ trunks: [], phones: renamed })
  await net.run(10)
  t.strictSame(server.sip.contacts('alice'), [])
  t.strictSame(changes, ['alice 1', 'alice 0'])
  t.equal((await register(contact)).status, 401)
  t.equal((await register([['Contact', '<sip:bob@10.0.0.77>']], 'bob', 'bob')).status, 200)
  const other = { password: new Secret('another one') }
  server.sip.reconfigure({ trunks: [], phones: { accountOf: (user: string) => (user === 'bob' ? other : undefined) } })
  t.equal(server.sip.contacts('bob').length, 1, 'another password counts when the phone comes again')
  t.equal((await register([['Contact', '<sip:bob@10.0.0.77>']], 'bob', 'bob')).status, 401)
  const limits = { contactsPerAccount: 1, minSeconds: 100, maxSeconds: 200, defaultSeconds: 150 }
  server.sip.reconfigure({ trunks: [], phones: { ...settings, limits, algorithms: ['MD5'] } })
  const challenged = await send(contact, 'alice')
  t.equal(challenged.names.filter((name) => name === 'www-authenticate').length, 1, 'one algorithm')
  t.match(await register([['Contact', '<sip:alice@10.0.0.77>;expires=50']]), { status: 423 })
  await server.sip.close()
})
