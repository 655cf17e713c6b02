import t from 'tap'
import { acceptAnswer, answerOffer, type LocalMedia, makeOffer, nextVersion } from '../../src/sip/offer-answer.ts'
import { parseSdp, type SdpSession } from '../../src/sip/sdp.ts'
import { localMedia, sdpPairs } from './sdp-pairs.ts'

function read(body: string): SdpSession {
  const session = parseSdp(body)
  if (session === undefined) throw new Error(`not a description: ${body}`)
  return session
}

function described(lines: string, address = '192.0.2.20'): SdpSession {
  return read(
    `v=0\r\no=- 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\n${lines.replace(/\n/g, '\r\n')}\r\n`,
  )
}

function agreedBy(made: LocalMedia, answer: SdpSession) {
  const outcome = acceptAnswer(made, answer)
  if (outcome.result !== 'accepted') throw new Error(outcome.fault)
  return outcome.agreed
}

t.test('pairs', async (t) => {
  t.ok(sdpPairs.length > 40)
  for (const { name, says, offer, answer } of sdpPairs) {
    const local =
      name.includes('ipv6') && !name.endsWith('ipv4') ? { address: '2001:db8::50', family: 'IPv6' as const } : {}
    const session = parseSdp(offer)
    const outcome = session === undefined ? undefined : answerOffer(session, localMedia(local))
    const got =
      outcome === undefined ? 'unreadable' : outcome.result === 'refused' ? `refused ${outcome.fault}` : outcome.body
    t.equal(got, answer, `${name}: ${says}`)
  }
})

t.test('what an answer settles', async (t) => {
  const offer = described(
    'm=audio 5004 RTP/AVP 0 8 96 101\na=rtpmap:96 telephone-event/8000\na=rtpmap:101 telephone-event/16000\na=rtcp:5010\na=ptime:40',
  )
  const outcome = answerOffer(offer, localMedia())
  t.strictSame(outcome.result === 'answered' && outcome.agreed, {
    remote: { address: '192.0.2.20', rtpPort: 5004, rtcpPort: 5010 },
    family: 'IPv4',
    codec: 'PCMU',
    payloadType: 0,
    eventPayloadTypes: [{ payloadType: 96, clockRate: 8000 }],
    sendPtimeMs: 40,
    rtcpMux: false,
    direction: 'sendrecv',
    comfortNoise: false,
  })
})

t.test('redundancy is agreed to for telephone-events alone', async (t) => {
  const rows: readonly (readonly [what: string, lines: string, number: number | undefined])[] = [
    ['events twice', '101 121\na=rtpmap:101 telephone-event/8000\na=rtpmap:121 red/8000\na=fmtp:121 101/101', 121],
    ['three generations', '96 97\na=rtpmap:96 telephone-event/8000\na=rtpmap:97 RED/8000/1\na=fmtp:97 96/96/96', 97],
    ['sound as well', '101 121\na=rtpmap:101 telephone-event/8000\na=rtpmap:121 red/8000\na=fmtp:121 0/101', undefined],
    ['nobody says of what', '101 121\na=rtpmap:101 telephone-event/8000\na=rtpmap:121 red/8000', undefined],
    [
      'another clock',
      '101 121\na=rtpmap:101 telephone-event/8000\na=rtpmap:121 red/48000\na=fmtp:121 101/101',
      undefined,
    ],
    ['without events', '121\na=rtpmap:121 red/8000\na=fmtp:121 101/101', undefined],
  ]
  for (const [what, lines, number] of rows) {
    const outcome = answerOffer(described(`m=audio 5004 RTP/AVP 0 ${lines}`), localMedia())
    if (outcome.result !== 'answered') throw new Error(outcome.fault)
    const { agreed, body } = outcome
    t.equal(agreed.eventPayloadTypes[0]?.redundantPayloadType, number, what)
    t.equal(/a=rtpmap:\d+ red\/8000/i.test(body), number !== undefined, `${what}: as it is answered`)
    if (number === undefined) continue
    const { payloadType } = agreed.eventPayloadTypes[0] ?? { payloadType: 0 }
    t.match(body, `m=audio 20000 RTP/AVP 0 ${payloadType} ${number}\r\n`)
    t.match(body, `a=fmtp:${number} ${payloadType}/${payloadType}\r\n`)
    const again = localMedia({ inUse: agreed })
    t.match(makeOffer(again), `a=fmtp:${number} ${payloadType}/${payloadType}\r\n`, 'a re-offer keeps it')
    t.strictSame(agreedBy(again, read(body)).eventPayloadTypes, agreed.eventPayloadTypes)
  }
  t.notMatch(makeOffer(localMedia()), /red/i, 'it is not offered')
})

t.test('events of other clocks: the one of the sound if there is one, else the first', async (t) => {
  const events = (lines: string) => {
    const outcome = answerOffer(described(`m=audio 5004 RTP/AVP 0 ${lines}`), localMedia())
    return outcome.result === 'answered' && outcome.agreed.eventPayloadTypes
  }
  const opus = '110 101\na=rtpmap:110 telephone-event/48000\na=rtpmap:101 telephone-event/8000'
  t.strictSame(events(opus), [{ payloadType: 101, clockRate: 8000 }])
  const wide = '110 102\na=rtpmap:110 telephone-event/48000\na=rtpmap:102 telephone-event/16000'
  t.strictSame(events(wide), [{ payloadType: 110, clockRate: 48_000 }])
})

t.test('choices in the answer', async (t) => {
  const offer = described('m=audio 5004 RTP/AVP 9 8 0 13\na=rtcp-mux')
  const codec = (local: Partial<LocalMedia>, prefer?: 'PCMU' | 'PCMA') => {
    const outcome = answerOffer(offer, localMedia(local), prefer)
    return outcome.result === 'answered' ? outcome.agreed.codec : outcome.fault
  }
  t.equal(codec({}), 'G722', "the offerer's order")
  t.equal(codec({ codecs: ['PCMU', 'PCMA'] }), 'PCMA', "the offerer's order among ours")
  t.equal(codec({}, 'PCMU'), 'PCMU', 'the preferred one, if offered')
  t.equal(codec({ codecs: ['PCMA'] }, 'PCMU'), 'PCMA', 'a preferred one that is not ours is not taken')
  const noise = answerOffer(offer, localMedia({ comfortNoise: true }))
  t.match(noise, { agreed: { comfortNoise: true, rtcpMux: true, remote: { rtcpPort: 5004 } } })
  t.match(noise.result === 'answered' && noise.body, /m=audio 20000 RTP\/AVP 9 13\r\n/)
  const alone = answerOffer(offer, localMedia({ rtcpMux: false }))
  t.match(alone, { agreed: { rtcpMux: false, remote: { rtcpPort: 5005 } } }, 'no RTCP-mux unless both want it')
  const held = answerOffer(offer, localMedia({ direction: 'sendonly' }))
  t.match(held, { agreed: { direction: 'sendonly' } })
  t.match(held.result === 'answered' && held.body, /a=sendonly\r\n/)
})

t.test('held by an address of zeros there is nobody to send to', async (t) => {
  const outcome = answerOffer(described('m=audio 5004 RTP/AVP 8', '0.0.0.0'), localMedia())
  t.match(outcome, { result: 'answered', agreed: { direction: 'recvonly', remote: { address: '0.0.0.0' } } })
})

t.test('our offer', async (t) => {
  t.equal(
    makeOffer(localMedia({ rtcpPort: 20_007, direction: 'sendonly' })),
    [
      'v=0',
      'o=- 4711 1 IN IP4 198.51.100.50',
      's=-',
      'c=IN IP4 198.51.100.50',
      't=0 0',
      'm=audio 20000 RTP/AVP 9 8 0 101',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=rtcp:20007',
      'a=ptime:20',
      'a=sendonly',
      'a=rtcp-mux',
      '',
    ].join('\r\n'),
  )
  const six = makeOffer(localMedia({ address: '2001:db8::50', family: 'IPv6' }))
  t.match(six, /^o=- 4711 1 IN IP6 2001:db8::50\r$/m)
  t.match(six, /^c=IN IP6 2001:db8::50\r$/m)
})

t.test('the answer to our offer', async (t) => {
  const plain = agreedBy(
    localMedia(),
    described('m=audio 6000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000\na=ptime:30'),
  )
  t.strictSame(plain, {
    remote: { address: '192.0.2.20', rtpPort: 6000, rtcpPort: 6001 },
    family: 'IPv4',
    codec: 'PCMA',
    payloadType: 8,
    eventPayloadTypes: [{ payloadType: 101, clockRate: 8000 }],
    sendPtimeMs: 30,
    rtcpMux: false,
    direction: 'sendrecv',
    comfortNoise: false,
  })
  const other = agreedBy(
    localMedia(),
    described('m=audio 6000 RTP/AVP 97 96\na=rtpmap:97 PCMA/8000\na=rtpmap:96 telephone-event/8000'),
  )
  t.match(
    other,
    { payloadType: 8, sendPayloadType: 97, eventPayloadTypes: [{ payloadType: 101, sendPayloadType: 96 }] },
    'numbers may differ by direction',
  )
  const several = agreedBy(localMedia(), described('m=audio 6000 RTP/AVP 0 8 9'))
  t.equal(several.codec, 'PCMU', 'of several codecs in an answer the first')
  t.strictSame(several.eventPayloadTypes, [], 'no events when the answer has none')
  t.equal(
    agreedBy(localMedia(), described('m=audio 6000 RTP/AVP 8\na=sendonly')).direction,
    'recvonly',
    'answered on hold',
  )
  t.equal(
    agreedBy(localMedia({ direction: 'sendonly' }), described('m=audio 6000 RTP/AVP 8\na=sendrecv')).direction,
    'sendonly',
    'an answer cannot give more than the offer',
  )
  t.match(agreedBy(localMedia(), described('m=audio 6000 RTP/AVP 8\na=rtcp-mux')), {
    rtcpMux: true,
    remote: { rtcpPort: 6000 },
  })
})

t.test('answers that cannot be used', async (t) => {
  const rows: readonly [name: string, answer: SdpSession, fault: string][] = [
    ['the stream is refused', described('m=audio 0 RTP/AVP 8'), 'sip.no-audio'],
    ['another profile', described('m=audio 6000 RTP/SAVP 8'), 'sip.no-audio'],
    ['audio in a place we did not offer', described('m=video 0 RTP/AVP 31\nm=audio 6000 RTP/AVP 8'), 'sip.no-audio'],
    ['a codec we did not offer', described('m=audio 6000 RTP/AVP 18'), 'sip.no-common-codec'],
    ['a multicast address', described('m=audio 6000 RTP/AVP 8', '233.252.0.1'), 'sip.unusable-media-address'],
    ['the broadcast address', described('m=audio 6000 RTP/AVP 8', '255.255.255.255'), 'sip.unusable-media-address'],
    ['packets too long', described('m=audio 6000 RTP/AVP 8\na=ptime:100'), 'sip.unusable-ptime'],
  ]
  for (const [name, answer, fault] of rows)
    t.strictSame(acceptAnswer(localMedia(), answer), { result: 'refused', fault }, name)
})

t.test('a re-offer keeps session id, port and the meaning of payload types', async (t) => {
  const first = answerOffer(
    described('m=audio 5004 RTP/AVP 112 96\na=rtpmap:112 PCMA/8000\na=rtpmap:96 telephone-event/8000'),
    localMedia(),
  )
  if (first.result !== 'answered') throw new Error(first.fault)
  const again = localMedia({ version: 2, direction: 'sendonly', inUse: first.agreed })
  const body = makeOffer(again)
  t.match(body, /^o=- 4711 2 /m)
  t.match(body, /^m=audio 20000 RTP\/AVP 9 112 0 96\r$/m)
  t.match(
    agreedBy(
      again,
      described('m=audio 5004 RTP/AVP 112 96\na=rtpmap:112 PCMA/8000\na=rtpmap:96 telephone-event/8000\na=recvonly'),
    ),
    {
      codec: 'PCMA',
      payloadType: 112,
      sendPayloadType: undefined,
      eventPayloadTypes: [{ payloadType: 96 }],
      direction: 'sendonly',
    },
  )
})

t.test('the version counts changes, not messages', async (t) => {
  const sent = { body: makeOffer(localMedia()), version: 1 }
  t.equal(nextVersion(sent, makeOffer(localMedia({ version: 9 }))), 1)
  t.equal(nextVersion(sent, makeOffer(localMedia({ direction: 'inactive' }))), 2)
})
