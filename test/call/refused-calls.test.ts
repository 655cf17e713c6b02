/** Calls that are refused before anybody is rung, and why. */

import t from 'tap'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { callBench, settle } from '../peers/call-bench.ts'
import { nothingLeft } from '../peers/call-legs.ts'
import { phoneMedia } from '../peers/phone-media.ts'

const OFFER = makeOffer(phoneMedia(4000))

const refusals: readonly (readonly [says: string, to: string, status: number, ending: string])[] = [
  ['a number that nobody has', '999', 404, 'not-routed'],
  ['a number of another country', '+4412', 404, 'not-routed'],
  ['a URI that leads back here', '500', 482, 'not-routed'],
]
for (const [says, to, status, ending] of refusals) {
  t.test(`${says} is refused with ${status}`, async (t) => {
    const bench = callBench()
    const caller = bench.incoming({ to, offer: OFFER })
    await settle()
    t.match(caller.rejected, { status, reason: { protocol: 'SIP', cause: status } })
    t.match(bench.calls.ended(), [{ ending }])
    t.match(bench.events.at(-1), { type: 'call.ended', status })
    nothingLeft(t, bench)
  })
}

t.test('a sips call rings nobody who is not reached over TLS', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100', scheme: 'sips', offer: OFFER })
  await settle()
  t.equal(caller.rejected?.status, 480)
  t.same(bench.faults, ['sip.no-secure-way'])
  nothingLeft(t, bench)
  const peer = { transport: 'tls', address: '192.0.2.21', port: 40_000 } as const
  bench.sip.phones.set('agent', [{ uri: 'sip:agent@192.0.2.20:5062' }, { uri: 'sip:agent@192.0.2.21:5061', peer }])
  bench.incoming({ to: '100', scheme: 'sips', offer: OFFER })
  await settle()
  t.match(bench.sip.sent.at(-1)?.options.target.uri, 'sip:agent@192.0.2.21:5061')
  t.equal(bench.sip.sent.length, 1, 'one of the two')
})

t.test('a phone that is not signed in is refused with 480', async (t) => {
  const bench = callBench()
  bench.sip.phones.clear()
  const caller = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  t.equal(caller.rejected?.status, 480)
  nothingLeft(t, bench)
})

t.test('a phone may not call where its trunk does not allow', async (t) => {
  const bench = callBench()
  const phone = bench.incoming({ to: '+4412', offer: OFFER, origin: { kind: 'phone', account: 'agent' } })
  await settle()
  t.equal(phone.rejected?.status, 403)
  nothingLeft(t, bench)
})

t.test('a call that went in circles is refused with 483', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100', offer: OFFER, maxForwards: -1 })
  await settle()
  t.equal(caller.rejected?.status, 483)
})

t.test('an offer without a common codec is refused before anybody is rung', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({
    to: '100',
    offer: OFFER.replace(/ 8 0 /, ' 96 ').replace(/a=rtpmap:[80] .*\r\n/g, ''),
  })
  await settle()
  t.equal(caller.rejected?.status, 488)
  t.same(bench.sip.sent, [])
  nothingLeft(t, bench)
})

t.test('a description that cannot be read is refused with 400', async (t) => {
  const bench = callBench()
  const caller = bench.incoming({ to: '100', offer: 'this is no description' })
  await settle()
  t.equal(caller.rejected?.status, 400)
})

t.test('without a media process a call is refused with 503', async (t) => {
  const bench = callBench()
  bench.media.lost = true
  const caller = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  t.equal(caller.rejected?.status, 503)
  t.same(bench.calls.list(), [])
})

t.test('without a free port a call is refused with 503', async (t) => {
  const bench = callBench()
  bench.media.fail('open', 'media.no-port')
  const caller = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  t.equal(caller.rejected?.status, 503)
})
