/** Texts between endpoints in stepped time (RFC 3428): inside a dialog and outside of one, with challenges, far ends that are not there, and long silence. */

import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import type { IncomingText } from '../../src/sip/index.ts'
import { headerOf, type SipRequest } from '../../src/sip/message.ts'
import { call, endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { scriptedPeer } from './scripted-peer.ts'

const FROM = { displayName: '', uri: 'sip:a@10.0.0.1', user: 'a' }
const bodyOf = (request: SipRequest) => Buffer.from(request.body).toString()

/** One that sends and a peer that answers as told. */
async function world() {
  const net = memoryNet()
  const ours = await endpoint(net, '10.0.0.1', () => {}, {
    failOver: { patienceMs: 5000, setAsideMs: 60_000 },
    events: { onIncoming: () => {}, onText: (text) => text.respond(500), onRegistrationChanged: () => {} },
  })
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  const send = (body: string, more: object = {}, patienceMs = 60_000) => {
    const sent = { status: 0 }
    const target = { uri: 'sip:42@10.0.0.3', ...more }
    void ours.sip.text({ target, from: FROM, body: Buffer.from(body), patienceMs }).then((status) => {
      sent.status = status
    })
    return sent
  }
  const finish = async () => {
    await net.run(80_000, 500)
    t.strictSame(ours.defects, [])
    t.match(ours.sip.stats(), { clientTransactions: 0, serverTransactions: 0, dialogs: 0, sessions: 0 })
    t.equal(net.clock.pending, 0, 'no timer is left')
  }
  return { net, ours, peer, send, finish }
}

t.test('outside of a dialog: one request of our own, without a Contact', async (t) => {
  const { net, peer, send, finish } = await world()
  peer.onRequest = (request) => peer.respond(request, 202, 'b')
  const sent = send('gr\u00fc\u00dfe')
  await net.run(100)
  const request = peer.last('MESSAGE')
  t.equal(sent.status, 202)
  t.equal(bodyOf(request), 'gr\u00fc\u00dfe')
  t.equal(headerOf(request, 'content-type'), 'text/plain;charset=UTF-8')
  t.equal(headerOf(request, 'contact'), undefined)
  t.equal(headerOf(request, 'user-agent'), 'Sotto')
  const empty = send('')
  await net.run(100)
  t.equal(empty.status, 202)
  t.equal(headerOf(peer.last('MESSAGE'), 'content-type'), undefined)
  t.equal(peer.count('MESSAGE'), 2)
  await finish()
})

t.test('a challenge is answered once', async (t) => {
  const { net, peer, send, finish } = await world()
  const challenge = ['Proxy-Authenticate', 'Digest realm="x", nonce="n", algorithm=MD5'] as const
  peer.onRequest = (request) =>
    headerOf(request, 'proxy-authorization') === undefined
      ? peer.respond(request, 407, 'b', [challenge])
      : peer.respond(request, 200, 'b')
  const credentials = { user: 'us', password: new Secret('a-password-of-tests') }
  const sent = send('hello', { credentials })
  await net.run(100)
  t.equal(sent.status, 200)
  t.match(headerOf(peer.last('MESSAGE'), 'cseq'), /^2 MESSAGE$/)
  t.equal(bodyOf(peer.last('MESSAGE')), 'hello')
  peer.onRequest = (request) => peer.respond(request, 407, 'b', [challenge])
  const refused = send('hello', { credentials })
  const stranger = send('hello')
  await net.run(100)
  t.strictSame([refused.status, stranger.status], [407, 407])
  t.equal(peer.count('MESSAGE'), 5)
  await finish()
})

t.test('the next far end is asked when one is not there, and none when one has refused', async (t) => {
  const { net, peer, send, finish } = await world()
  const [first, second] = ['sip:42@10.0.0.9', 'sip:42@10.0.0.3']
  const choices = [first, second].map((uri, priority) => ({ uri, key: uri, priority, weight: 1 }))
  peer.onRequest = (request) => peer.respond(request, 200, 'b')
  const sent = send('hello', { uri: first, choices })
  await net.run(20_000, 100)
  t.equal(sent.status, 200, 'the first was silent for five seconds')
  t.equal(peer.count('MESSAGE'), 1)
  peer.onRequest = (request) => peer.respond(request, 486, 'b')
  const refused = send('hello', {
    uri: second,
    choices: choices.toReversed().map((each, priority) => ({ ...each, priority })),
  })
  await net.run(1000)
  t.equal(refused.status, 486)
  await finish()
})

t.test('nobody answers, nobody is there, and it is too large for where it goes', async (t) => {
  const { net, peer, send, finish } = await world()
  const silent = send('hello')
  const nowhere = send('hello', { uri: 'sip:42@nowhere.invalid' })
  const large = send('x'.repeat(1200))
  await net.run(33_000, 100)
  t.strictSame([silent.status, nowhere.status, large.status], [408, 503, 413])
  t.ok(peer.count('MESSAGE') > 5, 'it was said again')
  t.ok(peer.requests.every((request) => bodyOf(request) === 'hello'))
  await finish()
})

t.test('nobody waits any longer: it is sent to nobody again, and to nobody else', async (t) => {
  const { net, peer, send, finish } = await world()
  const [first, second] = ['sip:42@10.0.0.3', 'sip:42@10.0.0.9']
  const choices = [first, second].map((uri, priority) => ({ uri, key: uri, priority, weight: 1 }))
  const [alone, inTurn] = [send('alone', {}, 3000), send('in turn', { uri: first, choices }, 3000)]
  await net.run(2900, 100)
  t.strictSame([alone.status, inTurn.status], [0, 0])
  await net.run(200, 100)
  t.strictSame([alone.status, inTurn.status], [408, 408])
  const before = peer.count('MESSAGE')
  await net.run(40_000, 500)
  t.equal(peer.count('MESSAGE'), before)
  t.notOk(net.log.some(({ to }) => to === '10.0.0.9'))
  await finish()
})

t.test('one that came is answered once: with 100 when that takes long, and again when it comes again', async (t) => {
  const net = memoryNet()
  const texts: IncomingText[] = []
  const ours = await endpoint(net, '10.0.0.2', () => {}, {
    events: { onIncoming: () => {}, onText: (text) => texts.push(text), onRegistrationChanged: () => {} },
  })
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.2')
  const write = (branch: string) =>
    peer.send(
      'MESSAGE sip:42@10.0.0.2',
      [
        ['Via', `SIP/2.0/UDP 10.0.0.3;branch=z9hG4bK${branch}`],
        ['Max-Forwards', '70'],
        ['From', '"Carol" <sip:c@10.0.0.3>;tag=c'],
        ['To', '<sip:42@10.0.0.2>'],
        ['Call-ID', branch],
        ['CSeq', '1 MESSAGE'],
        ['Content-Type', 'text/plain'],
      ],
      'hello',
    )
  write('one')
  await net.run(3400, 100)
  t.strictSame(peer.responses, [])
  await net.run(200)
  t.strictSame(
    peer.responses.map(({ status }) => status),
    [100],
  )
  texts[0]?.respond(480, { protocol: 'SIP', cause: 480, text: 'Secure session' })
  texts[0]?.respond(200)
  write('one')
  await net.run(100)
  const [, final, again] = peer.responses
  t.equal(final?.status, 480)
  t.match(headerOf(final ?? peer.last('MESSAGE'), 'reason'), /SIP;cause=480;text="Secure session"/)
  t.match(headerOf(final ?? peer.last('MESSAGE'), 'to'), /;tag=/)
  t.strictSame([again?.status, texts.length], [480, 1])
  t.match(texts, [{ from: { displayName: 'Carol', user: 'c' }, target: { user: '42' }, maxForwards: 69 }])
  await net.run(70_000, 500)
  t.match(ours.sip.stats(), { serverTransactions: 0, 'message-refused': 1, dialogs: 0 })
  t.strictSame(ours.defects, [])
})

t.test('who may have forged the address of a trunk has it sent three octets for one at most', async (t) => {
  const net = memoryNet()
  const texts: IncomingText[] = []
  const ours = await endpoint(net, '10.0.0.2', () => {}, {
    events: { onIncoming: () => {}, onText: (text) => texts.push(text), onRegistrationChanged: () => {} },
  })
  for (const padding of [0, 60, 300]) {
    const more = padding === 0 ? '' : `X: ${'x'.repeat(padding)}\r\n`
    const text = `MESSAGE sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK${padding}\r\nf:sip:a\r\nt:sip:a\r\ni:${padding}\r\nCSeq:1 MESSAGE\r\n${more}\r\n`
    net.log.length = 0
    net.inject(Buffer.from(text), { transport: 'udp', address: '10.0.0.1', port: 5060 }, '10.0.0.2')
    await net.run(5000, 500)
    texts.at(-1)?.respond(480, { protocol: 'SIP', cause: 480, text: 'Secure session' })
    await net.run(40_000, 1000)
    const out = net.log.reduce((sum, each) => sum + each.text.length, 0)
    t.ok(out <= 3 * text.length, `${out} for ${text.length}`)
    if (padding >= 300) t.equal(net.log.length, 2, 'one as phones send it is answered, with 100 before that')
  }
  t.strictSame(ours.defects, [])
})

t.test('inside a dialog, both ways, and no more when it is over', async (t) => {
  const net = memoryNet()
  const heard = notes()
  const onText = () => {}
  const answering = {
    events: { onText, onRegistrationChanged: () => {}, onIncoming: () => {} },
  }
  const caller = await endpoint(net, '10.0.0.1', () => {}, answering)
  let far: { text(body: Uint8Array): Promise<number> } | undefined
  const callee = await endpoint(net, '10.0.0.2', () => {}, {
    events: {
      ...answering.events,
      onIncoming: (session) => {
        session.attach(heard)
        session.accept('answer')
        far = session
      },
    },
  })
  const told = notes()
  const session = call(caller, told)
  t.equal(await session.text(Buffer.from('too early')), 481)
  await net.run(200)
  const statuses: Promise<number>[] = []
  statuses.push(
    session.text(Buffer.from('4111 1111 1111 1111 \u{1f600}')),
    far?.text(Buffer.from('')) ?? Promise.resolve(0),
  )
  await net.run(200)
  t.strictSame(await Promise.all(statuses), [200, 200])
  t.ok(heard.told.includes('text #### #### #### #### \u{1f600}'))
  t.ok(told.told.includes('text '))
  net.lose = (text) => text.startsWith('MESSAGE')
  const unanswered = session.text(Buffer.from('at the end'))
  session.end()
  await net.run(80_000, 500)
  t.equal(await unanswered, 481, 'what was on its way is not waited for')
  t.equal(await session.text(Buffer.from('too late')), 481)
  for (const { sip, defects } of [caller, callee]) {
    t.strictSame(defects, [])
    t.match(sip.stats(), { clientTransactions: 0, serverTransactions: 0, dialogs: 0, sessions: 0 })
  }
  t.equal(net.clock.pending, 0)
})
