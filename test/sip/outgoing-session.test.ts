import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { cseqOf, headerOf, listOf, type SipRequest } from '../../src/sip/message.ts'
import { contact, world } from './calling-scene.ts'
import { call } from './endpoints.ts'

t.test('reliable provisionals get their PRACK once, out of order ones none (RFC 3262 section 4)', async (t) => {
  const { net, ours, peer, told, finish } = await world()
  const session = call(ours, told, 'offer', '10.0.0.3')
  await net.run(50)
  const invite = peer.last('INVITE')
  const reliable = (rseq: number, status: number, body = '') =>
    peer.respond(invite, status, 'one', [contact('one'), ['Require', '100rel'], ['RSeq', String(rseq)]], body)
  reliable(7, 183, 'early')
  await net.run(50)
  t.equal(headerOf(peer.last('PRACK'), 'rack'), '7 1 INVITE')
  reliable(7, 183, 'early')
  reliable(9, 180)
  await net.run(50)
  t.equal(peer.count('PRACK'), 1)
  reliable(8, 180)
  await net.run(50)
  t.equal(peer.count('PRACK'), 2)
  peer.respond(invite, 200, 'one', [contact('one')])
  await net.run(100)
  t.strictSame(
    told.told,
    ['progress 183 early', 'progress 180', 'answered early'],
    'the answer of the 183 is the answer of a 200 without one',
  )
  session.end()
  await finish(t)
})

t.test('provisionals without tag or Contact still ring', async (t) => {
  const { net, ours, peer, told, finish } = await world()
  const session = call(ours, told, 'offer', '10.0.0.3')
  await net.run(50)
  const invite = peer.last('INVITE')
  net.inject(
    Buffer.from(
      `SIP/2.0 180 Ringing\r\nVia: ${headerOf(invite, 'via')}\r\nFrom: ${headerOf(invite, 'from')}\r\nTo: ${headerOf(invite, 'to')}\r\nCall-ID: ${headerOf(invite, 'call-id')}\r\nCSeq: 1 INVITE\r\n\r\n`,
    ),
    { transport: 'udp', address: '10.0.0.3', port: 5060 },
    '10.0.0.1',
  )
  peer.respond(invite, 183, 'one')
  await net.run(50)
  t.strictSame(told.told, ['progress 180', 'progress 183'])
  session.end()
  await net.run(100)
  peer.respond(invite, 487, 'one')
  await finish(t)
})

t.test('a challenge is answered once, in and outside of the dialog', async (t) => {
  const { net, ours, peer, told, finish } = await world()
  const challenge = ['Proxy-Authenticate', 'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"'] as const
  const isProved = (request: SipRequest) => headerOf(request, 'proxy-authorization') !== undefined
  peer.onRequest = (request) => {
    if (request.method === 'ACK') return
    if (!isProved(request)) peer.respond(request, 407, 'c', [challenge])
    else peer.respond(request, 200, 'one', [contact('one')], request.method === 'INVITE' ? 'answer' : '')
  }
  const session = ours.sip.invite({
    target: { uri: 'sip:42@10.0.0.3', credentials: { user: 'u', password: new Secret('p') } },
    from: { displayName: '', uri: 'sip:u@10.0.0.3', user: 'u' },
    body: 'offer',
    events: told,
  })
  await net.run(200)
  t.strictSame(told.told, ['answered answer'])
  t.strictSame(
    peer.requests.map((each) => `${each.method} ${cseqOf(each)?.number}`),
    ['INVITE 1', 'ACK 1', 'INVITE 2', 'ACK 2'],
  )
  const proof = () => headerOf(peer.last('INVITE'), 'proxy-authorization')
  t.equal(
    headerOf(peer.last('ACK'), 'proxy-authorization'),
    proof(),
    'its ACK has the same credentials (RFC 3261 section 13.2.2.4)',
  )
  const before = proof()
  const reoffered = session.reoffer(() => 'another')
  await net.run(200)
  t.match(await reoffered, { result: 'answered' })
  t.not(proof(), before)
  t.equal(headerOf(peer.last('ACK'), 'proxy-authorization'), proof(), 'and so has that of a re-INVITE')
  session.end()
  await net.run(200)
  t.strictSame(
    peer.requests.slice(8).map((each) => `${each.method} ${cseqOf(each)?.number}`),
    ['BYE 5', 'BYE 6'],
    'the retry counts on (RFC 3261 section 22.2)',
  )
  await finish(t)

  const wrong = await world()
  wrong.peer.onRequest = (request) => wrong.peer.respond(request, 401, 'c', [['WWW-Authenticate', challenge[1]]])
  wrong.ours.sip.invite({
    target: { uri: 'sip:42@10.0.0.3', credentials: { user: 'u', password: new Secret('p') } },
    from: { displayName: '', uri: 'sip:u@10.0.0.3', user: 'u' },
    events: wrong.told,
  })
  await wrong.net.run(200)
  t.strictSame(wrong.told.told, ['refused 401'])
  t.equal(wrong.peer.count('INVITE'), 2)
  await wrong.finish(t)
})

t.test('422 is asked again with the interval it names', async (t) => {
  const { net, ours, peer, told, finish } = await world()
  call(ours, told, 'offer', '10.0.0.3')
  await net.run(50)
  peer.respond(peer.last('INVITE'), 422, 'x', [['Min-SE', '3600']])
  await net.run(50)
  t.equal(headerOf(peer.last('INVITE'), 'session-expires'), '3600')
  t.equal(headerOf(peer.last('INVITE'), 'min-se'), '3600')
  peer.respond(peer.last('INVITE'), 422, 'x', [['Min-SE', '7200']])
  await net.run(50)
  t.strictSame(told.told, ['refused 422'])
  await finish(t)
})

t.test('routes: Record-Route of the 200 turned round, loose and strict (RFC 3261 section 12.2.1.1)', async (t) => {
  const { net, ours, peer, told, finish } = await world()
  const session = call(ours, told, 'offer', '10.0.0.3')
  await net.run(50)
  const routes = [['Record-Route', '<sip:far.example;lr>, <sip:10.0.0.3;lr>']] as const
  peer.respond(peer.last('INVITE'), 200, 'one', [...routes, contact('one')], 'answer')
  await net.run(50)
  t.strictSame(listOf(peer.last('ACK'), 'route'), ['<sip:10.0.0.3;lr>', '<sip:far.example;lr>'])
  t.equal(peer.last('ACK').uri, 'sip:one@10.0.0.3')
  session.end()
  await net.run(50)
  await finish(t)

  const strict = await world()
  const other = call(strict.ours, strict.told, 'offer', '10.0.0.3')
  await strict.net.run(50)
  strict.peer.respond(
    strict.peer.last('INVITE'),
    200,
    'one',
    [['Record-Route', '<sip:10.0.0.3>'], contact('one')],
    'answer',
  )
  await strict.net.run(50)
  t.equal(strict.peer.last('ACK').uri, 'sip:10.0.0.3')
  t.strictSame(listOf(strict.peer.last('ACK'), 'route'), ['<sip:one@10.0.0.3>'])
  other.end()
  await strict.finish(t)
})

t.test('a 2xx to a re-INVITE moves the target', async (t) => {
  const { net, ours, peer, told, finish } = await world()
  const session = call(ours, told, 'offer', '10.0.0.3')
  await net.run(50)
  peer.respond(peer.last('INVITE'), 200, 'one', [contact('one')], 'answer')
  await net.run(50)
  const outcome = session.reoffer(() => 'new')
  await net.run(50)
  peer.respond(peer.last('INVITE'), 200, 'one', [contact('moved')], 'new answer')
  await net.run(50)
  t.strictSame(await outcome, { result: 'answered', body: 'new answer' })
  t.equal(peer.last('ACK').uri, 'sip:moved@10.0.0.3')
  session.end()
  await net.run(50)
  t.equal(peer.last('BYE').uri, 'sip:moved@10.0.0.3')
  await finish(t)
})
