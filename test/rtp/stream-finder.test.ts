/** What is a stream and what only looks like one, and what its payload types stand for. */

import t from 'tap'
import { writeHeader } from '../../src/rtp/packet.ts'
import { pcapFileHeader, pcapUdpRecord } from '../../src/rtp/pcap.ts'
import { parseCapture } from '../../src/rtp/pcapng.ts'
import { type CaptureContents, findStreams } from '../../src/rtp/stream-finder.ts'

type Sent = { atMs: number; from: number; to: number; payload: Uint8Array }

function find(sent: Sent[]): CaptureContents {
  const records = sent.map(({ atMs, from, to, payload }) =>
    pcapUdpRecord(1e12 + atMs, { address: '192.0.2.1', port: from }, { address: '192.0.2.2', port: to }, payload),
  )
  const capture = parseCapture(
    Buffer.concat([pcapFileHeader(), ...records.map((record) => record ?? new Uint8Array())]),
  )
  if (capture === undefined) throw new Error('not a capture')
  return findStreams(capture)
}

function rtp(type: number, sequence: number, timestamp: number, ssrc = 5, payload = [1, 2, 3, 4, 5]): Uint8Array {
  const out = new Uint8Array(12 + payload.length)
  writeHeader(out, type, false, sequence, timestamp, ssrc)
  out.set(payload, 12)
  return out
}

const run = (count: number, type: number, ts = 160, ssrc = 5): Sent[] =>
  Array.from({ length: count }, (_, i) => ({ atMs: i * 20, from: 4000, to: 5000, payload: rtp(type, i, i * ts, ssrc) }))

const sip = (atMs: number, lines: string[]): Sent => ({
  atMs,
  from: 5060,
  to: 5060,
  payload: new TextEncoder().encode(['SIP/2.0 200 OK', '', 'v=0', 'c=IN IP4 192.0.2.2', ...lines, ''].join('\r\n')),
})

t.test('streams without SDP', async (t) => {
  const found = find([...run(10, 0), ...run(10, 0, 160, 6)])
  t.same(
    found.streams.map((one) => [one.from, one.to, one.ssrc, one.packets.length, one.encrypted]),
    [
      ['192.0.2.1:4000', '192.0.2.2:5000', 5, 10, false],
      ['192.0.2.1:4000', '192.0.2.2:5000', 6, 10, false],
    ],
    'two sources on one pair of ports',
  )
  t.same(
    find(run(20, 97, 960)).streams[0]?.formats.get(97),
    { name: 'dynamic', clockRate: 48_000 },
    'clock by its pace',
  )
  t.same(find(run(20, 97, 320)).streams[0]?.formats.get(97), { name: 'dynamic', clockRate: 16_000 })
})

t.test('events that nobody announced are known by their shape, with the clock of the sound', async (t) => {
  const events = run(12, 110).map((one, i) => ({ ...one, payload: rtp(110, 20 + i, 9600, 5, [5, 10, 0, i]) }))
  const sound = run(20, 97, 960)
  t.same(find([...sound, ...events]).streams[0]?.formats.get(110), { name: 'telephone-event', clockRate: 48_000 })
  t.same(find(events).streams[0]?.formats.get(110), { name: 'telephone-event', clockRate: 8000 })
})

t.test('events that travel inside RFC 2198 packets alone have their format too', async (t) => {
  const red = Array.from({ length: 6 }, (_, i) => ({
    atMs: 10 + i * 20,
    from: 4000,
    to: 5000,
    // One older block of payload type 101, four octets long, then the one of now.
    payload: rtp(121, i, 9600, 5, [0xe5, 0, 0, 4, 101, 5, 10, 0, i, 5, 10, 0, i + 1]),
  }))
  const announced = sip(0, [
    'm=audio 5000 RTP/AVP 121 101',
    'a=rtpmap:121 red/16000',
    'a=rtpmap:101 telephone-event/16000',
  ])
  const [stream] = find([announced, ...red]).streams
  t.same(stream?.formats.get(101), { name: 'telephone-event', clockRate: 16_000 })
  t.same(find(red).streams[0]?.formats.has(101), false, 'not looked for where nobody said that it is redundancy')
})

t.test('what only looks like RTP', async (t) => {
  let state = 3
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 16
  }
  const rows: [string, Sent[]][] = [
    ['too few packets', run(3, 0)],
    ['sequence numbers that jump', run(30, 0).map((one) => ({ ...one, payload: rtp(0, random(), 0) }))],
    ['a payload type that does not exist', run(30, 50)],
    ['a type of its own in every packet', run(30, 0).map((one, i) => ({ ...one, payload: rtp(96 + (i % 20), i, 0) }))],
    [
      'version 1',
      run(30, 0).map((one) => ({ ...one, payload: Uint8Array.from(one.payload, (v, i) => (i === 0 ? 0x40 : v)) })),
    ],
  ]
  for (const [name, sent] of rows) t.same(find(sent).streams, [], name)
})

t.test('what else shares the ports', async (t) => {
  const others = [
    [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...Array(12).fill(1)],
    [22, 0xfe, 0xfd, ...Array(20).fill(0)],
    [0x80, 200, 0, 6, ...Array(24).fill(0)],
    [0, 1, 2],
  ].map((octets) => ({ atMs: 0, from: 4000, to: 5000, payload: Uint8Array.from(octets) }))
  const found = find([...others, ...run(10, 0)])
  t.match(found, { stunPackets: 1, dtlsPackets: 1, rtcpPackets: 1, sipMessages: 0 })
  t.equal(found.streams[0]?.encrypted, true, 'keys were agreed by DTLS')
})

t.test('SDP names the types, each as it was when the type came', async (t) => {
  const answer = ['m=audio 5000 RTP/AVP 97 101', 'a=rtpmap:97 G722/8000', 'a=rtpmap:101 telephone-event/16000']
  const named = find([sip(0, answer), ...run(10, 97)])
  t.equal(named.sipMessages, 1)
  t.same(named.streams[0]?.formats.get(97), { name: 'G722', clockRate: 8000 })
  const moved = find([sip(0, answer), ...run(10, 97), sip(5000, ['m=audio 5000 RTP/AVP 97', 'a=rtpmap:97 iLBC/8000'])])
  t.same(moved.streams[0]?.formats.get(97), { name: 'G722', clockRate: 8000 }, 'not as it was later')
  t.equal(find([sip(0, answer), ...run(1, 97)]).streams.length, 1, 'one announced packet is a stream')
  t.equal(find([sip(0, ['m=audio 5000 RTP/SAVP 0']), ...run(9, 0)]).streams[0]?.encrypted, true)
})
