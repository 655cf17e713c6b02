import fc from 'fast-check'
import t from 'tap'
import { answerOffer } from '../../src/sip/offer-answer.ts'
import { familyOf, parseSdp, SDP_MAX_CHARS, sameButOrigin } from '../../src/sip/sdp.ts'
import { ownCpuMs } from '../peers/process-times.ts'
import { localMedia, sdpPairs } from './sdp-pairs.ts'

const PLAIN = 'v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 5004 RTP/AVP 8\r\n'

t.test('the record is filled with the defaults of the RFCs', async (t) => {
  t.strictSame(parseSdp(PLAIN), {
    origin: { sessionId: '1', version: '2' },
    timing: '0 0',
    media: [{ type: 'audio', port: 5004, proto: 'RTP/AVP', formats: '8' }],
    audio: {
      index: 0,
      port: 5004,
      payloads: [{ payloadType: 8, name: 'PCMA', clockRate: 8000, channels: 1, fmtp: undefined }],
      address: '192.0.2.1',
      family: 'IPv4',
      direction: 'sendrecv',
      ptimeMs: undefined,
      maxPtimeMs: undefined,
      rtcpPort: 5005,
      rtcpAddress: '192.0.2.1',
      rtcpMux: false,
      crypto: [],
    },
    secureAudio: undefined,
  })
})

const rows: readonly [name: string, line: string, path: (body: string) => unknown, expected: unknown][] = [
  [
    '64-bit session ids keep every digit',
    '',
    (b) => parseSdp(b.replace('1 2', '18446744073709551615 9223372036854775807'))?.origin,
    { sessionId: '18446744073709551615', version: '9223372036854775807' },
  ],
  ['a=rtcp with a port', 'a=rtcp:6000', (b) => parseSdp(b)?.audio?.rtcpPort, 6000],
  ['a=rtcp with an address', 'a=rtcp:6000 IN IP4 192.0.2.9', (b) => parseSdp(b)?.audio?.rtcpAddress, '192.0.2.9'],
  ['a=rtcp with nonsense', 'a=rtcp:99999', (b) => parseSdp(b)?.audio?.rtcpPort, 5005],
  ['rtcp-mux', 'a=rtcp-mux', (b) => parseSdp(b)?.audio?.rtcpMux, true],
  ['a longer name is another attribute', 'a=rtcp-muxed', (b) => parseSdp(b)?.audio?.rtcpMux, false],
  ['an attribute that begins like a direction', 'a=inactive-since:1', (b) => parseSdp(b)?.audio?.direction, 'sendrecv'],
  ['c= of the stream beats that of the session', 'c=IN IP4 192.0.2.7', (b) => parseSdp(b)?.audio?.address, '192.0.2.7'],
  ['IPv6', 'c=IN IP6 2001:db8::7', (b) => parseSdp(b)?.audio?.family, 'IPv6'],
  ['a payload type twice counts once', '', (b) => parseSdp(b.replace('AVP 8', 'AVP 8 8 0'))?.audio?.payloads.length, 2],
  [
    'a payload type out of range is left out',
    '',
    (b) => parseSdp(b.replace('AVP 8', 'AVP 128 8 -1 1e1'))?.audio?.payloads.length,
    1,
  ],
  [
    'an unmapped dynamic payload type is left out',
    '',
    (b) => parseSdp(b.replace('AVP 8', 'AVP 96 8'))?.audio?.payloads.length,
    1,
  ],
  ['spaces at line ends', '', (b) => parseSdp(b.replace(/\r\n/g, '  \r\n'))?.audio?.port, 5004],
  ['bare line feeds', '', (b) => parseSdp(b.replace(/\r\n/g, '\n'))?.audio?.port, 5004],
  ['bare carriage returns', '', (b) => parseSdp(b.replace(/\r\n/g, '\r'))?.audio?.port, 5004],
  ['no line end at the end', '', (b) => parseSdp(b.trimEnd())?.audio?.port, 5004],
  ['no o=', '', (b) => parseSdp(b.replace(/o=.*\r\n/, ''))?.origin, { sessionId: '', version: '' }],
  ['a line too long is read over', `a=ptime:20${' '.repeat(2000)}`, (b) => parseSdp(b)?.audio?.ptimeMs, undefined],
]
t.test('lines', async (t) => {
  for (const [name, line, read, expected] of rows)
    t.strictSame(read(line === '' ? PLAIN : `${PLAIN}${line}\r\n`), expected, name)
})

t.test('what is not a session', async (t) => {
  const bodies: readonly [string, string][] = [
    ['nothing', ''],
    ['no v=', PLAIN.slice(5)],
    ['another version', PLAIN.replace('v=0', 'v=1')],
    ['no m=', PLAIN.replace(/m=.*\r\n/, '')],
    ['a port over 65535', PLAIN.replace('5004', '65536')],
    ['a port that is none', PLAIN.replace('5004', '-1')],
    ['an m= without formats', PLAIN.replace('RTP/AVP 8', 'RTP/AVP')],
    ['too many m= lines', PLAIN + 'm=video 1 RTP/AVP 31\r\n'.repeat(16)],
    ['too long', PLAIN + 'a=x\r\n'.repeat(SDP_MAX_CHARS / 5)],
  ]
  for (const [name, body] of bodies) t.equal(parseSdp(body), undefined, name)
})

t.test('sameButOrigin looks at everything but o=', async (t) => {
  t.ok(sameButOrigin(PLAIN, PLAIN.replace('1 2', '1 3')))
  t.notOk(sameButOrigin(PLAIN, PLAIN.replace('5004', '5006')))
})

t.test('familyOf', async (t) => {
  t.equal(familyOf('192.0.2.1'), 'IPv4')
  t.equal(familyOf('2001:db8::1'), 'IPv6')
  t.equal(familyOf('fe80::1%eth0'), undefined, 'a zone is of this machine, not of the far end')
  t.equal(familyOf('192.0.2'), undefined)
})

t.test('hostile input gives a value or undefined, never a throw, and what is read can be answered', async (t) => {
  let readable = 0
  const look = (body: string) => {
    const session = parseSdp(body)
    if (session === undefined) return
    readable++
    answerOffer(session, localMedia())
  }
  for (const { offer } of sdpPairs) {
    for (let length = 0; length < offer.length; length++) look(offer.slice(0, length))
  }
  const offers = fc.constantFrom(...sdpPairs.map((pair) => pair.offer))
  fc.assert(
    fc.property(offers, fc.nat(), fc.integer({ min: 0, max: 255 }), (offer, at, code) => {
      const place = at % offer.length
      look(offer.slice(0, place) + String.fromCharCode(code) + offer.slice(place + 1))
    }),
    { numRuns: 3000 },
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (tail) =>
      look(`v=0\r\nm=audio 1 RTP/AVP 0\r\na=${tail}`),
    ),
    { numRuns: 1000 },
  )
  fc.assert(
    fc.property(offers, fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), (offer, order) => {
      const lines = offer.split('\r\n')
      look(`v=0\r\n${order.map((at) => lines[at] ?? '').join('\r\n')}`)
    }),
    { numRuns: 1000 },
  )
  t.ok(readable > 1000, 'much of it was still readable')
})

t.test('the largest body is read quickly', async (t) => {
  const worst = [
    `a=rtpmap:${'1'.repeat(900)}`,
    `a=fmtp:1 ${' '.repeat(900)}`,
    `a=rtcp:${'1'.repeat(400)} IN IP4 ${'x'.repeat(400)}`,
    `m=audio 1 RTP/AVP ${'1 '.repeat(240)}1`,
  ]
  for (const line of worst) {
    const body = PLAIN + `${line}\r\n`.repeat(Math.floor((SDP_MAX_CHARS - PLAIN.length) / (line.length + 2)))
    const beganMs = ownCpuMs()
    parseSdp(body)
    const tookMs = ownCpuMs() - beganMs
    t.ok(tookMs < 200, `${line.slice(0, 12)} took ${tookMs.toFixed(1)} ms`)
  }
})

t.test(
  'runs of blanks wherever some may stand are read quickly, in a line that is one and in one that is not',
  async (t) => {
    const blanks = ' '.repeat(950)
    const [head, last] = [PLAIN.slice(0, PLAIN.indexOf('m=')), 'm=audio 5004 RTP/AVP 8']
    const places = [...last.matchAll(/ |$/g)].map(({ index }) => `${last.slice(0, index)}${blanks}${last.slice(index)}`)
    for (const line of [...places, ...places.map((place) => `${place}|`), `m=audio 5004 RTP/AVP${blanks}|`]) {
      parseSdp(head + line)
      const beginMs = ownCpuMs()
      for (let i = 0; i < 10; i++) parseSdp(head + line)
      const ms = (ownCpuMs() - beginMs) / 10
      t.ok(ms < 10, `${ms.toFixed(2)} ms`)
    }
  },
)
