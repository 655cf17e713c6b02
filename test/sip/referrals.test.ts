/** REFER inside a dialog, octet by octet (RFC 3515, RFC 4488). */

import t, { type Test } from 'tap'
import type { IncomingSession } from '../../src/sip/index.ts'
import { headerOf, type SipRequest } from '../../src/sip/message.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { INVITE, inDialog, scriptedPeer } from './scripted-peer.ts'

/** A call that stands between a scripted peer and an endpoint. */
async function standing(t: Test) {
  const net = memoryNet()
  const told = notes()
  let session: IncomingSession | undefined
  const at = await endpoint(net, '10.0.0.2', (incoming) => {
    session = incoming
    incoming.attach(told)
  })
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.2')
  peer.send('INVITE sip:42@10.0.0.2', INVITE, 'offer')
  await net.run(50)
  session?.accept('answer')
  await net.run(50)
  const ok = peer.responses.find(({ status }) => status === 200)
  if (ok === undefined || session === undefined) throw new Error('the call did not come about')
  const standing = session
  peer.send('ACK sip:42@10.0.0.2', inDialog(INVITE, ok, '1 ACK', 'ack'))
  await net.run(50)
  let cseq = 10
  const send = async (method: string, ...headers: Line[]) => {
    cseq += 1
    peer.responses.length = 0
    peer.send(`${method} sip:42@10.0.0.2`, [...inDialog(INVITE, ok, `${cseq} ${method}`, `b${cseq}`), ...headers])
    await net.run(50)
    return cseq
  }
  return {
    net,
    peer,
    told,
    session: standing,
    send,
    ok,
    notifies: () => peer.requests.filter(({ method }) => method === 'NOTIFY'),
    finish: async () => {
      peer.onRequest = (request) => peer.respond(request, 200, 'x')
      standing.end()
      await net.run(40_000, 500)
      t.strictSame(at.defects, [])
      t.match(at.sip.stats(), { dialogs: 0, sessions: 0, clientTransactions: 0, serverTransactions: 0 })
    },
  }
}

const REFER_TO: Line = ['Refer-To', '<sip:100@10.0.0.2>']
const CONTACT: Line = ['Contact', '<sip:c@10.0.0.3>']

function fragment(request: SipRequest | undefined): string {
  return request === undefined ? '' : Buffer.from(request.body).toString('latin1')
}

t.test('accepted: 202, news, and the last word ends the subscription; BYE waits for it', async (t) => {
  const at = await standing(t)
  const cseq = await at.send('REFER', REFER_TO, CONTACT)
  t.equal(at.told.told.at(-1), 'referral to 100')
  const [referral] = at.told.referrals
  referral?.accept()
  await at.net.run(50)
  const [accepted] = at.peer.responses
  t.equal(accepted?.status, 202)
  t.match(accepted === undefined ? '' : headerOf(accepted, 'contact'), /^<sip:10\.0\.0\.2:5060>$/)
  const [trying] = at.notifies()
  t.equal(fragment(trying), 'SIP/2.0 100 Trying\r\n')
  t.equal(headerOf(trying as SipRequest, 'event'), `refer;id=${cseq}`)
  t.match(headerOf(trying as SipRequest, 'subscription-state'), /^active;expires=\d+$/)
  t.equal(headerOf(trying as SipRequest, 'content-type'), 'message/sipfrag;version=2.0')
  at.peer.respond(trying as SipRequest, 200, 'x')
  await at.net.run(50)
  referral?.progress(180)
  await at.net.run(50)
  t.equal(fragment(at.notifies().at(-1)), 'SIP/2.0 180 Ringing\r\n')
  at.peer.respond(at.notifies().at(-1) as SipRequest, 200, 'x')
  referral?.progress(200)
  at.session.end()
  await at.net.run(50)
  const last = at.notifies().at(-1) as SipRequest
  t.equal(fragment(last), 'SIP/2.0 200 OK\r\n')
  t.equal(headerOf(last, 'subscription-state'), 'terminated;reason=noresource')
  t.equal(at.peer.count('BYE'), 0, 'the BYE waits')
  at.peer.respond(last, 200, 'x')
  await at.net.run(50)
  t.equal(at.peer.count('BYE'), 1)
  at.peer.respond(at.peer.last('BYE'), 200, 'x')
  await at.finish()
})

t.test('a NOTIFY that nobody answers holds the BYE back for two seconds at most', async (t) => {
  const at = await standing(t)
  await at.send('REFER', REFER_TO, CONTACT)
  at.told.referrals[0]?.accept()
  at.told.referrals[0]?.progress(200)
  at.session.end()
  await at.net.run(1500)
  t.equal(at.peer.count('BYE'), 0)
  await at.net.run(1000)
  t.ok(at.peer.count('BYE') > 0)
  await at.finish()
})

t.test('refused, with the reason', async (t) => {
  const at = await standing(t)
  await at.send('REFER', REFER_TO, CONTACT)
  at.told.referrals[0]?.reject(403, { protocol: 'SIP', cause: 403, text: 'No transfer during a secure session' })
  at.told.referrals[0]?.accept()
  at.told.referrals[0]?.progress(200)
  await at.net.run(50)
  const [response] = at.peer.responses
  t.equal(response?.status, 403)
  t.equal(
    response === undefined ? '' : headerOf(response, 'reason'),
    'SIP;cause=403;text="No transfer during a secure session"',
  )
  t.equal(at.notifies().length, 0)
  await at.finish()
})

t.test('Refer-Sub: false is honoured, also when it is required', async (t) => {
  const at = await standing(t)
  await at.send('REFER', REFER_TO, CONTACT, ['Refer-Sub', 'false'], ['Require', 'norefersub'])
  at.told.referrals[0]?.accept()
  at.told.referrals[0]?.progress(180)
  at.told.referrals[0]?.progress(486)
  await at.net.run(50)
  const [response] = at.peer.responses
  t.equal(response?.status, 202)
  t.equal(response === undefined ? '' : headerOf(response, 'refer-sub'), 'false')
  t.equal(at.notifies().length, 0)
  await at.finish()
})

t.test('one at a time, and whoever refuses a NOTIFY gets no more', async (t) => {
  const at = await standing(t)
  await at.send('REFER', REFER_TO, CONTACT)
  at.told.referrals[0]?.accept()
  await at.net.run(50)
  await at.send('REFER', REFER_TO, CONTACT)
  t.equal(at.peer.responses.at(-1)?.status, 491)
  at.peer.respond(at.notifies()[0] as SipRequest, 481, 'x')
  await at.net.run(50)
  const before = at.notifies().length
  at.told.referrals[0]?.progress(180)
  at.told.referrals[0]?.progress(486)
  await at.net.run(50)
  t.equal(at.notifies().length, before)
  await at.send('REFER', REFER_TO, CONTACT)
  t.equal(at.told.referrals.length, 2, 'and may ask again')
  await at.finish()
})

t.test('which session a named dialog is', async (t) => {
  const at = await standing(t)
  const tag = /tag=(\w+)/.exec(headerOf(at.ok, 'to') ?? '')?.[1]
  const replaces = (callId: string) => `<sip:100@10.0.0.2?Replaces=${callId}%3Bto-tag%3D${tag}%3Bfrom-tag%3Dpeer>`
  await at.send('REFER', ['Refer-To', replaces('scripted')], CONTACT)
  t.match(at.told.referrals.at(-1)?.replaces, { session: at.session.id })
  at.told.referrals.at(-1)?.reject(403)
  await at.send('REFER', ['Refer-To', replaces('another')], CONTACT)
  t.match(at.told.referrals.at(-1)?.replaces, { session: undefined })
  at.told.referrals.at(-1)?.reject(481)
  await at.finish()
})

t.test('outside of a call nobody is called for anybody', async (t) => {
  const at = await standing(t)
  at.peer.responses.length = 0
  at.peer.send('REFER sip:42@10.0.0.2', [
    ...INVITE.filter(([name]) => !['CSeq', 'Via', 'Content-Type'].includes(name)),
    ['Via', 'SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKoutside'],
    ['CSeq', '1 REFER'],
    REFER_TO,
  ])
  await at.net.run(50)
  t.equal(at.peer.responses.at(-1)?.status, 403)
  t.equal(at.told.referrals.length, 0)
  await at.finish()
})

t.test('a trunk takes over no dialog (RFC 3891 section 3)', async (t) => {
  const at = await standing(t)
  const tag = /tag=(\w+)/.exec(headerOf(at.ok, 'to') ?? '')?.[1]
  const rows: readonly (readonly [string, number])[] = [
    ['scripted', 400],
    [`another;to-tag=${tag};from-tag=peer`, 481],
    [`scripted;to-tag=${tag};from-tag=peer`, 403],
    [`scripted;to-tag=${tag};from-tag=peer;early-only`, 403],
  ]
  for (const [index, [replaces, status]] of rows.entries()) {
    at.peer.responses.length = 0
    at.peer.send(
      'INVITE sip:42@10.0.0.2',
      [
        ...INVITE.filter(([name]) => name !== 'Via' && name !== 'Call-ID'),
        ['Via', `SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKreplaces${index}`],
        ['Call-ID', `replacing${index}`],
        ['Replaces', replaces],
      ],
      'offer',
    )
    await at.net.run(50)
    t.equal(at.peer.responses.at(-1)?.status, status, replaces)
  }
  await at.finish()
})

t.test('other events are refused with what there is', async (t) => {
  const at = await standing(t)
  for (const event of ['dialog', 'message-summary']) {
    await at.send('SUBSCRIBE', ['Event', event], CONTACT)
    const [response] = at.peer.responses
    t.match(response, { status: 489 })
    t.equal(response === undefined ? '' : headerOf(response, 'allow-events'), 'refer, dialog')
  }
  await at.finish()
})

t.test(
  'the news of a REFER are prolonged and ended by SUBSCRIBE, which is told how things stand (RFC 6665)',
  async (t) => {
    const at = await standing(t)
    at.peer.onRequest = (request) => at.peer.respond(request, 200, 'x')
    const refresh = async (event: string, ...headers: Line[]) => {
      const before = at.notifies().length
      await at.send('SUBSCRIBE', ['Event', event], CONTACT, ...headers)
      const [response] = at.peer.responses
      const told = at.notifies().slice(before)
      return {
        status: response?.status,
        expires: response === undefined ? undefined : headerOf(response, 'expires'),
        told: told.map((each) => [fragment(each).split(' ')[1], headerOf(each, 'subscription-state')]),
      }
    }
    t.same(await refresh('refer'), { status: 481, expires: undefined, told: [] }, 'there are none')
    const cseq = await at.send('REFER', REFER_TO, CONTACT)
    const [referral] = at.told.referrals
    referral?.accept()
    referral?.progress(180)
    await at.net.run(50)
    t.same(await refresh(`refer;id=${cseq}`, ['Expires', '60']), {
      status: 200,
      expires: '60',
      told: [['180', 'active;expires=60']],
    })
    t.same((await refresh('refer')).expires, '3600', 'no number is that of before')
    t.same((await refresh('refer;id=4711')).status, 481)
    t.same(await refresh(`REFER ; id=${cseq}`, ['Expires', '0']), {
      status: 200,
      expires: '0',
      told: [['180', 'terminated;reason=timeout']],
    })
    t.same((await refresh('refer')).status, 481, 'it is over')
    const before = at.notifies().length
    referral?.progress(200)
    await at.net.run(50)
    t.equal(at.notifies().length, before, 'nobody wants to know any more')

    await at.send('REFER', REFER_TO, CONTACT)
    at.told.referrals[1]?.accept()
    await at.net.run(50)
    await refresh('refer', ['Expires', '10'])
    await at.net.run(11_000, 500)
    t.equal(
      headerOf(at.notifies().at(-1) as SipRequest, 'subscription-state'),
      'terminated;reason=timeout',
      'it lapses',
    )
    await at.finish()
  },
)
