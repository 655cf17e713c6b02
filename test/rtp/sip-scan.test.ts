/** SIP over UDP and TCP as a capture shows it, and the payload types its SDP names. */

import t from 'tap'
import type { Segment } from '../../src/rtp/link-layer.ts'
import { SipScanner } from '../../src/rtp/sip-scan.ts'

const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=audio 4000 RTP/AVP 96 0 101',
  'a=rtpmap:96 OPUS/48000/2',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'm=audio 4002 RTP/SAVPF 8 102',
  'c=IN IP6 2001:db8::1',
  'a=rtpmap:102 Telephone-Event/16000',
  'm=video 0 RTP/AVP 31',
  'm=image 4004 udptl t38',
  '',
].join('\r\n')
const INVITE = `INVITE sip:a@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nContent-Type: application/sdp\r\n\r\n${SDP}`
const OK = 'SIP/2.0 200 OK\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n'

const segment = (over: 'udp' | 'tcp', text: string, atMs = 0, sequence = 0): Segment => ({
  over,
  atMs,
  from: '192.0.2.1:5060',
  to: '192.0.2.2:5060',
  payload: new TextEncoder().encode(text),
  sequence,
  origin: { ip: new Uint8Array(), body: new Uint8Array(), pieces: [] },
})

t.test('media of an offer', async (t) => {
  const scanner = new SipScanner()
  t.equal(scanner.take(segment('udp', INVITE, 7)), true)
  const { messages, media } = scanner.finish()
  t.equal(messages, 1)
  t.same(
    media.map((one) => [one.at, one.encrypted, one.atMs]),
    [
      ['192.0.2.1:4000', false, 7],
      ['[2001:db8::1]:4002', true, 7],
    ],
  )
  t.same(media[0]?.formats.get(96), { name: 'opus', clockRate: 48_000 })
  t.same(media[0]?.formats.get(0), { name: 'PCMU', clockRate: 8000 })
  t.same(media[0]?.formats.get(101), { name: 'telephone-event', clockRate: 8000 })
  t.same(media[1]?.formats.get(102), { name: 'telephone-event', clockRate: 16_000 })
})

t.test('TCP: cut anywhere, sent twice, several in one segment', async (t) => {
  const text = `${INVITE}${OK}${INVITE}`
  for (const size of [1, 7, 50, 300, 5000]) {
    const scanner = new SipScanner()
    // The first segment has to show that this is SIP at all.
    const first = Math.max(size, 40)
    for (let at = 0; at < text.length; at += at === 0 ? first : size) {
      const piece = text.slice(at, at + (at === 0 ? first : size))
      const sequence = (0xffff_ff00 + at) >>> 0
      scanner.take(segment('tcp', piece, at, sequence))
      if (at % 3 === 0) scanner.take(segment('tcp', piece, at, sequence))
    }
    const { messages, media } = scanner.finish()
    t.equal(messages, 3, `${size} octets a segment`)
    t.equal(media.length, 4)
  }
})

t.test('what is no SIP', async (t) => {
  const scanner = new SipScanner()
  const others = [
    '',
    'hello',
    'GET / HTTP/1.1\r\n\r\n',
    'HTTP/1.1 200 OK\r\n\r\n',
    '\r\n\r\n',
    'INVITE sip:a@b SIP/1.0\r\n',
    SDP,
  ]
  for (const text of others) {
    t.equal(scanner.take(segment('udp', text)), false)
    scanner.take(segment('tcp', text))
  }
  t.same(scanner.finish(), { messages: 0, media: [] })
})

t.test('damaged SDP gives what can be read', async (t) => {
  const damaged = [
    'm=audio',
    'm=audio x RTP/AVP 0',
    'm=audio 4000 RTP/AVP',
    'a=rtpmap:x',
    'a=rtpmap:96',
    'c=IN IP4',
  ].join('\r\n')
  const scanner = new SipScanner()
  scanner.take(
    segment(
      'udp',
      `BYE sip:a SIP/2.0\r\n\r\na=rtpmap:0 X/1\r\nv=0\r\nc=IN IP4 192.0.2.9\r\n${damaged}\r\nm=audio 6 RTP/AVP 8`,
    ),
  )
  t.same(
    scanner.finish().media.map((one) => one.at),
    ['192.0.2.9:6'],
  )
})
