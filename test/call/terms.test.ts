import t from 'tap'
import {
  answerTerms,
  codecsLike,
  isHeard,
  isHeld,
  newTerms,
  offerTerms,
  sameAgreed,
  streamOf,
  type Terms,
  takeAnswer,
} from '../../src/call/terms.ts'
import { aStream } from '../../src/media/contract.ts'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { parseSdp } from '../../src/sip/sdp.ts'
import { phoneAnswer, phoneMedia } from '../peers/phone-media.ts'

const { version: _version, direction: _direction, ...local } = phoneMedia(20_002, ['G722', 'PCMA', 'PCMU'])
const fresh = newTerms({ ...local, rtcpMux: true })

/** Terms of a leg whose far end offered. */
function answered(offer: string, terms: Terms = fresh) {
  const answer = answerTerms(terms, parseSdp(offer))
  if (answer.result === 'refused') throw new Error(answer.fault)
  return answer
}

const version = (body: string) => /^o=- \d+ (\d+) /m.exec(body)?.[1]

t.test('the version goes up with a change and only with one', async (t) => {
  const first = answered(makeOffer(phoneMedia(4000)))
  t.equal(version(first.body), '1')
  const refreshed = answered(makeOffer({ ...phoneMedia(4000), version: 2 }), first.terms)
  t.equal(version(refreshed.body), '1', 'a refresh is no change')
  const held = answered(makeOffer({ ...phoneMedia(4000), direction: 'sendonly' }), refreshed.terms)
  t.equal(version(held.body), '2')
  const offer = offerTerms(held.terms)
  t.equal(version(offer.body), '3', 'an offer of ours after it counts on')
})

t.test('an offer of ours keeps the payload types in use', async (t) => {
  const offer = makeOffer(phoneMedia(4000))
    .replace(/ 101\b/, ' 96')
    .replaceAll(':101 ', ':96 ')
  const { terms } = answered(offer)
  t.match(offerTerms(terms, ['PCMA']).body, /m=audio 20002 RTP\/AVP 8 96\r/)
})

t.test('the media process is told the clock of events that is not that of the sound', async (t) => {
  const offer = makeOffer(phoneMedia(4000))
  const stream = (from: string) => streamOf(answered(from).agreed, { latch: 'first' })
  const usual = stream(offer)
  t.match(usual, { receiveEventPayloadType: 101, sendEventPayloadType: 101 })
  t.notOk('eventClockRate' in usual)
  const wide = stream(offer.replaceAll('telephone-event/8000', 'telephone-event/48000'))
  t.match(wide, { receiveEventPayloadType: 101, eventClockRate: 48_000, sendEventPayloadType: 101 })
  t.ok(aStream(wide))
  const red = offer
    .replace(' 101\r\n', ' 101 121\r\n')
    .replace('a=ptime', 'a=rtpmap:121 red/8000\r\na=fmtp:121 101/101\r\na=ptime')
  t.match(stream(red), { receiveEventPayloadType: 101, receiveRedundantPayloadType: 121 })
  t.notOk(sameAgreed(answered(red).agreed, answered(offer).agreed), 'and a change of it is a change')
})

t.test('an answer is taken for the offer that was made', async (t) => {
  const { terms, body } = offerTerms(fresh, ['PCMU', 'PCMA'])
  const taken = takeAnswer(terms, phoneAnswer(body, phoneMedia(4000)))
  t.match(taken, { result: 'settled', agreed: { codec: 'PCMU', remote: { rtpPort: 4000 } } })
  t.match(
    takeAnswer(fresh, phoneAnswer(body, phoneMedia(4000))),
    { fault: 'sip.bad-sdp' },
    'without an offer there is no answer',
  )
  t.match(takeAnswer(terms, 'nonsense'), { fault: 'sip.bad-sdp' })
})

t.test('the media process takes the stream, whatever was agreed', async (t) => {
  for (const direction of ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const) {
    const { agreed } = answered(makeOffer({ ...phoneMedia(4000), direction }))
    const stream = streamOf(agreed, { latch: 'first' })
    t.ok(aStream(stream), direction)
    t.equal(stream.send, direction === 'sendrecv' || direction === 'recvonly', direction)
    t.equal(isHeld(agreed), !stream.send, `${direction} is ${stream.send ? 'no ' : ''}hold`)
    t.equal(isHeard(agreed), stream.receive, direction)
  }
  const zeros = answered(makeOffer({ ...phoneMedia(4000), address: '0.0.0.0' }))
  t.ok(isHeld(zeros.agreed))
  t.ok(aStream(streamOf(zeros.agreed, { latch: 'sdp' })))
  const silent = answered(
    makeOffer(phoneMedia(4000))
      .replace(/ 101\r/, '\r')
      .replace(/a=(rtpmap|fmtp):101.*\r\n/g, ''),
  )
  t.notOk('receiveEventPayloadType' in streamOf(silent.agreed, { latch: 'first' }), 'a phone without telephone-event')
})

t.test('numbers that differ by direction stay apart', async (t) => {
  const { terms, body } = offerTerms(fresh, ['PCMA'])
  const taken = takeAnswer(
    terms,
    phoneAnswer(body, phoneMedia(4000))
      .replace(/ 101\r/, ' 97\r')
      .replaceAll(':101 ', ':97 '),
  )
  t.equal(taken.result, 'settled')
  if (taken.result === 'settled') {
    t.match(streamOf(taken.agreed, { latch: 'first' }), { receiveEventPayloadType: 101, sendEventPayloadType: 97 })
  }
})

t.test('two agreements are the same when nothing of the stream differs', async (t) => {
  const one = answered(makeOffer(phoneMedia(4000))).agreed
  t.ok(sameAgreed(one, answered(makeOffer({ ...phoneMedia(4000), version: 9 })).agreed))
  const others = [
    makeOffer(phoneMedia(4002)),
    makeOffer({ ...phoneMedia(4000), address: '192.0.2.8' }),
    makeOffer(phoneMedia(4000, ['PCMU'])),
    makeOffer({ ...phoneMedia(4000), direction: 'inactive' }),
    makeOffer({ ...phoneMedia(4000), ptimeMs: 30 }),
    makeOffer({ ...phoneMedia(4000), rtcpMux: true }),
    makeOffer(phoneMedia(4000))
      .replace(/ 101\b/, ' 96')
      .replaceAll(':101 ', ':96 '),
  ]
  for (const offer of others) t.notOk(sameAgreed(one, answered(offer).agreed), offer)
})

t.test('the other leg is asked for what the caller offers first', async (t) => {
  const ours = ['G722', 'PCMA', 'PCMU'] as const
  t.same(codecsLike(makeOffer(phoneMedia(1, ['PCMU', 'G722'])), ours), ['PCMU', 'G722', 'PCMA'])
  t.same(codecsLike(undefined, ours), ours)
  t.same(codecsLike('nonsense', ours), ours)
})
