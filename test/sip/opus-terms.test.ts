/** Opus in offers and answers (RFC 7587), and the clock of the telephone-events beside it (RFC 4733). */

import t from 'tap'
import { acceptAnswer, answerOffer, makeOffer } from '../../src/sip/offer-answer.ts'
import { opusWishes } from '../../src/sip/opus-terms.ts'
import { parseSdp, type SdpSession } from '../../src/sip/sdp.ts'
import { localMedia } from './sdp-pairs.ts'

const CODECS = ['OPUS', 'PCMA'] as const
const OURS = 'maxplaybackrate=16000;maxaveragebitrate=24000;stereo=0;useinbandfec=1'

function described(lines: string): SdpSession {
  const body = `v=0\no=- 1 1 IN IP4 192.0.2.20\ns=-\nc=IN IP4 192.0.2.20\nt=0 0\n${lines}\n`.replaceAll('\n', '\r\n')
  const session = parseSdp(body)
  if (session === undefined) throw new Error(`not a description: ${body}`)
  return session
}

/** Lines that begin with what is asked for. */
const lines = (body: string, start: string) => body.split('\r\n').filter((line) => line.startsWith(start))

t.test('our offer: events in the clock of each codec', async (t) => {
  const mixed = makeOffer(localMedia({ codecs: CODECS }))
  t.same(lines(mixed, 'm='), ['m=audio 20000 RTP/AVP 111 8 101 110'])
  t.same(lines(mixed, 'a=rtpmap'), [
    'a=rtpmap:111 opus/48000/2',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=rtpmap:110 telephone-event/48000',
  ])
  t.same(lines(mixed, 'a=fmtp'), [`a=fmtp:111 ${OURS}`, 'a=fmtp:101 0-15', 'a=fmtp:110 0-15'])
  const alone = makeOffer(localMedia({ codecs: ['OPUS'] }))
  t.same(lines(alone, 'm='), ['m=audio 20000 RTP/AVP 111 110'])
  const narrow = makeOffer(localMedia())
  t.same(lines(narrow, 'm='), ['m=audio 20000 RTP/AVP 9 8 0 101'], 'nothing of it where it is not a codec of ours')
})

t.test('our answer: Opus at the number it was offered at, and the events of its clock', async (t) => {
  const offer = described(
    [
      'm=audio 5004 RTP/AVP 96 8 97 98',
      'a=rtpmap:96 OPUS/48000/2',
      'a=fmtp:96 useinbandfec=1; maxplaybackrate=8000;cbr=1',
      'a=rtpmap:97 telephone-event/8000',
      'a=rtpmap:98 telephone-event/48000',
      'a=ptime:60',
    ].join('\n'),
  )
  const outcome = answerOffer(offer, localMedia({ codecs: CODECS }))
  t.match(outcome, {
    result: 'answered',
    agreed: {
      codec: 'OPUS',
      payloadType: 96,
      eventPayloadTypes: [{ payloadType: 98, clockRate: 48_000 }],
      opus: { fec: true, constantRate: true, maxPlaybackRate: 8000 },
      sendPtimeMs: 20,
    },
  })
  const body = outcome.result === 'answered' ? outcome.body : ''
  t.same(lines(body, 'm='), ['m=audio 20000 RTP/AVP 96 98'])
  t.same(lines(body, 'a=rtpmap'), ['a=rtpmap:96 opus/48000/2', 'a=rtpmap:98 telephone-event/48000'])
  t.same(lines(body, 'a=fmtp'), [`a=fmtp:96 ${OURS}`, 'a=fmtp:98 0-15'])
  t.same(lines(body, 'a=ptime'), ['a=ptime:20'])
  const narrow = answerOffer(offer, localMedia({ codecs: CODECS }), 'PCMA')
  t.match(narrow, {
    agreed: { codec: 'PCMA', eventPayloadTypes: [{ payloadType: 97, clockRate: 8000 }], sendPtimeMs: 60 },
  })
  t.notOk(narrow.result === 'answered' && 'opus' in narrow.agreed)
  const only = described('m=audio 5004 RTP/AVP 96 97\na=rtpmap:96 opus/48000/2\na=rtpmap:97 telephone-event/8000')
  t.match(answerOffer(only, localMedia({ codecs: CODECS })), {
    agreed: { codec: 'OPUS', eventPayloadTypes: [{ payloadType: 97, clockRate: 8000 }] },
  })
})

t.test('what is not Opus that we can send is passed over', async (t) => {
  const rows: readonly (readonly [what: string, map: string, fmtp: string, more: string, codec: string])[] = [
    ['as the book says', 'opus/48000/2', '', '', 'OPUS'],
    ['without channels', 'opus/48000', '', '', 'OPUS'],
    ['another clock', 'opus/16000/2', '', '', 'PCMA'],
    ['more channels', 'opus/48000/6', '', '', 'PCMA'],
    ['less than we send', 'opus/48000/2', 'maxaveragebitrate=16000', '', 'PCMA'],
    ['just what we send', 'opus/48000/2', 'stereo=1; MaxAverageBitrate=24000 ;usedtx=1', '', 'OPUS'],
    ['a rate that is no number', 'opus/48000/2', 'maxaveragebitrate=lots', '', 'OPUS'],
    ['shorter packets only', 'opus/48000/2', '', 'a=maxptime:10', 'PCMA'],
    ['no longer packets', 'opus/48000/2', '', 'a=maxptime:20', 'OPUS'],
    ['a wish for shorter ones', 'opus/48000/2', '', 'a=ptime:10', 'OPUS'],
  ]
  for (const [what, map, fmtp, more, codec] of rows) {
    const text = ['m=audio 5004 RTP/AVP 111 8', `a=rtpmap:111 ${map}`, `a=fmtp:111 ${fmtp}`, more]
    const outcome = answerOffer(described(text.filter((line) => !line.endsWith(' ') && line !== '').join('\n')), {
      ...localMedia({ codecs: CODECS }),
    })
    t.equal(outcome.result === 'answered' && outcome.agreed.codec, codec, what)
  }
  const bare = described('m=audio 5004 RTP/AVP 111 8')
  t.match(answerOffer(bare, localMedia({ codecs: CODECS })), { agreed: { codec: 'PCMA' } }, 'a number without a name')
  const fixed = described('m=audio 5004 RTP/AVP 8\na=rtpmap:8 opus/48000/2')
  t.match(answerOffer(fixed, localMedia({ codecs: CODECS })), { result: 'refused' }, 'a static number')
})

t.test('wishes have the values of RFC 7587 where they are missing or senseless', async (t) => {
  const usual = { fec: false, constantRate: false, maxPlaybackRate: 48_000 }
  t.same(opusWishes(undefined), usual)
  t.same(opusWishes('useinbandfec=2;cbr=;maxplaybackrate=-1;;=;x'), usual)
  t.same(opusWishes('useinbandfec=1;useinbandfec=0'), { ...usual, fec: true })
  t.same(opusWishes('maxplaybackrate=100'), { ...usual, maxPlaybackRate: 8000 })
  t.same(opusWishes('maxplaybackrate=96000'), usual)
})

t.test('the answer to our offer settles the codec, the number each side wants, and its events alone', async (t) => {
  const made = localMedia({ codecs: CODECS })
  const opus = described(
    'm=audio 5004 RTP/AVP 120 101 121\na=rtpmap:120 opus/48000/2\na=rtpmap:101 telephone-event/8000\na=rtpmap:121 telephone-event/48000',
  )
  t.match(acceptAnswer(made, opus), {
    result: 'accepted',
    agreed: {
      codec: 'OPUS',
      payloadType: 111,
      sendPayloadType: 120,
      eventPayloadTypes: [{ payloadType: 110, sendPayloadType: 121, clockRate: 48_000 }],
      opus: { fec: false },
    },
  })
  const narrow = described('m=audio 5004 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000')
  t.match(acceptAnswer(made, narrow), {
    agreed: { codec: 'PCMA', eventPayloadTypes: [{ payloadType: 101, clockRate: 8000 }] },
  })
  const other = described('m=audio 5004 RTP/AVP 111 101\na=rtpmap:111 opus/48000/2\na=rtpmap:101 telephone-event/8000')
  t.match(acceptAnswer(made, other), {
    agreed: { codec: 'OPUS', eventPayloadTypes: [{ payloadType: 101, clockRate: 8000 }] },
  })
})

t.test('in a later offer no number changes its meaning', async (t) => {
  const first = described('m=audio 5004 RTP/AVP 110 111\na=rtpmap:110 opus/48000/2\na=rtpmap:111 telephone-event/48000')
  const outcome = answerOffer(first, localMedia({ codecs: CODECS }))
  if (outcome.result !== 'answered') throw new Error(outcome.fault)
  const later = makeOffer(localMedia({ codecs: CODECS, inUse: outcome.agreed }))
  t.same(lines(later, 'm='), ['m=audio 20000 RTP/AVP 110 8 111 101'])
  t.match(lines(later, 'a=rtpmap').join(), /110 opus.*111 telephone-event\/48000.*101 telephone-event\/8000/)
  // PCMA in use, and its events where Opus would be offered.
  const second = described('m=audio 5004 RTP/AVP 8 111\na=rtpmap:111 telephone-event/8000')
  const taken = answerOffer(second, localMedia({ codecs: CODECS }))
  if (taken.result !== 'answered') throw new Error(taken.fault)
  const local = localMedia({ codecs: CODECS, inUse: taken.agreed })
  const offer = makeOffer(local)
  t.same(lines(offer, 'm='), ['m=audio 20000 RTP/AVP 127 8 111 110'])
  t.match(lines(offer, 'a=rtpmap').join(), /127 opus.*111 telephone-event\/8000.*110 telephone-event\/48000/)
  const answer = described(
    'm=audio 5004 RTP/AVP 127 110\na=rtpmap:127 opus/48000/2\na=rtpmap:110 telephone-event/48000',
  )
  t.match(acceptAnswer(local, answer), {
    agreed: { codec: 'OPUS', payloadType: 127, eventPayloadTypes: [{ payloadType: 110, clockRate: 48_000 }] },
  })
})
