/**
 * Phones that speak of GRUUs (RFC 5627) and keep several flows (RFC 5626), over real UDP and TCP: nothing of it breaks a registration or leads a
 * request astray, and a call goes on over another flow when its own is cut.
 */

import t, { type Test } from 'tap'
import { Secret } from '../../src/base/secret.ts'
import type { IncomingSession } from '../../src/sip/index.ts'
import { headerOf, listOf } from '../../src/sip/message.ts'
import { askAs, registerAs, tcpPeer, udpPeer, type WirePeer } from '../peers/wire-peer.ts'
import { notes } from './endpoints.ts'
import { realEndpoint, until } from './real-endpoint.ts'

const ALICE = { user: 'alice', password: 'right' }
const INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-aabbccddeeff>"'
/** Of a domain that nobody can look up, as a registrar that gives them out would have made them. */
const PUBLIC_GRUU = 'sip:alice@gruu.invalid;gr=urn:uuid:00000000-0000-1000-8000-aabbccddeeff'
const TEMPORARY_GRUU = 'sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@gruu.invalid;gr'

const FROM = { displayName: '', uri: 'sip:caller@127.0.0.1', user: 'caller' }

async function stage(t: Test, transport: 'udp' | 'tcp') {
  const incoming: IncomingSession[] = []
  const told = notes()
  const server = await realEndpoint(
    (session) => {
      incoming.push(session)
      session.attach(told)
      session.accept('our answer')
    },
    {
      listeners: [{ transport, address: '127.0.0.1', port: 0 }],
      trunks: [],
      phones: {
        realm: 'sotto',
        accountOf: (user) => (user === 'alice' ? { password: new Secret('right') } : undefined),
        nonceKey: Buffer.alloc(32, 7),
      },
      failOver: { patienceMs: 500, setAsideMs: 0 },
    },
  )
  const where = { address: '127.0.0.1', port: server.port }
  const peers: WirePeer[] = []
  t.teardown(async () => {
    for (const peer of peers) await peer.close()
    await server.sip.close()
  })
  const open = async () => {
    const peer = await (transport === 'udp' ? udpPeer : tcpPeer)(where)
    peers.push(peer)
    return peer
  }
  const called = () => {
    const [target] = server.sip.contacts('alice')
    if (target === undefined) throw new Error('nobody is registered')
    const events = notes()
    return { events, session: server.sip.invite({ target, from: FROM, events, body: 'offer' }) }
  }
  return { server, incoming, told, open, called }
}

/** Answers an INVITE with a Contact, and everything else with 200. */
function willAnswer(peer: WirePeer, contact: string): void {
  peer.onRequest = (request) => {
    if (request.method === 'INVITE') peer.respond(request, 200, 'phone', [['Contact', `<${contact}>`]], 'phone answer')
    else if (request.method !== 'ACK') peer.respond(request, 200, 'phone')
  }
}

const came = (method: string) => (request: { readonly method: string }) => request.method === method

for (const transport of ['udp', 'tcp'] as const) {
  for (const gruu of [PUBLIC_GRUU, TEMPORARY_GRUU]) {
    t.test(
      `a phone over ${transport} whose Contact in a call is ${gruu.slice(4, 9)}...: what we say goes to it`,
      async (t) => {
        const { server, open, called } = await stage(t, transport)
        const phone = await open()
        const contact = `sip:alice@${phone.at};transport=${transport};gr=urn:uuid:00000000-0000-1000-8000-aabbccddeeff`
        const ok = await registerAs(phone, ALICE, '127.0.0.1', `<${contact}>;${INSTANCE}`, [
          ['Supported', 'gruu, path'],
        ])
        t.ok(headerOf(ok, 'contact')?.includes(INSTANCE), 'its instance is said again')
        t.notMatch(headerOf(ok, 'contact'), /pub-gruu|temp-gruu/, 'none is given out')
        t.notOk(listOf(ok, 'supported')?.includes('gruu'))
        willAnswer(phone, gruu)
        const { events, session } = called()
        const invite = await phone.request(came('INVITE'), 'the call')
        t.equal(invite.uri, contact, 'called by the URI that it registered')
        t.ok(await until(() => events.told.length > 0))
        session.confirm('ack')
        t.equal((await phone.request(came('ACK'), 'its ACK')).uri, gruu, 'its GRUU is the target')
        session.end()
        t.equal((await phone.request(came('BYE'), 'its end')).uri, gruu)
        t.ok(await until(() => server.sip.sessionCount === 0))
        t.strictSame(server.defects, [])
      },
    )
  }

  t.test(
    `a phone over ${transport} calls by a GRUU and has one: the user part counts, and its call can be ended`,
    async (t) => {
      const { server, open, incoming, told } = await stage(t, transport)
      const phone = await open()
      willAnswer(phone, PUBLIC_GRUU)
      const from = '<sip:alice@127.0.0.1>'
      const uri = `sip:100@127.0.0.1:${server.port};gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6`
      const headers = [
        ['Contact', `<${PUBLIC_GRUU}>;${INSTANCE}`],
        ['Supported', 'gruu'],
        ['Content-Type', 'application/sdp'],
      ] as const
      const ask = { method: 'INVITE', uri, to: `<${uri}>`, from, callId: 'calls', tag: 'a', headers, body: 'offer' }
      const { response, cseq } = await askAs(phone, ALICE, ask)
      t.equal(response.status, 200)
      t.equal(incoming[0]?.target.user, '100')
      phone.send('ACK sip:100@127.0.0.1', [
        ['From', `${from};tag=a`],
        ['To', headerOf(response, 'to') ?? ''],
        ['Call-ID', 'calls'],
        ['CSeq', `${cseq} ACK`],
      ])
      t.ok(await until(() => told.told.some((each) => each.startsWith('confirmed'))))
      incoming[0]?.end()
      t.equal((await phone.request(came('BYE'), 'its end')).uri, PUBLIC_GRUU)
      t.ok(await until(() => server.sip.sessionCount === 0))
      t.strictSame(server.defects, [])
    },
  )
}

const flowOf = (peer: WirePeer, regId: number) =>
  registerAs(peer, ALICE, '127.0.0.1', `<sip:alice@${peer.at};transport=tcp;ob>;reg-id=${regId};${INSTANCE}`, [
    ['Supported', 'path, outbound'],
  ])

t.test('outbound: the newest flow is called; a cut one is passed over, and so is one that says nothing', async (t) => {
  const { server, open, called } = await stage(t, 'tcp')
  const [first, second, third] = [await open(), await open(), await open()]
  for (const [i, flow] of [first, second, third].entries()) await flowOf(flow, i + 1)
  willAnswer(first, 'sip:alice@phone.invalid;ob')
  willAnswer(third, 'sip:alice@phone.invalid;ob')
  const one = called()
  await third.request(came('INVITE'), 'a call by the newest flow')
  t.ok(await until(() => one.events.told.length > 0))
  one.session.confirm('ack')
  one.session.end()
  await third.request(came('BYE'), 'its end')

  await third.close()
  t.ok(await until(() => server.registrations.length === 4), 'its contact goes with the connection')
  const two = called()
  await second.request(came('INVITE'), 'a call by the next flow, which says nothing')
  await first.request(came('INVITE'), 'and then by the last')
  t.ok(await until(() => two.events.told.some((each) => each.startsWith('answered'))))
  two.session.confirm('ack')
  two.session.end()
  await first.request(came('BYE'), 'its end')
  t.strictSame(server.defects, [])
})

t.test('outbound: a call whose flow is cut goes on over another flow of the same phone', async (t) => {
  const { server, open, called } = await stage(t, 'tcp')
  const [first, second, third] = [await open(), await open(), await open()]
  for (const [i, flow] of [first, second, third].entries()) await flowOf(flow, i + 1)
  willAnswer(third, `sip:alice@${third.at};transport=tcp;ob`)
  const { events, session } = called()
  t.ok(await until(() => events.told.length > 0))
  session.confirm('ack')
  await third.request(came('ACK'), 'the call stands')
  await third.close()
  t.ok(await until(() => server.registrations.length === 4))
  willAnswer(second, 'sip:alice@phone.invalid;ob')
  const reoffered = session.reoffer(() => 'new offer')
  await second.request(came('INVITE'), 'a re-INVITE over the next flow')
  t.match(await reoffered, { result: 'answered', body: 'phone answer' })
  session.end()
  await second.request(came('BYE'), 'and its end')
  t.equal(first.requests.length, 0)
  t.ok(await until(() => server.sip.sessionCount === 0))
  t.strictSame(server.defects, [])
})
