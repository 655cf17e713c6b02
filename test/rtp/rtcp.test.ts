import t from 'tap'
import {
  MAX_REPORT_SIZE,
  ntpFraction,
  ntpMiddle,
  ntpSeconds,
  parseRtcp,
  type ReportBlock,
  roundTripMs,
  writeBye,
  writeReceiverReport,
  writeSenderReport,
} from '../../src/rtp/rtcp.ts'
import { hostile, SEED } from './seeded.ts'

const block: ReportBlock = {
  ssrc: 0xcafebabe,
  fractionLost: 255,
  lost: -3,
  extendedHighest: 0x0001fffe,
  jitter: 17,
  lastSr: 0x9abcdef0,
  delaySinceLastSr: 65536,
}

t.test('NTP time', async (t) => {
  t.equal(ntpSeconds(0), 2208988800, '1970 is so many seconds after 1900 (RFC 5905)')
  t.equal(ntpFraction(500), 0x80000000, 'half a second')
  t.equal(ntpFraction(1_700_000_000_250), 0x40000000, 'a quarter of a second, now')
  t.equal(ntpSeconds(2_085_978_496_000), 0, 'the era ends in 2036 and the number wraps')
  t.equal(ntpMiddle(0x12345678, 0x9abcdef0), 0x56789abc)
})

t.test('a sender report with SDES, octet by octet', async (t) => {
  const out = new Uint8Array(MAX_REPORT_SIZE).fill(0xee)
  const size = writeSenderReport(out, {
    ssrc: 0x01020304,
    cname: 'ab',
    wallMs: 500,
    timestamp: 0xfffffff0,
    packets: 7,
    octets: 1120,
  })
  const want = '80c80006 01020304 83aa7e80 80000000 fffffff0 00000007 00000460 81ca0003 01020304 01026162 00000000'
  t.equal(Buffer.from(out.subarray(0, size)).toString('hex'), want.replaceAll(' ', ''))
  t.equal(out[size], 0xee, 'nothing behind it is touched')
})

t.test('what is written is read', async (t) => {
  for (let length = 0; length <= 255; length++) {
    const out = new Uint8Array(MAX_REPORT_SIZE)
    const size = writeReceiverReport(out, { ssrc: 9, cname: 'x'.repeat(length), block })
    t.equal(size % 4, 0, `CNAME of ${length}: whole words`)
    t.strictSame(parseRtcp(out.subarray(0, size)), [
      { type: 'rr', ssrc: 9, blocks: [block] },
      { type: 'other', packetType: 202 },
    ])
  }
  const out = new Uint8Array(MAX_REPORT_SIZE)
  const long = writeSenderReport(out, {
    ssrc: 0xffffffff,
    cname: 'y'.repeat(300),
    block,
    wallMs: 1_700_000_000_250,
    timestamp: 5,
    packets: 6,
    octets: 7,
  })
  t.ok(long <= MAX_REPORT_SIZE, 'a name too long is cut')
  t.match(parseRtcp(out.subarray(0, long)), [
    {
      type: 'sr',
      ssrc: 0xffffffff,
      ntpSeconds: 3908988800,
      ntpFraction: 0x40000000,
      timestamp: 5,
      packets: 6,
      octets: 7,
    },
    { type: 'other' },
  ])
  const bye = writeBye(out, 77, 'abc')
  t.strictSame(parseRtcp(out.subarray(0, bye)), [
    { type: 'rr', ssrc: 77, blocks: [] },
    { type: 'other', packetType: 202 },
    { type: 'bye', ssrcs: [77] },
  ])
})

t.test('compounds that are refused (RFC 3550 A.2) and those that are not', async (t) => {
  const read = (hex: string) => parseRtcp(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
  const refused: [says: string, hex: string][] = [
    ['nothing', ''],
    ['seven octets', '80c90001 010203'],
    ['version 1', '40c90001 01020304'],
    ['version 1 in the second packet', '80c90001 01020304 41cb0001 01020304'],
    ['a type outside RTCP', '80080001 01020304'],
    ['a length beyond the datagram', '80c90002 01020304'],
    ['a length short of it', '80c90001 01020304 80'],
    ['one block promised, none there', '81c90001 01020304'],
    ['a sender report without its sender', '80c80001 01020304'],
    ['a receiver report without its SSRC', '80c90000 80c90001 01020304'],
    ['two sources bid farewell, one is named', '82cb0001 01020304'],
    ['padding before the last packet', 'a0c90002 01020304 00000004 80c90001 01020304'],
    ['padding of 0', 'a0c90002 01020304 00000000'],
    ['padding not of whole words', 'a0c90002 01020304 00000003'],
    ['padding longer than the packet', 'a0c90002 01020304 000000f0'],
  ]
  for (const [says, hex] of refused) t.equal(read(hex), undefined, says)
  t.strictSame(read('a0c90002 01020304 00000004'), [{ type: 'rr', ssrc: 0x01020304, blocks: [] }], 'padding')
  t.strictSame(read('80ce0002 01020304 05060708'), [{ type: 'other', packetType: 206 }], 'feedback alone (RFC 5506)')
  t.strictSame(read('80cb0000 80c90001 00000001'), [
    { type: 'bye', ssrcs: [] },
    { type: 'rr', ssrc: 1, blocks: [] },
  ])
})

t.test('the round trip, as the example of RFC 3550 section 6.4.1 has it', async (t) => {
  const echo = { ...block, lastSr: 0xb7052000, delaySinceLastSr: 0x00054000 }
  // Received at the middle bits 0xb710:8000 of the NTP time: the delay is 6.125 s.
  const wallMs = (0xb44db710 - 2208988800) * 1000 + 500
  t.equal(roundTripMs(echo, wallMs), 6125)
  t.equal(roundTripMs({ ...echo, lastSr: 0 }, wallMs), undefined, 'no sender report of ours echoed')
  t.equal(roundTripMs({ ...echo, delaySinceLastSr: 0x7fffffff }, wallMs), undefined, 'an echo from the future')
})

t.test(`hostile octets give reports or undefined (seed ${SEED})`, async (t) => {
  const out = new Uint8Array(MAX_REPORT_SIZE)
  const sr = { ssrc: 1, cname: 'seed', block, wallMs: 1e12, timestamp: 2, packets: 3, octets: 4 }
  const sound = out.slice(0, writeSenderReport(out, sr))
  hostile(sound, (p, what) => {
    for (const r of parseRtcp(p) ?? []) {
      if ('blocks' in r && r.blocks.some((b) => Object.values(b).some((v) => !Number.isInteger(v)))) t.fail(what)
      if ('ssrcs' in r && r.ssrcs.some((v) => !Number.isInteger(v))) t.fail(what)
    }
  })
})
