/** Real captures against what two independent readers say is in them, and streams made up for the cases no capture has. */

import { existsSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { encodePcmu } from '../../src/rtp/g711.ts'
import { G722Encoder } from '../../src/rtp/g722.ts'
import { HEADER_SIZE, writeHeader } from '../../src/rtp/packet.ts'
import { parseCapture } from '../../src/rtp/pcapng.ts'
import { findStreams, packetsWithTimes, type RtpStream, type TimedPacket } from '../../src/rtp/stream-finder.ts'
import { reportStream, type StreamReport } from '../../src/rtp/stream-report.ts'
import { writeKey } from '../../src/rtp/tone.ts'

const KEYS = '0123456789*#ABCD'

type StreamTruth = {
  src: string
  dst: string
  ssrc: string
  packets: number
  start: number
  payload_types: Record<string, [string, number]>
  expected: number
  lost: number
  duplicates: number
  reordered: number
  digits?: string
  events?: { digit: string; at: number }[]
  inband?: { goertzel: { digit: string; at: number }[] }
}
type FileTruth = {
  packets: number
  rtcp_packets?: number
  stun_packets?: number
  dtls_packets?: number
  sip?: { messages: number; counts: Record<string, number> }
  rtp_streams?: StreamTruth[]
}

/** What the copies beside the tests hold, in the words of the whole collection's own list. */
const stream = (src: string, dst: string, ssrc: string, packets: number, type: [string, string]): StreamTruth => ({
  src,
  dst,
  ssrc,
  packets,
  start: Number.NaN,
  payload_types: { [type[0]]: [type[1], packets] },
  expected: packets,
  lost: 0,
  duplicates: 0,
  reordered: 0,
})
const event = (digit: string): StreamTruth => ({
  ...stream('192.168.0.3:49176', '192.168.0.1:10000', '0x0E05384E', 10, ['101', 'dyn']),
  expected: 8,
  duplicates: 2,
  digits: digit,
  events: [{ digit, at: 0 }],
})
const sip = (messages: number) => ({ messages, counts: { all: messages } })
const COPIES: Record<string, FileTruth> = {
  'dtmf_2833_5.pcap': { packets: 10, rtp_streams: [event('5')] },
  'dtmf_2833_star.pcap': { packets: 10, rtp_streams: [event('*')] },
  'ipip.pcap': { packets: 4, sip: sip(4) },
  'sip-tcp.pcap': { packets: 11, sip: sip(2) },
  'invalid-content-length.pcap': { packets: 2, sip: sip(2) },
  'ssrc1.pcap': { packets: 1 },
  'rtp-seg-fault-1.pcapng': { packets: 1 },
  'rtcp_multiple_pkts_in_the_same_datagram.pcap': { packets: 5, rtcp_packets: 5 },
  'dtls_certificate_fragments.pcap': { packets: 26, dtls_packets: 26 },
  'stun_classic.pcap': {
    packets: 22,
    rtp_streams: [
      stream('172.16.63.21:13958', '172.16.63.224:55050', '0x3AA6D922', 12, ['18', 'G729']),
      stream('172.16.63.224:55050', '172.16.63.21:13958', '0x47D66FDE', 8, ['18', 'G729']),
    ],
  },
  'stun_dtls_rtp.pcapng': {
    packets: 102,
    stun_packets: 4,
    dtls_packets: 23,
    rtcp_packets: 1,
    rtp_streams: [stream('192.168.12.156:37967', '142.250.82.76:19305', '0x6D1C3CFA', 11, ['111', 'dyn'])],
  },
  'skinny.pcap': {
    packets: 200,
    rtp_streams: [
      stream('192.168.195.58:32150', '192.168.193.24:9395', '0xF6BF57E2', 18, ['0', 'PCMU']),
      {
        ...stream('192.168.195.58:32144', '192.168.195.50:17718', '0xF6BF57DC', 36, ['0', 'PCMU']),
        expected: 18,
        duplicates: 18,
      },
      stream('192.168.195.50:17726', '192.168.193.24:9399', '0x7C1071E8', 17, ['0', 'PCMU']),
      {
        ...stream('192.168.195.50:17718', '192.168.195.58:32144', '0x7C1071E2', 33, ['0', 'PCMU']),
        expected: 17,
        duplicates: 16,
      },
      stream('192.168.195.58:32152', '192.168.193.24:9396', '0x1E063B22', 16, ['0', 'PCMU']),
      stream('192.168.195.50:17732', '192.168.193.24:9400', '0x7C1071F3', 15, ['0', 'PCMU']),
    ],
  },
}
/** SIP that the list counts and we do not: requests quoted in ICMP errors. */
const QUOTED_SIP: Record<string, number> = { 'sip-dialogs.pcap': 5 }

function check(t: Test, file: URL, truth: FileTruth, name: string): void {
  const capture = parseCapture(readFileSync(file))
  if (capture === undefined) {
    t.fail('not read')
    return
  }
  t.equal(capture.cutShort, false)
  t.equal(capture.packets.length, truth.packets, 'packets')
  const contents = findStreams(capture)
  const messages = Object.values(truth.sip?.counts ?? {}).reduce((sum, count) => sum + count, 0)
  t.equal(contents.sipMessages, messages - (QUOTED_SIP[name] ?? 0), 'SIP messages')
  t.equal(contents.rtcpPackets, truth.rtcp_packets ?? 0, 'RTCP packets')
  t.equal(contents.dtlsPackets, truth.dtls_packets ?? 0, 'DTLS packets')
  if (truth.stun_packets !== undefined) t.equal(contents.stunPackets, truth.stun_packets, 'STUN packets')
  const wanted = truth.rtp_streams ?? []
  const begunMs = capture.packets[0]?.atMs ?? 0
  const reports = contents.streams.map((one) => reportStream(one, begunMs))
  t.equal(reports.length, wanted.length, 'streams')
  for (const want of wanted) {
    const report = reports.find((one) => one.from === want.src && one.to === want.dst && one.ssrc === Number(want.ssrc))
    if (report === undefined) t.fail(`no stream ${want.ssrc}`)
    else checkStream(t, report, want)
  }
}

function checkStream(t: Test, report: StreamReport, want: StreamTruth): void {
  const { packets, expected, lost, duplicates, reordered } = want
  t.match(report, { packets, expected, lost, duplicates, reordered }, `${want.ssrc} counts`)
  if (!Number.isNaN(want.start)) t.ok(Math.abs(report.startMs / 1000 - want.start) < 0.002, `${want.ssrc} start`)
  for (const codec of report.codecs) {
    const [name = '', count] = want.payload_types[String(codec.payloadType)] ?? []
    t.equal(codec.packets, count, `${want.ssrc} packets of type ${codec.payloadType}`)
    const announced = name.split('/')[0]
    if (announced !== 'dyn') t.equal(codec.name, announced, `${want.ssrc} codec`)
    else t.ok(['telephone-event', 'dynamic'].includes(codec.name), `${want.ssrc} has a guessed codec`)
  }
  const told = report.presses.filter((press) => press.by === 'rfc4733')
  t.equal(told.map((press) => KEYS[press.code]).join(''), want.digits ?? '', `${want.ssrc} events`)
  for (const [i, one] of (want.events ?? []).entries()) {
    t.ok(Math.abs(((told[i]?.afterMs ?? -1) + report.startMs) / 1000 - one.at) < 0.003, `event ${i} at ${one.at} s`)
  }
  if (want.inband === undefined) return
  // The receiver may hear what the other one did not: every tone of the list has to be there, once.
  const heard = report.presses.filter((press) => press.by === 'in-band')
  if (['PCMU', 'PCMA'].includes(report.codecs[0]?.name ?? '')) {
    for (const one of want.inband.goertzel) {
      const same = heard.filter(
        (press) => KEYS[press.code] === one.digit && Math.abs((press.afterMs + report.startMs) / 1000 - one.at) < 0.1,
      )
      t.equal(same.length, 1, `tone at ${one.at} s`)
    }
    if (want.inband.goertzel.length === 0) t.equal(heard.length, 0, `${want.ssrc} no tones`)
  }
}

for (const [name, truth] of Object.entries(COPIES)) {
  t.test(name, async (t) => check(t, new URL(`../fixtures/captures/${name}`, import.meta.url), truth, name))
}

// The whole collection, where it lies beside the project.
const CORPUS = new URL('../../../shared/corpus/captures/', import.meta.url)
if (existsSync(new URL('truth.json', CORPUS))) {
  const { files } = JSON.parse(readFileSync(new URL('truth.json', CORPUS), 'utf8')) as {
    files: Record<string, FileTruth>
  }
  for (const [name, truth] of Object.entries(files)) {
    t.test(`collection: ${name}`, async (t) => check(t, new URL(name, CORPUS), truth, name))
  }
}

/** A stream of 20 ms packets; `change` may drop, move or repeat them. */
function made(pcm: Int16Array, codec: 'PCMU' | 'G722', change: (packets: TimedPacket[]) => TimedPacket[]): RtpStream {
  const encoder = new G722Encoder()
  const frame = codec === 'G722' ? 320 : 160
  const packets: TimedPacket[] = []
  for (let i = 0; (i + 1) * frame <= pcm.length; i++) {
    const bytes = new Uint8Array(HEADER_SIZE + 160)
    writeHeader(bytes, codec === 'G722' ? 9 : 0, i === 0, (65_530 + i) & 0xffff, (i * 160 + 4_294_967_000) >>> 0, 7)
    const part = pcm.subarray(i * frame, (i + 1) * frame)
    if (codec === 'G722') encoder.encode(part, frame, bytes, HEADER_SIZE)
    else encodePcmu(part, frame, bytes, HEADER_SIZE)
    packets.push({ atMs: 1_700_000_000_000 + i * 20, bytes })
  }
  const clock = { name: codec, clockRate: 8000 }
  const formats = new Map([[codec === 'G722' ? 9 : 0, clock]])
  return { from: '192.0.2.1:4000', to: '192.0.2.2:5000', ssrc: 7, packets: change(packets), formats, encrypted: false }
}

function keys(rate: number): Int16Array {
  const pcm = new Int16Array(rate * 2)
  for (const [i, code] of [4, 2, 11, 13].entries())
    writeKey(pcm, Math.round((0.2 + i * 0.4) * rate), code, 80, -10, rate)
  return pcm
}

t.test('keys are heard in PCMU and in G.722', async (t) => {
  for (const codec of ['PCMU', 'G722'] as const) {
    const report = reportStream(
      made(keys(codec === 'G722' ? 16_000 : 8000), codec, (all) => all),
      1_700_000_000_000,
    )
    t.same(
      report.presses.map((press) => press.code),
      [4, 2, 11, 13],
      codec,
    )
    for (const [i, press] of report.presses.entries()) {
      t.ok(Math.abs(press.afterMs - (200 + i * 400)) < 10, `${codec} at ${press.afterMs}`)
      t.ok(press.counted)
    }
    t.match(report, { packets: 100, expected: 100, lost: 0, duplicates: 0, reordered: 0, jitterMs: 0 })
  }
})

t.test('loss, repetition, disorder and the wrap of the numbers are counted and heard through', async (t) => {
  const broken = (all: TimedPacket[]): TimedPacket[] => {
    const packets = all.filter((_, i) => i !== 12 && i !== 60)
    const at = packets.findIndex((_, i) => i === 40)
    packets.splice(at, 2, packets[at + 1] as TimedPacket, packets[at] as TimedPacket)
    packets.splice(50, 0, packets[50] as TimedPacket)
    return packets
  }
  const report = reportStream(made(keys(8000), 'PCMU', broken), 1_700_000_000_000)
  t.match(report, { packets: 99, expected: 100, lost: 2, duplicates: 1, reordered: 1, durationMs: 1980 })
  t.same(
    report.presses.map((press) => press.code),
    [4, 2, 11, 13],
  )
})

t.test('nothing is looked for in what is encrypted', async (t) => {
  const plain = made(keys(8000), 'PCMU', (all) => all)
  t.same(reportStream({ ...plain, encrypted: true }, 0).presses, [])
})

t.test('packets come with the times they would have to be sent at', async (t) => {
  const times = Array.from(packetsWithTimes(made(keys(8000), 'PCMU', (all) => all)), (packet) => packet.afterMs)
  t.same(times.slice(0, 3), [0, 20, 40])
  t.equal(times.length, 100)
})

t.test('jitter is that of RFC 3550', async (t) => {
  const late = (all: TimedPacket[]): TimedPacket[] =>
    all.map((packet, i) => ({ ...packet, atMs: packet.atMs + (i % 2) * 10 }))
  const report = reportStream(made(keys(8000), 'PCMU', late), 0)
  t.ok(report.jitterMaxMs > 9.5 && report.jitterMaxMs <= 10)
  t.ok(report.jitterMs > 7 && report.jitterMs < 10)
})
