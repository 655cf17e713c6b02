/**
 * Re-INVITEs of both ends that cross, over real UDP (RFC 3261 section 14.1), in a call of each direction. What a caller hears of it is in
 * `test/e2e/glare.test.ts`.
 */

import t, { type Test } from 'tap'
import type { IncomingSession, OutgoingSession } from '../../src/sip/index.ts'
import { cseqOf, headerOf, type SipRequest, sdpOf } from '../../src/sip/message.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { udpPeer, type WirePeer } from '../peers/wire-peer.ts'
import { type Notes, notes } from './endpoints.ts'
import { type RealEndpoint, realEndpoint } from './real-endpoint.ts'

/** What who made the Call-ID waits at least, ms. */
const OWNER_MS = 2100

/** A call that stands, as its far end sees it. */
type Standing = {
  readonly server: RealEndpoint
  readonly peer: WirePeer
  readonly told: Notes
  readonly session: IncomingSession | OutgoingSession
  /** From, To and Call-ID of what the far end sends inside. */
  readonly inside: readonly Line[]
  readonly contact: Line
}

/** Starts an endpoint and a phone that answers what it is asked, INVITEs excepted. */
async function stage(t: Test, onIncoming: (session: IncomingSession) => void = () => {}) {
  const server = await realEndpoint(onIncoming)
  const peer = await udpPeer({ address: '127.0.0.1', port: server.port })
  t.teardown(async () => {
    await peer.close()
    await server.sip.close()
  })
  peer.onRequest = (request) => {
    if (request.method !== 'ACK' && request.method !== 'INVITE') peer.respond(request, 200, 'far')
  }
  const contact = ['Contact', `<sip:phone@${peer.at}>`] as const
  return { server, peer, told: notes(), contact }
}

async function weCalled(t: Test): Promise<Standing> {
  const { server, peer, told, contact } = await stage(t)
  const session = server.sip.invite({
    target: { uri: `sip:phone@${peer.at}` },
    from: { displayName: '', uri: 'sip:us@127.0.0.1', user: 'us' },
    events: told,
    body: 'offer',
  })
  const invite = await peer.request(({ method }) => method === 'INVITE', 'our INVITE')
  peer.respond(invite, 200, 'far', [contact], 'answer')
  await peer.request(({ method }) => method === 'ACK', 'our ACK')
  const inside: readonly Line[] = [
    ['From', `${headerOf(invite, 'to')};tag=far`],
    ['To', headerOf(invite, 'from') ?? ''],
    ['Call-ID', headerOf(invite, 'call-id') ?? ''],
  ]
  return { server, peer, told, session, inside, contact }
}

async function theyCalled(t: Test): Promise<Standing> {
  let session: IncomingSession | undefined
  const { server, peer, told, contact } = await stage(t, (incoming) => {
    session = incoming
    incoming.attach(told)
    incoming.accept('answer')
  })
  const begins: readonly Line[] = [
    ['From', '<sip:phone@127.0.0.1>;tag=far'],
    ['Call-ID', 'glare'],
  ]
  peer.send(
    'INVITE sip:us@127.0.0.1',
    [...begins, ['To', '<sip:us@127.0.0.1>'], ['CSeq', '1 INVITE'], contact, ['Content-Type', 'application/sdp']],
    'offer',
  )
  const ok = await peer.response(({ status }) => status === 200, 'our 200')
  const inside = [...begins, ['To', headerOf(ok, 'to') ?? ''] as const]
  peer.send('ACK sip:us@127.0.0.1', [...inside, ['CSeq', '1 ACK']])
  if (session === undefined) throw new Error('no call came')
  return { server, peer, told, session, inside, contact }
}

for (const [whose, open] of Object.entries({ weCalled, theyCalled })) {
  t.test(`${whose}: each gets 491, tries again in its own time, and is answered`, async (t) => {
    const { server, peer, told, session, inside, contact } = await open(t)
    const isOffer = (request: SipRequest) => request.method === 'INVITE' && sdpOf(request) === 'mine'
    const offers = () => peer.requests.filter(isOffer)
    const offer = (number: number) =>
      peer.send(
        'INVITE sip:us@127.0.0.1',
        [...inside, ['CSeq', `${number} INVITE`], contact, ['Content-Type', 'application/sdp']],
        'yours',
      )
    const ack = (number: number, branch?: string) =>
      peer.send('ACK sip:us@127.0.0.1', [...inside, ['CSeq', `${number} ACK`]], '', branch)
    const answerTo = (number: number) =>
      peer.response(
        (each) => each.status >= 200 && headerOf(each, 'cseq') === `${number} INVITE`,
        `an answer to ${number}`,
      )

    const asked = session.reoffer(() => 'mine')
    const first = await peer.request(isOffer, 'our re-INVITE')
    // The other one leaves before this one is refused.
    const branch = offer(101)
    const refusedMs = performance.now()
    peer.respond(first, 491, 'far')
    t.equal((await answerTo(101)).status, 491)
    ack(101, branch)

    const again = await peer.request((each) => isOffer(each) && cseqOf(each)?.number !== cseqOf(first)?.number, 'ours')
    const waitedMs = performance.now() - refusedMs
    if (whose === 'weCalled') t.ok(waitedMs > OWNER_MS - 10, `who made the Call-ID waits, ${waitedMs.toFixed(0)} ms`)
    peer.respond(again, 200, 'far', [contact], 'yes')
    t.strictSame(await asked, { result: 'answered', body: 'yes' })

    offer(102)
    const ok = await answerTo(102)
    t.match([ok.status, sdpOf(ok)], [200, 'answer to yours'])
    ack(102)
    t.equal(told.told.filter((each) => each === 'reoffer INVITE yours').length, 1, 'told once')
    t.equal(new Set(offers().map((each) => cseqOf(each)?.number)).size, 2, 'ours went twice')

    session.end()
    await peer.request(({ method }) => method === 'BYE', 'our BYE')
    t.strictSame(server.defects, [])
  })
}
