import t from 'tap'
import { headerOf, lists } from '../../src/sip/message.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { INVITE, inDialog, scriptedPeer } from './scripted-peer.ts'

/** Of a shorter INVITE less is said again (`src/sip/allowance.ts`). */
const USUAL_LENGTH: Line = ['User-Agent', 'of a phone '.repeat(40)]

async function world() {
  const net = memoryNet()
  const told = notes()
  const ours = await endpoint(net, '10.0.0.2', (session) => session.attach(told))
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.2')
  const invite = (...more: Line[]) => peer.send('INVITE sip:42@10.0.0.2', [...INVITE, ...more], 'offer')
  const session = () => {
    const [found] = ours.incoming
    if (found === undefined) throw new Error('no call came')
    return found
  }
  const newest = (status: number) => {
    const found = peer.responses.findLast((each) => each.status === status)
    if (found === undefined) throw new Error(`no ${status} came`)
    return found
  }
  const finish = async (t: {
    match: (a: unknown, b: unknown) => boolean
    strictSame: (a: unknown, b: unknown) => boolean
  }) => {
    await net.run(70_000, 500)
    t.strictSame(ours.defects, [])
    t.match(ours.sip.stats(), { clientTransactions: 0, serverTransactions: 0, dialogs: 0, sessions: 0 })
  }
  return { net, told, ours, peer, invite, session, newest, finish }
}

t.test('100rel required: repeated until its PRACK, and the 200 waits for it (RFC 3262 section 3)', async (t) => {
  const at = await world()
  at.invite(['Require', '100rel'], USUAL_LENGTH)
  await at.net.run(50)
  at.session().progress(183, 'early')
  at.session().accept('answer')
  await at.net.run(2000)
  const early = at.newest(183)
  t.ok(lists(early, 'require', '100rel'))
  t.ok(at.peer.responses.filter((each) => each.status === 183).length >= 3, 'repeated')
  t.notOk(
    at.peer.responses.some((each) => each.status === 200),
    'the 200 waits',
  )
  at.peer.send('PRACK sip:42@10.0.0.2', [...inDialog(INVITE, early, '2 PRACK', 'p1'), ['RAck', '1 1 INVITE']])
  await at.net.run(50)
  t.equal(at.newest(481).status, 481, 'a PRACK of another response')
  at.peer.send('PRACK sip:42@10.0.0.2', [
    ...inDialog(INVITE, early, '3 PRACK', 'p2'),
    ['RAck', `${headerOf(early, 'rseq')} 1 INVITE`],
  ])
  await at.net.run(50)
  const ok = at.peer.responses.filter((each) => each.status === 200).map((each) => headerOf(each, 'cseq'))
  t.strictSame(ok, ['3 PRACK', '1 INVITE'])
  at.peer.send('ACK sip:42@10.0.0.2', inDialog(INVITE, at.newest(200), '1 ACK', 'a1'))
  await at.net.run(50)
  t.strictSame(at.told.told, ['confirmed undefined'])
  at.session().end()
  at.peer.onRequest = (request) => at.peer.respond(request, 200, 'x')
  await at.finish(t)
})

t.test(
  '100rel required: what rings for long says so every minute, without its answer again (RFC 3261 section 13.3.1.1)',
  async (t) => {
    const at = await world()
    at.invite(['Require', '100rel'], USUAL_LENGTH)
    await at.net.run(50)
    at.session().progress(183, 'early')
    let cseq = 2
    for (const body of ['early', '', '']) {
      await at.net.run(100)
      const said = at.newest(183)
      t.equal(Buffer.from(said.body).toString(), body)
      at.peer.send('PRACK sip:42@10.0.0.2', [
        ...inDialog(INVITE, said, `${cseq} PRACK`, `p${cseq}`),
        ['RAck', `${headerOf(said, 'rseq')} 1 INVITE`],
      ])
      cseq += 1
      await at.net.run(60_000, 100)
    }
    const numbers = at.peer.responses.filter(({ status }) => status === 183).map((each) => headerOf(each, 'rseq'))
    t.equal(new Set(numbers).size, 4, 'each with a number of its own')
    at.session().reject(486)
    await at.net.run(50)
    at.peer.send('ACK sip:42@10.0.0.2', inDialog(INVITE, at.newest(486), '1 ACK', 'invite'))
    await at.finish(t)
  },
)

t.test('100rel required and no PRACK for 32 s: 504', async (t) => {
  const at = await world()
  at.invite(['Require', '100rel'])
  await at.net.run(50)
  at.session().progress(180)
  await at.net.run(33_000, 500)
  t.equal(at.newest(504).status, 504)
  t.strictSame(at.told.told, ['ended timeout'])
  await at.finish(t)
})

t.test('the same INVITE by two ways is answered once: 482 to the other (RFC 3261 section 8.2.2.2)', async (t) => {
  const at = await world()
  at.invite()
  await at.net.run(50)
  at.peer.send(
    'INVITE sip:42@10.0.0.2',
    [['Via', 'SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKother'], ...INVITE.slice(1)],
    'offer',
  )
  await at.net.run(50)
  t.equal(at.ours.incoming.length, 1)
  t.equal(at.newest(482).status, 482)
  at.session().reject(404)
  await at.finish(t)
})

t.test('BYE before the answer ends the call and the INVITE', async (t) => {
  const at = await world()
  at.invite()
  await at.net.run(50)
  at.session().progress(180)
  await at.net.run(50)
  at.peer.send('BYE sip:42@10.0.0.2', [
    ...inDialog(INVITE, at.newest(180), '2 BYE', 'b1'),
    ['Reason', 'Q.850;cause=16'],
  ])
  await at.net.run(50)
  t.strictSame(
    at.peer.responses.map((each) => each.status),
    [100, 180, 200, 487],
  )
  t.strictSame(at.told.told, ['ended far-end'])
  at.session().accept('too late')
  at.session().reject(486)
  await at.finish(t)
})

t.test('inside the dialog: order, OPTIONS, UPDATE, what is not spoken', async (t) => {
  const at = await world()
  at.invite(['Session-Expires', '60'], ['Supported', 'timer'])
  await at.net.run(50)
  at.session().accept('answer')
  await at.net.run(50)
  const ok = at.newest(200)
  t.equal(headerOf(ok, 'session-expires'), '90;refresher=uac', 'never below the minimum')
  at.peer.send('ACK sip:42@10.0.0.2', inDialog(INVITE, ok, '1 ACK', 'a1'))
  await at.net.run(50)
  const rows: readonly (readonly [method: string, cseq: number, status: number, headers?: readonly Line[]])[] = [
    ['OPTIONS', 5, 200],
    ['OPTIONS', 4, 500],
    [
      'UPDATE',
      6,
      422,
      [
        ['Session-Expires', '60'],
        ['Supported', 'timer'],
      ],
    ],
    ['UPDATE', 7, 200, [['Contact', '<sip:moved@10.0.0.3>']]],
    ['REFER', 8, 400],
    ['SUBSCRIBE', 9, 489],
    ['PRACK', 10, 481],
    ['INFO', 11, 200],
    ['INVITE', 3, 500, [['Contact', '<sip:c@10.0.0.3>']]],
  ]
  for (const [method, cseq, status, headers = []] of rows) {
    at.peer.responses.length = 0
    at.peer.send(`${method} sip:42@10.0.0.2`, [...inDialog(INVITE, ok, `${cseq} ${method}`, `r${cseq}`), ...headers])
    await at.net.run(50)
    t.equal(at.peer.responses.at(-1)?.status, status, `${method} ${cseq}`)
  }
  at.session().end()
  await at.net.run(50)
  t.equal(at.peer.last('BYE').uri, 'sip:moved@10.0.0.3', 'the UPDATE moved the target')
  at.peer.respond(at.peer.last('BYE'), 200, 'x')
  await at.finish(t)
})

t.test('a re-INVITE that is cancelled gets 487 and the session goes on (RFC 3261 section 9.2)', async (t) => {
  const at = await world()
  at.told.answerReoffers = false
  at.invite()
  await at.net.run(50)
  at.session().accept('answer')
  await at.net.run(50)
  const ok = at.newest(200)
  at.peer.send('ACK sip:42@10.0.0.2', inDialog(INVITE, ok, '1 ACK', 'a1'))
  const again: readonly Line[] = [
    ...inDialog(INVITE, ok, '2 INVITE', 'again'),
    ['Contact', '<sip:c@10.0.0.3>'],
    ['Content-Type', 'application/sdp'],
  ]
  at.peer.send('INVITE sip:42@10.0.0.2', again, 'hold')
  await at.net.run(50)
  at.peer.send(
    'INVITE sip:42@10.0.0.2',
    [
      ...inDialog(INVITE, ok, '3 INVITE', 'third'),
      ['Contact', '<sip:c@10.0.0.3>'],
      ['Content-Type', 'application/sdp'],
    ],
    'hold',
  )
  await at.net.run(50)
  t.match(headerOf(at.newest(500), 'retry-after'), /^(?:\d|10)$/, 'another while it is open: 500 with Retry-After')
  at.peer.send('CANCEL sip:42@10.0.0.2', inDialog(INVITE, ok, '2 CANCEL', 'again'))
  await at.net.run(50)
  t.equal(at.newest(487).status, 487)
  const asked = at.session().reoffer(() => 'ours')
  await at.net.run(50)
  at.peer.respond(at.peer.last('INVITE'), 200, 'x', [['Contact', '<sip:c@10.0.0.3>']], 'theirs')
  await at.net.run(50)
  t.strictSame(await asked, { result: 'answered', body: 'theirs' })
  at.session().end()
  at.peer.onRequest = (request) => at.peer.respond(request, 200, 'x')
  await at.finish(t)
})

t.test('a full or draining server says when to come again', async (t) => {
  const at = await world()
  at.ours.sip.drain(30)
  at.invite()
  await at.net.run(50)
  t.equal(headerOf(at.newest(503), 'retry-after'), '30')
  t.equal(at.ours.incoming.length, 0)
  await at.finish(t)
})

t.test(
  'a far end says in its Contact that it is a conference, or that it no longer is (RFC 4579 section 5.2)',
  async (t) => {
    const rows = [
      ['a phone is none', '<sip:peer@10.0.0.3>', false],
      ['a focus says so', '<sip:peer@10.0.0.3>;isfocus', true],
      ['in any case of letters, among other parameters', '<sip:peer@10.0.0.3>;audio;IsFocus;q=1', true],
      ['a parameter of the URI says nothing', '<sip:peer@10.0.0.3;isfocus>', false],
    ] as const
    for (const [sentence, contact, expected] of rows) {
      const at = await world()
      at.peer.send(
        'INVITE sip:42@10.0.0.2',
        [...INVITE.filter(([name]) => name !== 'Contact'), ['Contact', contact]],
        'offer',
      )
      await at.net.run(50)
      t.equal(at.session().isFocus, expected, sentence)
      at.session().reject(486)
      await at.net.run(50)
    }
  },
)
