/** Session refreshes of ours (RFC 4028 section 10): what they say, what comes of their answers, and of refusals. */

import t from 'tap'
import { headerOf, type SipRequest } from '../../src/sip/message.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { contact, world } from './calling-scene.ts'
import { call } from './endpoints.ts'
import type { ScriptedPeer } from './scripted-peer.ts'

const EXPIRES: Line = ['Session-Expires', '90;refresher=uac']

/** A call to a peer that wants to hear of us every 90 s. @param more headers of its 200. */
async function standing(...more: Line[]) {
  const at = await world()
  const session = call(at.ours, at.told, 'offer', '10.0.0.3')
  await at.net.run(50)
  at.peer.respond(at.peer.last('INVITE'), 200, 'one', [contact('one'), EXPIRES, ...more], 'answer')
  await at.net.run(50)
  const startedMs = at.net.clock.now()
  const refreshes: { readonly method: string; readonly seconds: number; readonly body: string }[] = []
  /** What the peer says to each refresh. */
  const answers = (respond: (request: SipRequest, peer: ScriptedPeer) => void) => {
    const { onRequest } = at.peer
    at.peer.onRequest = (request) => {
      if (request.method !== 'INVITE' && request.method !== 'UPDATE') return onRequest(request)
      const seconds = Math.round((at.net.clock.now() - startedMs) / 1000)
      refreshes.push({ method: request.method, seconds, body: Buffer.from(request.body).toString() })
      respond(request, at.peer)
    }
  }
  return { ...at, session, refreshes, answers }
}

t.test('by re-INVITE: it has the offer as it is then, and its answer counts', async (t) => {
  const { net, told, session, refreshes, answers, finish } = await standing()
  answers((request, peer) => peer.respond(request, 200, 'one', [contact('one'), EXPIRES], 'moved'))
  await net.run(46_000, 500)
  t.strictSame(refreshes, [{ method: 'INVITE', seconds: 45, body: 'offer again' }])
  t.strictSame(told.told, ['answered answer', 'confirmed moved'])
  session.end()
  await finish(t)
})

t.test('one that is refused is tried again at half of what is left, and the call stands', async (t) => {
  const { net, told, session, refreshes, answers, finish } = await standing()
  answers((request, peer) => peer.respond(request, 488, 'one'))
  await net.run(90_000, 250)
  t.same(
    refreshes.map(({ seconds }) => seconds),
    [45, 67, 79, 84],
  )
  t.strictSame(told.told, ['answered answer'])
  session.end()
  await finish(t)
})

t.test('who refuses UPDATE, though it said that it knows it, gets a re-INVITE the next time', async (t) => {
  const { net, session, refreshes, answers, finish } = await standing(['Allow', 'INVITE, ACK, BYE, CANCEL, UPDATE'])
  answers((request, peer) => {
    if (request.method === 'UPDATE') peer.respond(request, 501, 'one')
    else peer.respond(request, 200, 'one', [contact('one'), EXPIRES], 'answer')
  })
  await net.run(69_000, 500)
  t.same(
    refreshes.map(({ method, body }) => [method, body]),
    [
      ['UPDATE', ''],
      ['INVITE', 'offer again'],
    ],
  )
  session.end()
  await finish(t)
})

t.test('an offer that met one of theirs is made anew when it goes out again (RFC 3261 section 14.1)', async (t) => {
  const { net, told, session, refreshes, answers, peer, finish } = await standing()
  answers((request) => {
    if (refreshes.length === 1) peer.respond(request, 491, 'one')
    else peer.respond(request, 200, 'one', [contact('one')], 'answer')
  })
  let made = 0
  const outcome = session.reoffer(() => `ours ${++made}`)
  await net.run(50)
  const ours = peer.last('INVITE')
  const theirs = (cseq: string): Line[] => [
    ['Via', `SIP/2.0/UDP 10.0.0.3;branch=z9hG4bK${cseq.replace(' ', '')}`],
    ['Max-Forwards', '70'],
    ['From', headerOf(ours, 'to') ?? ''],
    ['To', headerOf(ours, 'from') ?? ''],
    ['Call-ID', headerOf(ours, 'call-id') ?? ''],
    ['CSeq', cseq],
  ]
  const type: Line = ['Content-Type', 'application/sdp']
  peer.send('INVITE sip:caller@10.0.0.1', [...theirs('1 INVITE'), contact('one'), type], 'theirs')
  await net.run(50)
  peer.send('ACK sip:caller@10.0.0.1', theirs('1 ACK'))
  await net.run(6000)
  t.match(await outcome, { result: 'answered' })
  t.ok(told.told.includes('reoffer INVITE theirs'))
  t.same(
    refreshes.map(({ body }) => body),
    ['ours 1', 'ours 2'],
  )
  session.end()
  await finish(t)
})
