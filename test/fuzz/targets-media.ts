/** Fuzzed readers of sound's packets and files: RTP with telephone-events and redundancy, RTCP, SRTP, captures, WAV. */

import { readdirSync, readFileSync } from 'node:fs'
import { EventReader } from '../../src/rtp/event-reader.ts'
import { PacketOpener } from '../../src/rtp/link-layer.ts'
import * as packets from '../../src/rtp/packet.ts'
import { type CaptureEnd, parsePcap, pcapFileHeader, pcapUdpRecord } from '../../src/rtp/pcap.ts'
import { parseCapture } from '../../src/rtp/pcapng.ts'
import { withoutRedundancy } from '../../src/rtp/redundancy.ts'
import {
  MAX_REPORT_SIZE,
  parseRtcp,
  type RtcpReport,
  writeBye,
  writeReceiverReport,
  writeSenderReport,
} from '../../src/rtp/rtcp.ts'
import { SipScanner } from '../../src/rtp/sip-scan.ts'
import { SrtcpContext } from '../../src/rtp/srtcp.ts'
import { SrtpContext } from '../../src/rtp/srtp.ts'
import { parseWav, writeWav } from '../../src/rtp/wav.ts'
import { holds, type Target } from './target.ts'

const CAPTURES = new URL('../fixtures/captures/', import.meta.url)
const EVENT_TYPE = 101
const REDUNDANT_TYPE = 102
const LARGEST_CAPTURE = 20_000

const octets = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const written = (write: (out: Uint8Array) => number): Buffer => {
  const out = new Uint8Array(MAX_REPORT_SIZE + 16)
  return Buffer.from(out.subarray(0, write(out)))
}
const BLOCK = { ssrc: 7, fractionLost: 3, lost: -2, extendedHighest: 70_000, jitter: 9, lastSr: 1, delaySinceLastSr: 2 }
const REPORT = { ssrc: 5, cname: 'end@192.0.2.1' }

const rtp: Target = {
  name: 'rtp',
  seeds: [
    octets('8000 0001 000000a0 00000007 d5d5d5d5d5d5d5d5'),
    octets('80e5 0002 00000140 00000007 050a00a0'),
    octets('8065 0003 00000140 00000007 058a0320 0b0a00a0'),
    octets('8066 0004 00000280 00000007 e5 050004 65 058a0320 060a00a0'),
    octets('b1e5 0005 00000140 00000007 00000009 bede0001 10ff0000 050a00a0 00000004'),
  ],
  check: (packet) => {
    packets.isRtcp(packet)
    if (!packets.isRtp(packet)) return
    const [start, end] = [packets.payloadStart(packet), packets.payloadEnd(packet)]
    holds(packets.HEADER_SIZE <= start && start <= end && end <= packet.length, 'the payload lies inside the packet')
    for (const take of [
      (reader: EventReader) => reader.accept(packet, start, end, 1),
      (reader: EventReader) => reader.acceptRedundant(packet, start, end, EVENT_TYPE, 1),
    ]) {
      const reader = new EventReader()
      let presses = 0
      for (let code = take(reader); code >= 0; code = reader.more()) {
        holds(code <= 15 && presses < 64, 'a key is a key, and there are few in a packet')
        presses += 1
      }
    }
    for (const type of [0, EVENT_TYPE, REDUNDANT_TYPE]) {
      const plain = withoutRedundancy(Buffer.from(packet), type)
      holds(plain === undefined || (packets.isRtp(plain) && packets.payloadType(plain) === type), 'what is left is RTP')
    }
  },
}

const rtcp: Target = {
  name: 'rtcp',
  seeds: [
    written((out) =>
      writeSenderReport(out, { ...REPORT, wallMs: 1e12, timestamp: 3, packets: 4, octets: 5, block: BLOCK }),
    ),
    written((out) => writeReceiverReport(out, { ...REPORT, block: BLOCK })),
    written((out) => writeBye(out, 5, 'end')),
    octets('81cd0003 00000001 00000002 00010000'),
  ],
  check: (packet) => {
    for (const report of parseRtcp(packet) ?? []) checkReport(report)
  },
}

function checkReport(report: RtcpReport): void {
  const blocks = report.type === 'sr' || report.type === 'rr' ? report.blocks : []
  holds(blocks.length < 32, 'a report has 31 blocks at most')
  for (const block of blocks) {
    const again = parseRtcp(written((out) => writeReceiverReport(out, { ...REPORT, block })))?.[0]
    holds(
      again?.type === 'rr' && JSON.stringify(again.blocks[0]) === JSON.stringify(block),
      'a block that is written reads the same',
    )
  }
}

/** Packets that a far end has protected: whatever is changed in one, it is not opened. */
function protectedPackets(): Target {
  const master = new Uint8Array(30).fill(7)
  const seal = (packet: Buffer, context: SrtpContext | SrtcpContext): Buffer => {
    const room = Buffer.concat([packet, Buffer.alloc(context.growth)])
    return room.subarray(0, context.protect(room, packet.length))
  }
  const suite = 'AES_CM_128_HMAC_SHA1_80' as const
  const plain = rtp.seeds.map((seed) => seal(Buffer.from(seed), new SrtpContext(suite, master)))
  const reports = rtcp.seeds.map((seed) => seal(Buffer.from(seed), new SrtcpContext(suite, master)))
  const known = new Set([...plain, ...reports].map((each) => each.toString('latin1')))
  return {
    name: 'srtp',
    seeds: [...plain, ...reports],
    check: (packet) => {
      const isSound = known.has(packet.toString('latin1'))
      for (const context of [new SrtpContext(suite, master), new SrtcpContext(suite, master)]) {
        const opened = context.open(Buffer.from(packet), packet.length)
        holds(opened < 0 || isSound, 'what was changed is not opened')
      }
    },
  }
}

const HERE: CaptureEnd = { address: '192.0.2.1', port: 5060 }
const THERE: CaptureEnd = { address: '192.0.2.2', port: 5062 }

const captures: Target = {
  name: 'capture',
  cuts: 150,
  seeds: [
    Buffer.concat([
      pcapFileHeader(),
      pcapUdpRecord(1e12, HERE, THERE, rtp.seeds[0] ?? new Uint8Array(0)) ?? new Uint8Array(0),
    ]),
    Buffer.concat([
      pcapFileHeader(),
      pcapUdpRecord(1e12, { address: '2001:db8::1', port: 1 }, { address: '2001:db8::2', port: 2 }, Buffer.from('x')) ??
        new Uint8Array(0),
    ]),
    ...readdirSync(CAPTURES)
      .filter((name) => /\.pcap(ng)?$/.test(name))
      .map((name) => readFileSync(new URL(name, CAPTURES)).subarray(0, LARGEST_CAPTURE)),
  ],
  check: (file) => {
    const capture = parseCapture(file)
    const [opener, scanner] = [new PacketOpener(), new SipScanner()]
    for (const packet of capture?.packets ?? []) {
      holds(packet.bytes.length <= file.length, 'a packet lies inside the file')
      const segment = opener.open(packet)
      if (segment === undefined) continue
      scanner.take(segment)
      if (segment.payload.length > 65_000) continue
      const record = pcapUdpRecord(1e12, HERE, THERE, segment.payload)
      const again = record === undefined ? undefined : parsePcap(Buffer.concat([pcapFileHeader(), record]))?.packets[0]
      const payload = again === undefined ? undefined : new PacketOpener().open(again)?.payload
      holds(
        payload !== undefined && Buffer.compare(payload, segment.payload) === 0,
        'a record that is written reads the same',
      )
    }
    scanner.finish()
  },
}

const sounds: Target = {
  name: 'wav',
  seeds: [
    writeWav(
      Int16Array.from({ length: 400 }, (_, at) => at * 50),
      8000,
    ),
    writeWav(new Int16Array(64).fill(-1), 48_000, 2),
  ],
  check: (file) => {
    const sound = parseWav(file)
    if (sound === undefined) return
    holds(
      sound.samples.length * 2 <= file.length && sound.samples.length % sound.channels === 0,
      'whole frames of the file',
    )
    const again = parseWav(writeWav(sound.samples, sound.sampleRate, sound.channels))
    holds(
      again !== undefined && Buffer.compare(Buffer.from(again.samples.buffer), Buffer.from(sound.samples.buffer)) === 0,
      'reads the same',
    )
  },
}

export const MEDIA_TARGETS: readonly Target[] = [rtp, rtcp, protectedPackets(), captures, sounds]
