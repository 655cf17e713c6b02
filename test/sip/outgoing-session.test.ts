import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { cseqOf, headerOf, listOf, type SipRequest } from '../../src/sip/message.ts'
import { call, endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { scriptedPeer } from './scripted-peer.ts'

const contact = (user: string) => ['Contact', `<sip:${user}@10.0.0.3>`] as const

async function world() {
  const net = memoryNet()
  const ours = await endpoint(net, '10.0.0.1')
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  peer.onRequest = (request) => {
    if (request.method === 'BYE' || request.method === 'PRACK' || request.method === 'CANCEL')
      peer.respond(request, 200, 'x')
  }
  const told = notes()
  const finish = async (t: {
    match: (a: unknown, b: unknown) => boolean
    strictSame: (a: unknown, b: unknown) => boolean
  }) => {
    await net.run(70_000, 500)
    t.strictSame(ours.defects, [])
    t.match(ours.sip.stats(), { clientTransactions: 0, serverTransactions: 0, dialogs: 0, sessions: 0 })
  }
  /** ACKs and BYEs that came. */
  const sent = () => ({ ack: peer.count('ACK'), bye: peer.count('BYE') })
  return { net, ours, peer, told, finish, sent }
}

t.test(
  'a forked call: the first 200 is the call, every other gets ACK and BYE (RFC 3261 section 13.2.2.4)',
  async (t) => {
    const { net, ours, peer, told, finish } = await world()
    const session = call(ours, told, 'offer', '10.0.0.3')
    await net.run(50)
    const invite = peer.last('INVITE')
    peer.respond(invite, 180, 'one', [contact('one')])
    peer.respond(invite, 183, 'two', [contact('two')], 'early two')
    peer.respond(invite, 200, 'two', [contact('two')], 'answer two')
    peer.respond(invite, 200, 'one', [contact('one')], 'answer one')
    peer.respond(invite, 200, 'three', [contact('three')], 'answer three')
    await net.run(200)
    t.strictSame(told.told, ['progress 180', 'progress 183 early two', 'answered answer two'])
    t.strictSame(
      peer.requests
        .filter((each) => each.method === 'ACK')
        .map((each) => each.uri)
        .sort(),
      ['sip:one@10.0.0.3', 'sip:three@10.0.0.3', 'sip:two@10.0.0.3'],
    )
    t.strictSame(
      peer.requests
        .filter((each) => each.method === 'BYE')
        .map((each) => each.uri)
        .sort(),
      ['sip:one@10.0.0.3', 'sip:three@10.0.0.3'],
    )
    peer.respond(invite, 200, 'two', [contact('two')], 'answer two')
    await net.run(100)
    t.equal(peer.count('ACK'), 4, 'a repeated 200 gets its ACK again')
    session.end()
    await net.run(100)
    t.equal(peer.last('BYE').uri, 'sip:two@10.0.0.3')
    await finish(t)
  },
)

t.test(
  'a fork that answers after the CANCEL gets ACK and BYE, and the forks that only rang are forgotten',
  async (t) => {
    const { net, ours, peer, told, finish } = await world()
    const session = call(ours, told, 'offer', '10.0.0.3')
    await net.run(50)
    const invite = peer.last('INVITE')
    peer.respond(invite, 180, 'one', [contact('one')])
    peer.respond(invite, 180, 'two', [contact('two')])
    await net.run(50)
    session.end()
    peer.respond(invite, 200, 'two', [contact('two')], 'answer two')
    await net.run(200)
    t.equal(peer.last('BYE').uri, 'sip:two@10.0.0.3')
    t.strictSame(told.told, ['progress 180', 'progress 180', 'ended us'])
    await finish(t)
  },
)

t.test('an owner that ends the call while it hears of the answer hears of the end too', async (t) => {
  const { net, ours, peer, told, finish } = await world()
  const target = { uri: 'sip:42@10.0.0.3' }
  const from = { displayName: 'Caller', uri: 'sip:caller@10.0.0.1', user: 'caller' }
  const onAnswered = () => {
    told.told.push('answered')
    session.end()
  }
  const session = ours.sip.invite({ target, from, events: { ...told, onAnswered }, body: 'offer' })
  await net.run(50)
  peer.respond(peer.last('INVITE'), 200, 'one', [contact('one')], 'answer')
  await net.run(100)
  t.strictSame(told.told, ['answered', 'ended us'])
  t.equal(peer.count('BYE'), 1)
  await finish(t)
})

for (const who of ['we', 'the far end'] as const) {
  t.test(`${who} end a call whose offer was not answered yet: its ACK refuses the offer, once`, async (t) => {
    const { net, ours, peer, told, finish } = await world()
    const from = { displayName: 'Caller', uri: 'sip:caller@10.0.0.1', user: 'caller' }
    const session = ours.sip.invite({ target: { uri: 'sip:42@10.0.0.3' }, from, events: told })
    await net.run(50)
    const invite = peer.last('INVITE')
    const ok = () =>
      peer.respond(invite, 200, 'one', [contact('one')], 'v=0\r\nm=audio 4000 RTP/AVP 8\r\na=sendrecv\r\n')
    ok()
    await net.run(50)
    t.equal(peer.count('ACK'), 0, 'it brings the answer')
    if (who === 'we') session.end()
    else
      peer.send('BYE sip:caller@10.0.0.1', [
        ['Via', 'SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKbye'],
        ['From', '<sip:42@10.0.0.3>;tag=one'],
        ['To', headerOf(invite, 'from') ?? ''],
        ['Call-ID', headerOf(invite, 'call-id') ?? ''],
        ['CSeq', '1 BYE'],
      ])
    await net.run(100)
    t.strictSame(told.told.at(-1), who === 'we' ? 'ended us' : 'ended far-end')
    t.equal(peer.count('ACK'), 1)
    t.equal(peer.last('ACK').body.toString(), 'v=0\r\nm=audio 0 RTP/AVP 8\r\na=sendrecv\r\n')
    t.equal(peer.count('BYE'), who === 'we' ? 1 : 0)
    ok()
    await net.run(100)
    t.equal(peer.count('ACK'), 2)
    t.equal(peer.last('ACK').body.toString(), 'v=0\r\nm=audio 0 RTP/AVP 8\r\na=sendrecv\r\n')
    t.equal(peer.count('BYE'), who === 'we' ? 1 : 0)
    await finish(t)
  })
}

t.test('what comes back when the call is over: its own 200 gets its ACK, a fork ACK and BYE, once', async (t) => {
  for (const offer of ['offer', undefined]) {
    const { net, ours, peer, told, finish, sent } = await world()
    const from = { displayName: 'Caller', uri: 'sip:caller@10.0.0.1', user: 'caller' }
    const target = { uri: 'sip:42@10.0.0.3' }
    const session = ours.sip.invite({ target, from, events: told, ...(offer === undefined ? {} : { body: offer }) })
    await net.run(50)
    const invite = peer.last('INVITE')
    const sdp = 'v=0\r\nm=audio 4000 RTP/AVP 8\r\n'
    const uuidOf = (tag: string) => (tag === 'one' ? '1' : '2').repeat(32)
    const ok = (tag: string) =>
      peer.respond(
        invite,
        200,
        tag,
        [contact(tag), ['Record-Route', '<sip:10.0.0.3;lr>'], ['Session-ID', `${uuidOf(tag)};remote=${ourUuid}`]],
        sdp,
      )
    const ourUuid = headerOf(invite, 'session-id')?.split(';')[0]
    ok('one')
    await net.run(50)
    session.confirm('answer')
    session.end()
    await net.run(100)
    t.equal(ours.sip.stats()['sessions'], 0)
    t.same(sent(), { ack: 1, bye: 1 })

    ok('one')
    await net.run(100)
    t.same(sent(), { ack: 2, bye: 1 }, 'its ACK was lost')
    ok('two')
    await net.run(100)
    ok('two')
    await net.run(100)
    t.same(sent(), { ack: 4, bye: 2 })
    const [ack, bye] = [peer.last('ACK'), peer.last('BYE')]
    for (const request of [ack, bye]) {
      t.equal(request.uri, 'sip:two@10.0.0.3')
      t.match(headerOf(request, 'to'), /tag=two/)
      t.equal(headerOf(request, 'from'), headerOf(invite, 'from'))
      t.equal(headerOf(request, 'call-id'), headerOf(invite, 'call-id'))
      t.equal(headerOf(request, 'route'), '<sip:10.0.0.3;lr>')
      t.equal(headerOf(request, 'session-id'), `${ourUuid};remote=${uuidOf('two')}`)
    }
    t.equal(cseqOf(ack)?.number, 1)
    t.equal(cseqOf(bye)?.number, 2)
    const refusal = offer === undefined ? sdp.replace('4000', '0') : ''
    t.equal(ack.body.toString(), refusal, 'an offer is answered, with a refusal')
    t.equal(ours.sip.stats()['unwanted-2xx'], 1)
    t.equal(told.told.at(-1), 'ended us', 'the owner hears nothing of it')
    await finish(t)
  }
})

t.test('a far end is told of the end once, however often its 200 comes, and whichever of them went last', async (t) => {
  const { net, ours, peer, told, finish, sent } = await world()
  const session = call(ours, told, 'offer', '10.0.0.3')
  await net.run(50)
  const invite = peer.last('INVITE')
  const ok = async (tag: string) => {
    peer.respond(invite, 200, tag, [contact(tag)], 'answer')
    await net.run(100)
  }
  await ok('one')
  await ok('two')
  await ok('two')
  t.same(sent(), { ack: 3, bye: 1 }, 'the call stands')
  session.end()
  await net.run(100)
  t.same(sent(), { ack: 3, bye: 2 })
  await ok('two')
  await ok('one')
  t.same(sent(), { ack: 5, bye: 2 }, 'the call is over')
  t.equal(ours.sip.stats()['unwanted-2xx'], 1)
  await finish(t)
})

t.test(
  'who takes a call after it was given up, having rung for too long without a word, gets ACK and BYE',
  async (t) => {
    const { net, ours, peer, told, finish, sent } = await world()
    call(ours, told, 'offer', '10.0.0.3')
    await net.run(50)
    const invite = peer.last('INVITE')
    peer.respond(invite, 180, 'one', [contact('one')])
    await net.run(210_000, 500)
    t.equal(told.told.at(-1), 'refused 408')
    t.equal(peer.count('CANCEL'), 1)
    for (const bye of [1, 1]) {
      const acks = peer.count('ACK')
      peer.respond(invite, 200, 'one', [contact('one')], 'answer')
      await net.run(100)
      t.same(sent(), { ack: acks + 1, bye })
    }
    await finish(t)
  },
)

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
  const reoffered = session.reoffer('another')
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
  const outcome = session.reoffer('new')
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
