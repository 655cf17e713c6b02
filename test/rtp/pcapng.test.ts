/** Sections, interfaces, clocks and the three kinds of packet block. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseCapture, parsePcapng } from '../../src/rtp/pcapng.ts'

type Order = boolean

function block(type: number, body: number[], little: Order): number[] {
  const length = 12 + body.length
  return [...u32(type, little), ...u32(length, little), ...body, ...u32(length, little)]
}
function u32(value: number, little: Order): number[] {
  const octets = [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
  return little ? octets : octets.reverse()
}
const u16 = (value: number, little: Order): number[] =>
  little ? [value & 0xff, value >> 8] : [value >> 8, value & 0xff]
const section = (little: Order): number[] =>
  block(0x0a0d0d0a, [...u32(0x1a2b3c4d, little), ...u16(1, little), ...u16(0, little), ...Array(8).fill(0xff)], little)
const port = (linkType: number, little: Order, options: number[] = [], kept = 0): number[] =>
  block(1, [...u16(linkType, little), 0, 0, ...u32(kept, little), ...options], little)
const packet = (from: number, high: number, low: number, little: Order): number[] =>
  block(
    6,
    [...u32(from, little), ...u32(high, little), ...u32(low, little), ...u32(3, little), ...u32(3, little), 7, 8, 9, 0],
    little,
  )
const parsed = (octets: number[]) => parsePcapng(Uint8Array.from(octets))

t.test('two interfaces with clocks of their own, in both octet orders', async (t) => {
  for (const little of [true, false]) {
    const nanos = [...u16(9, little), ...u16(1, little), 9, 0, 0, 0, ...u16(0, little), ...u16(0, little)]
    const halves = [...u16(9, little), ...u16(1, little), 0x81, 0, 0, 0]
    const offset = [
      ...u16(14, little),
      ...u16(8, little),
      ...(little ? [10, 0, 0, 0, 0, 0, 0, 0] : [0, 0, 0, 0, 0, 0, 0, 10]),
    ]
    const capture = parsed([
      ...section(little),
      ...port(1, little),
      ...port(101, little, nanos),
      ...port(113, little, [...halves, ...offset]),
      ...block(5, [...u32(0, little)], little),
      ...packet(0, 0, 1_500_000, little),
      ...packet(1, 1, 0, little),
      ...packet(2, 0, 3, little),
      ...packet(9, 0, 3, little),
    ])
    t.match(capture, { format: 'pcapng', cutShort: false })
    t.same(
      capture?.packets.map((one) => [one.linkType, Math.round(one.atMs * 1000) / 1000]),
      [
        [1, 1500],
        [101, 4294.967],
        [113, 11_500],
      ],
    )
    t.same(Array.from(capture?.packets[0]?.bytes ?? []), [7, 8, 9])
  }
})

t.test('simple and obsolete packet blocks', async (t) => {
  const capture = parsed([
    ...section(true),
    ...port(101, true, [], 2),
    ...block(
      2,
      [0, 0, 0, 0, ...u32(0, true), ...u32(2_000_000, true), ...u32(1, true), ...u32(1, true), 5, 0, 0, 0],
      true,
    ),
    ...block(3, [...u32(4, true), 1, 2, 3, 4], true),
  ])
  t.same(
    capture?.packets.map((one) => [one.atMs, Array.from(one.bytes)]),
    [
      [2000, [5]],
      [2000, [1, 2]],
    ],
    'a simple packet is as long as its interface keeps, and as old as the one before',
  )
})

t.test('a new section forgets the interfaces of the old one, and may turn the octets round', async (t) => {
  const capture = parsed([
    ...section(true),
    ...port(1, true),
    ...packet(0, 0, 1000, true),
    ...section(false),
    ...packet(0, 0, 2000, false),
    ...port(101, false),
    ...packet(0, 0, 3000, false),
  ])
  t.same(
    capture?.packets.map((one) => one.linkType),
    [1, 101],
  )
})

t.test('cut and damaged files', async (t) => {
  const file = Uint8Array.from(readFileSync(new URL('../fixtures/captures/rtp-seg-fault-1.pcapng', import.meta.url)))
  t.match(parseCapture(file), { format: 'pcapng', cutShort: false, packets: { length: 1 } })
  for (let length = 0; length < file.length; length += 7) {
    const capture = parsePcapng(file.subarray(0, length))
    if (capture !== undefined) t.ok(capture.packets.length <= 1)
  }
  const cut = parsePcapng(file.subarray(0, file.length - 1))
  t.equal(cut?.cutShort, true)
  for (let bit = 0; bit < 400 * 8; bit++) {
    const hurt = file.slice()
    hurt[bit >> 3] = (hurt[bit >> 3] as number) ^ (1 << (bit & 7))
    parseCapture(hurt)
  }
  t.equal(parseCapture(new Uint8Array(50)), undefined)
  t.equal(parsed([...section(true), ...Array(12).fill(0)])?.cutShort, true, 'a block of no length ends it')
})
