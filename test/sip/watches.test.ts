/** Watching the dialogs of a phone (RFC 4235, RFC 6665): who may, what is told and how often, and how a subscription ends. */

import t, { type Test } from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { writeDialogInfo, writeDialogs } from '../../src/sip/dialog-info.ts'
import { authorize, chooseChallenges } from '../../src/sip/digest-client.ts'
import type { WatchedDialog } from '../../src/sip/index.ts'
import { headerOf, listOf, type SipRequest } from '../../src/sip/message.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { scriptedPeer } from './scripted-peer.ts'

const password = new Secret('secret')
const PHONE = '10.0.0.77'

/** A server at 10.0.0.2, and a phone of `alice`, who may watch `bob` as long as `may.bob`. */
async function world() {
  const net = memoryNet()
  const may: Record<string, boolean> = { bob: true }
  const dialogs = new Map<string, WatchedDialog[]>()
  const server = await endpoint(net, '10.0.0.2', () => {}, {
    phones: {
      realm: 'sotto',
      accountOf: (user) => (user === 'alice' ? { password } : undefined),
      nonceKey: new Uint8Array(32),
    },
    watching: { may: (account, watched) => account === 'alice' && may[watched] === true, dialogs: () => dialogs },
  })
  const phone = await scriptedPeer(net, PHONE, '10.0.0.2')
  const callee = await scriptedPeer(net, '10.0.0.3', '10.0.0.2')
  phone.onRequest = (request) => phone.respond(request, 200, 'never')
  let cseq = 0
  const send = async (headers: readonly Line[], to = 'bob', toTag = '') => {
    cseq += 1
    phone.send(`SUBSCRIBE sip:${to}@10.0.0.2`, [
      ['Via', `SIP/2.0/UDP ${PHONE};branch=z9hG4bKs${cseq}`],
      ['Max-Forwards', '70'],
      ['From', '<sip:alice@10.0.0.2>;tag=phone'],
      ['To', `<sip:${to}@10.0.0.2>${toTag}`],
      ['Call-ID', `lamp of ${to}`.replaceAll(' ', '-')],
      ['CSeq', `${cseq} SUBSCRIBE`],
      ['Contact', `<sip:alice@${PHONE}>`],
      ['Event', 'dialog'],
      ...headers,
    ])
    await net.run(50)
    const answer = phone.responses.at(-1)
    if (answer === undefined) throw new Error('no answer')
    return answer
  }
  const subscribe = async (headers: readonly Line[] = [], to = 'bob') => {
    const asked = await send(headers, to)
    const [challenge] = chooseChallenges(asked.values.filter((_, at) => asked.names[at] === 'www-authenticate'))
    if (challenge === undefined) throw new Error('no challenge')
    const request = { method: 'SUBSCRIBE', uri: `sip:${to}@10.0.0.2` }
    const { value } = authorize(challenge, { user: 'alice', password }, request, 'c')
    return send([...headers, ['Authorization', value]], to)
  }
  /** A call to bob's phone, which rings. */
  const ring = async () => {
    const from = { displayName: 'Somebody', uri: 'sip:+4930123456@10.0.0.2', user: '+4930123456' }
    const session = server.sip.invite({ target: { uri: 'sip:bob@10.0.0.3' }, from, events: notes(), body: 'offer' })
    dialogs.set('bob', [{ session: session.id, state: 'early', direction: 'recipient' }])
    await net.run(50)
    return { session, invite: callee.last('INVITE') }
  }
  return { net, server, phone, callee, may, dialogs, send, subscribe, ring }
}

const notifies = ({ requests }: { readonly requests: readonly SipRequest[] }) =>
  requests.filter(({ method }) => method === 'NOTIFY')
const bodyOf = (request: SipRequest | undefined) => Buffer.from(request?.body ?? []).toString('latin1')
const stateOf = (request: SipRequest | undefined) => headerOf(request as SipRequest, 'subscription-state')

async function isClean(t: Test, { net, server }: Awaited<ReturnType<typeof world>>): Promise<void> {
  await net.run(70_000, 500)
  t.strictSame(server.defects, [])
  t.match(server.sip.stats(), { watches: 0, dialogs: 0, clientTransactions: 0, serverTransactions: 0 })
}

t.test('what a pick-up needs is told: which dialog, how it stands, and where to send the INVITE', async (t) => {
  const at = await world()
  const { net, phone, callee, dialogs, ring, send } = at
  const told = await at.subscribe()
  t.equal(told.status, 200)
  t.equal(headerOf(told, 'expires'), '3600')
  t.strictSame(listOf(told, 'allow-events'), ['refer', 'dialog'])
  const [first] = notifies(phone)
  t.equal(stateOf(first), 'active;expires=3600')
  t.equal(headerOf(first as SipRequest, 'event'), 'dialog')
  t.equal(headerOf(first as SipRequest, 'content-type'), 'application/dialog-info+xml')
  t.match(bodyOf(first), / version="0" state="full" entity="sip:bob@10\.0\.0\.2"><\/dialog-info>/, 'nothing yet')

  const { session, invite } = await ring()
  await net.run(2000)
  t.equal(notifies(phone).length, 1, 'without an answer there is no dialog')
  callee.respond(invite, 180, 'bobs', [['Contact', '<sip:bob@10.0.0.3>']])
  await net.run(2000)
  const ours = /;tag=(.*)/.exec(headerOf(invite, 'from') ?? '')?.[1]
  const body = bodyOf(notifies(phone)[1])
  t.match(body, ' version="1" ')
  t.match(body, `call-id="${headerOf(invite, 'call-id')}" local-tag="bobs" remote-tag="${ours}" direction="recipient"`)
  t.match(body, '<state>early</state><remote><target uri="sip:10.0.0.2:5060"/></remote>')
  t.notMatch(body, /4930|Somebody/, 'nobody’s number is in it')

  callee.respond(invite, 200, 'bobs', [['Contact', '<sip:bob@10.0.0.3>']], 'answer')
  await net.run(50)
  session.confirm('ack')
  dialogs.set('bob', [{ session: session.id, state: 'confirmed', direction: 'recipient' }])
  at.server.sip.watchedChanged()
  await net.run(2000)
  t.match(bodyOf(notifies(phone)[2]), '<state>confirmed</state>')
  callee.onRequest = (request) => callee.respond(request, 200, 'bobs')
  session.end()
  dialogs.clear()
  await net.run(2000)
  t.match(bodyOf(notifies(phone)[3]), / version="3" [^>]*><\/dialog-info>/, 'and it is over')

  const toTag = /;tag=[^;]*/.exec(headerOf(told, 'to') ?? '')?.[0] ?? ''
  const longer = await send([['Expires', '120']], 'bob', toTag)
  t.match([longer.status, headerOf(longer, 'expires')], [200, '120'])
  t.equal(stateOf(notifies(phone)[4]), 'active;expires=120', 'a refresh is told how things stand')
  t.equal((await send([['Expires', '0']], 'bob', toTag)).status, 200)
  t.equal(stateOf(notifies(phone)[5]), 'terminated;reason=timeout')
  t.equal((await send([], 'bob', toTag)).status, 481, 'it is over')
  await isClean(t, at)
})

t.test('not more than one a second, and none that says what was said', async (t) => {
  const at = await world()
  const { net, phone, callee, dialogs, server } = at
  await at.subscribe()
  const { session, invite } = await at.ring()
  callee.respond(invite, 180, 'bobs', [['Contact', '<sip:bob@10.0.0.3>']])
  await net.run(2000)
  const before = notifies(phone).length
  for (let turn = 0; turn < 40; turn++) {
    dialogs.set('bob', [{ session: session.id, state: turn % 2 === 0 ? 'confirmed' : 'early', direction: 'recipient' }])
    server.sip.watchedChanged()
    await net.run(50)
  }
  await net.run(3000)
  const more = notifies(phone).length - before
  t.ok(more >= 1 && more <= 4, `${more} in two seconds of changes`)
  t.match(bodyOf(notifies(phone).at(-1)), 'early', 'the last one is how it stands')
  const then = notifies(phone).length
  for (let turn = 0; turn < 5; turn++) {
    server.sip.watchedChanged()
    await net.run(1500)
  }
  t.equal(notifies(phone).length, then)
  session.end()
  await net.run(2000)
  callee.respond(callee.last('CANCEL'), 200, 'bobs')
  callee.respond(invite, 487, 'bobs')
  await net.run(3_600_000, 20_000)
  t.equal(stateOf(notifies(phone).at(-1)), 'terminated;reason=timeout', 'it runs out')
  await isClean(t, at)
})

t.test('who may not, what is not taken, and how it ends', async (t) => {
  const at = await world()
  const { net, phone, may, server } = at
  t.equal((await at.send([])).status, 401)
  t.equal((await at.subscribe([], 'carol')).status, 403)
  t.equal((await at.subscribe([['Expires', '30']])).status, 423)
  t.equal((await at.subscribe([['Accept', 'application/pidf+xml']])).status, 406)
  t.equal((await at.subscribe([['Accept', 'text/plain, application/dialog-info+xml']])).status, 200)
  t.equal(server.sip.stats()['watches'], 1)
  may['bob'] = false
  server.sip.watchedChanged()
  await net.run(200)
  t.equal(stateOf(notifies(phone).at(-1)), 'terminated;reason=rejected', 'its right is gone')
  may['bob'] = true
  const once = await at.subscribe([['Expires', '0']])
  t.match([once.status, headerOf(once, 'expires')], [200, '0'])
  t.equal(stateOf(notifies(phone).at(-1)), 'terminated;reason=timeout', 'told once')
  phone.onRequest = (request) => phone.respond(request, 481, 'never')
  await at.subscribe()
  await net.run(200)
  t.equal(server.sip.stats()['watches'], 0, 'a phone that knows nothing of it any more')
  await isClean(t, at)
})

t.test('so many lamps and no more', async (t) => {
  const at = await world()
  for (let lamp = 0; lamp < 64; lamp++) {
    at.may[`phone${lamp}`] = true
    t.equal((await at.subscribe([], `phone${lamp}`)).status, 200)
  }
  t.equal((await at.subscribe()).status, 403)
  await at.server.sip.close()
  await isClean(t, at)
})

t.test('the document is XML whatever stands in a dialog', (t) => {
  const names = { callId: `a"b<c>&'é`, localTag: 'ours', remoteTag: 'theirs' }
  const rows = writeDialogs('sip:10.0.0.2;transport=tcp', [
    { session: 's', state: 'early', direction: 'initiator', names },
  ])
  t.match(rows, 'call-id="a&quot;b&lt;c&gt;&amp;&apos;&#233;" local-tag="theirs" remote-tag="ours"')
  t.match(writeDialogInfo('sip:a&b@x', 7, rows), 'version="7" state="full" entity="sip:a&amp;b@x"')
  t.end()
})
