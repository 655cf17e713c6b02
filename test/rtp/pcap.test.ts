/** Classic capture files in all their octet orders, and ours as we write them. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { PacketOpener } from '../../src/rtp/link-layer.ts'
import { parseAddress, parsePcap, pcapFileHeader, pcapUdpRecord } from '../../src/rtp/pcap.ts'

/** A file of one packet, five octets long, at 1 s and 250,000 units. */
function file(little: boolean, magic: number, linkType = 1): Uint8Array {
  const out = new Uint8Array(24 + 16 + 5)
  const view = new DataView(out.buffer)
  view.setUint32(0, magic, little)
  view.setUint32(20, linkType, little)
  view.setUint32(24, 1, little)
  view.setUint32(28, 250_000, little)
  view.setUint32(32, 5, little)
  view.setUint32(36, 5, little)
  out.set([1, 2, 3, 4, 5], 40)
  return out
}

t.test('both octet orders, micro- and nanoseconds', async (t) => {
  for (const little of [true, false]) {
    for (const [magic, atMs] of [
      [0xa1b2c3d4, 1250],
      [0xa1b23c4d, 1000.25],
    ] as const) {
      const capture = parsePcap(file(little, magic, 101))
      t.match(capture, { format: 'pcap', cutShort: false, packets: [{ atMs, linkType: 101 }] })
      t.same(Array.from(capture?.packets[0]?.bytes ?? []), [1, 2, 3, 4, 5])
    }
  }
})

t.test('a file cut anywhere gives what was whole, and says so', async (t) => {
  const whole = file(true, 0xa1b2c3d4)
  const two = new Uint8Array([...whole, ...whole.subarray(24)])
  for (let length = 0; length < two.length; length++) {
    const capture = parsePcap(two.subarray(0, length))
    if (length < 24) t.equal(capture, undefined)
    else {
      t.equal(capture?.packets.length, Math.floor((length - 24) / 21))
      t.equal(capture?.cutShort, (length - 24) % 21 !== 0)
    }
  }
})

t.test('other files are none', async (t) => {
  t.equal(parsePcap(new Uint8Array(100)), undefined)
  t.equal(parsePcap(new TextEncoder().encode('RIFF, which is no capture at all')), undefined)
})

t.test('what is written is read back, with checksums that add up', async (t) => {
  const rows = [
    ['192.0.2.1', '198.51.100.2', '192.0.2.1:5004', '198.51.100.2:6000'],
    ['2001:db8::1', '::1', '[2001:db8::1]:5004', '[::1]:6000'],
  ] as const
  for (const [from, to, source, target] of rows) {
    const payload = Uint8Array.of(0x80, 0, 7)
    const record = pcapUdpRecord(
      1_700_000_000_123.456,
      { address: from, port: 5004 },
      { address: to, port: 6000 },
      payload,
    )
    if (record === undefined) throw new Error('not written')
    const capture = parsePcap(new Uint8Array([...pcapFileHeader(), ...record]))
    const packet = capture?.packets[0]
    if (packet === undefined) throw new Error('not read')
    t.ok(Math.abs(packet.atMs - 1_700_000_000_123.456) < 0.001)
    const segment = new PacketOpener().open(packet)
    t.match(segment, { over: 'udp', from: source, to: target })
    t.same(segment?.payload, payload)
    const ip = packet.bytes
    const six = ip[0] === 0x60
    if (!six) t.equal(folded(ip.subarray(0, 20), 0), 0xffff, 'IPv4 header checksum')
    const pseudo = [...ip.subarray(six ? 8 : 12, six ? 40 : 20), 0, 17, 0, 8 + payload.length]
    t.equal(folded(Uint8Array.from([...pseudo, ...ip.subarray(six ? 40 : 20)]), 0), 0xffff, 'UDP checksum')
  }
})

function folded(bytes: Uint8Array, start: number): number {
  let sum = start
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  return sum
}

t.test('what cannot be written is not', async (t) => {
  const four = { address: '192.0.2.1', port: 1 }
  t.equal(pcapUdpRecord(0, four, { address: '::1', port: 1 }, new Uint8Array(1)), undefined, 'two families')
  t.equal(pcapUdpRecord(0, four, { address: 'example.org', port: 1 }, new Uint8Array(1)), undefined, 'a name')
  t.equal(pcapUdpRecord(0, four, four, new Uint8Array(65_001)), undefined, 'too long')
})

t.test('addresses', async (t) => {
  const rows: [string, number[] | undefined][] = [
    ['192.0.2.255', [192, 0, 2, 255]],
    ['192.0.2.256', undefined],
    ['192.0.2', undefined],
    ['1.2.3.x', undefined],
    ['::', Array(16).fill(0)],
    ['::1', [...Array(15).fill(0), 1]],
    ['fe80::1%eth0', [0xfe, 0x80, ...Array(13).fill(0), 1]],
    ['1:2:3:4:5:6:7:8', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
    ['1:2:3:4:5:6:7', undefined],
    ['1:2:3:4:5:6:7:8::', undefined],
    ['1::2::3', undefined],
    ['12345::', undefined],
  ]
  for (const [text, octets] of rows) t.same(parseAddress(text), octets && Uint8Array.from(octets), text)
})

t.test('a damaged file is read without a throw', async (t) => {
  const bytes = Uint8Array.from(readFileSync(new URL('../fixtures/captures/dtmf_2833_5.pcap', import.meta.url)))
  const opener = new PacketOpener()
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const at = bit >> 3
    bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7))
    for (const packet of parsePcap(bytes)?.packets ?? []) opener.open(packet)
    bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7))
  }
  t.equal(parsePcap(bytes)?.packets.length, 10)
})
