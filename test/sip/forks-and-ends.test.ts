/** Calls of ours that several far ends answer, and what is owed to each when one is over (RFC 3261 section 13.2.2.4). */

import t from 'tap'
import { cseqOf, headerOf } from '../../src/sip/message.ts'
import { contact, world } from './calling-scene.ts'
import { call } from './endpoints.ts'

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

t.test('one that rings just as it is given up leaves nothing behind', async (t) => {
  const { net, ours, peer, told, finish } = await world()
  call(ours, told, 'offer', '10.0.0.3')
  await net.run(50)
  const invite = peer.last('INVITE')
  peer.respond(invite, 100, '')
  await net.run(201_000, 500)
  t.strictSame(told.told, ['refused 408'])
  t.equal(peer.count('CANCEL'), 1)
  peer.respond(invite, 180, 'one', [contact('one')])
  peer.respond(invite, 487, 'one')
  await finish(t)
})
