import t from 'tap'
import {
  isRtcp,
  isRtp,
  marker,
  payloadEnd,
  payloadStart,
  payloadType,
  sequence,
  setMarker,
  setPayloadType,
  setSequence,
  setSsrc,
  setTimestamp,
  ssrc,
  timestamp,
  writeHeader,
} from '../../src/rtp/packet.ts'
import { hostile, SEED } from './seeded.ts'

function header(...payload: number[]): Uint8Array {
  const p = new Uint8Array(12 + payload.length)
  writeHeader(p, 8, false, 1000, 160_000, 0xdeadbeef)
  p.set(payload, 12)
  return p
}

t.test('a header comes back as it was written', async (t) => {
  const rows = [
    { says: 'all zero', pt: 0, m: false, seq: 0, ts: 0, ssrc: 0 },
    { says: 'all ones', pt: 127, m: true, seq: 0xffff, ts: 0xffffffff, ssrc: 0xffffffff },
    { says: 'the sign bit of each field', pt: 64, m: true, seq: 0x8000, ts: 0x80000000, ssrc: 0x80000000 },
    { says: 'ordinary audio', pt: 8, m: false, seq: 4711, ts: 123_456_789, ssrc: 0x12345678 },
  ]
  for (const row of rows) {
    const p = new Uint8Array(12).fill(0xaa)
    t.equal(writeHeader(p, row.pt, row.m, row.seq, row.ts, row.ssrc), 12, row.says)
    t.equal(p[0], 0x80, row.says)
    t.strictSame(
      [payloadType(p), marker(p), sequence(p), timestamp(p), ssrc(p), payloadStart(p), payloadEnd(p)],
      [row.pt, row.m, row.seq, row.ts, row.ssrc, 12, 12],
      row.says,
    )
  }
})

t.test('each setter changes its field and nothing else', async (t) => {
  const p = header(1, 2, 3)
  setPayloadType(p, 101)
  setMarker(p, true)
  setSequence(p, 70_000)
  setTimestamp(p, 4_294_967_296 + 5)
  setSsrc(p, 0xcafebabe)
  t.strictSame([...p], [0x80, 0x80 | 101, 0x11, 0x70, 0, 0, 0, 5, 0xca, 0xfe, 0xba, 0xbe, 1, 2, 3])
  setMarker(p, false)
  t.equal(p[1], 101, 'the marker goes, the payload type stays')
  setMarker(p, true)
  setPayloadType(p, 8)
  t.equal(p[1], 0x88, 'the payload type goes, the marker stays')
})

t.test('what is RTP, and where its payload lies', async (t) => {
  const plain = header(9, 9)
  const with1csrc = Uint8Array.of(0x81, 8, ...plain.subarray(2, 12), 1, 2, 3, 4, 9, 9)
  const extended = Uint8Array.of(0x90, 8, ...plain.subarray(2, 12), 0xbe, 0xde, 0, 1, 0x51, 7, 7, 0, 9, 9, 9)
  const padded = Uint8Array.of(0xa0, 8, ...plain.subarray(2, 12), 9, 9, 0, 0, 0, 4)
  const allPadding = Uint8Array.of(0xa0, 8, ...plain.subarray(2, 12), 0, 0, 3)
  const everything = Uint8Array.of(0xb1, 0x88, ...plain.subarray(2, 12), 1, 2, 3, 4, 0, 0, 0, 0, 9, 0, 2)
  const rows: [says: string, p: Uint8Array, start: number, end: number][] = [
    ['a plain packet', plain, 12, 14],
    ['an empty payload', header(), 12, 12],
    ['one CSRC', with1csrc, 16, 18],
    ['a header extension of one word', extended, 20, 23],
    ['four octets of padding', padded, 12, 14],
    ['nothing but padding', allPadding, 12, 12],
    ['CSRC, empty extension and padding', everything, 20, 21],
  ]
  for (const [says, p, start, end] of rows) {
    t.equal(isRtp(p), true, says)
    t.strictSame([payloadStart(p), payloadEnd(p)], [start, end], says)
  }
})

t.test('what is not RTP', async (t) => {
  const plain = header(9, 9)
  const change = (at: number, v: number, length = plain.length): Uint8Array => {
    const p = plain.slice(0, length)
    p[at] = v
    return p
  }
  const rows: [says: string, p: Uint8Array][] = [
    ['nothing at all', new Uint8Array()],
    ['eleven octets', plain.slice(0, 11)],
    ['version 0, which is STUN', change(0, 0x00)],
    ['version 1', change(0, 0x40)],
    ['version 3', change(0, 0xc0)],
    ['first octet of DTLS', change(0, 22)],
    ['a CSRC that reaches beyond the end', change(0, 0x81)],
    ['an extension without its length', change(0, 0x90)],
    ['padding of 0 octets', Uint8Array.of(0xa0, ...header(9, 0).subarray(1))],
    ['padding longer than the payload', Uint8Array.of(0xa0, ...header(9, 3).subarray(1))],
    ['the padding bit on an empty payload', Uint8Array.of(0xa0, ...header().subarray(1, 11), 1)],
    ['RTCP sender report', change(1, 200)],
    ['first payload type of the RTCP range', change(1, 192)],
    ['last payload type of the RTCP range', change(1, 223)],
  ]
  for (const [says, p] of rows) t.equal(isRtp(p), false, says)
  t.equal(isRtp(change(1, 191)), true, 'marker and payload type 63')
  t.equal(isRtp(change(1, 224)), true, 'marker and payload type 96')
})

t.test('RTCP is told apart by its second octet', async (t) => {
  const report = Uint8Array.of(0x80, 201, 0, 1, 1, 2, 3, 4)
  t.equal(isRtcp(report), true)
  t.equal(isRtcp(report.subarray(0, 7)), false, 'too short')
  t.equal(isRtcp(Uint8Array.of(0x80, 191, 0, 1, 1, 2, 3, 4)), false, 'below the range')
  t.equal(isRtcp(Uint8Array.of(0x80, 224, 0, 1, 1, 2, 3, 4)), false, 'above the range')
  t.equal(isRtcp(Uint8Array.of(0x40, 201, 0, 1, 1, 2, 3, 4)), false, 'version 1')
  t.equal(isRtp(header()) && isRtcp(header()), false, 'never both')
})

t.test(`hostile octets are refused or lie inside the packet (seed ${SEED})`, async (t) => {
  const sound = Uint8Array.of(
    0xb1,
    0x88,
    ...header().subarray(2, 12),
    1,
    2,
    3,
    4,
    0xbe,
    0xde,
    0,
    1,
    1,
    2,
    3,
    4,
    9,
    9,
    2,
  )
  t.equal(isRtp(sound), true)
  hostile(sound, (p, what) => {
    isRtcp(p)
    if (!isRtp(p)) return
    if (payloadStart(p) < 12 || payloadStart(p) > payloadEnd(p) || payloadEnd(p) > p.length) t.fail(what)
  })
})
