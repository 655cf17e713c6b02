/** Every way down to a UDP or TCP payload that captures come with. */

import t from 'tap'
import { PacketOpener, type Segment } from '../../src/rtp/link-layer.ts'

const PAYLOAD = [0xca, 0xfe, 0xba, 0xbe, 1, 2, 3, 4, 5, 6]
const u16 = (value: number): number[] => [value >> 8, value & 0xff]
const udp = (payload: number[] = PAYLOAD): number[] => [
  ...u16(5060),
  ...u16(4000),
  ...u16(8 + payload.length),
  0,
  0,
  ...payload,
]
const tcp = (payload: number[] = PAYLOAD): number[] => [
  ...u16(5060),
  ...u16(4000),
  0,
  0,
  1,
  0,
  0,
  0,
  0,
  0,
  0x60,
  0x18,
  0,
  0,
  0,
  0,
  0,
  0,
  9,
  9,
  9,
  9,
  ...payload,
]
function ipv4(protocol: number, body: number[], fragment = 0, total = 20 + body.length): number[] {
  return [0x45, 0, ...u16(total), 0, 77, ...u16(fragment), 64, protocol, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2, ...body]
}
function ipv6(next: number, body: number[]): number[] {
  const from = [0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), 1]
  const to = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2]
  return [0x60, 0, 0, 0, ...u16(body.length), next, 64, ...from, ...to, ...body]
}
const ether = (...rest: number[]): number[] => [...Array(12).fill(2), ...rest]
const open = (linkType: number, octets: number[], opener = new PacketOpener()): Segment | undefined =>
  opener.open({ atMs: 5, linkType, bytes: Uint8Array.from(octets) })

const FOUR = { over: 'udp', atMs: 5, from: '192.0.2.1:5060', to: '198.51.100.2:4000', sequence: 0 }
const SIX = { over: 'udp', from: '[2001:db8::1]:5060', to: '[fe80::100:0:0:2]:4000' }

t.test('the ways in', async (t) => {
  const rows: [string, number, number[], object][] = [
    ['Ethernet', 1, ether(8, 0, ...ipv4(17, udp())), FOUR],
    ['Ethernet, padded to 60 octets', 1, ether(8, 0, ...ipv4(17, udp()), ...Array(20).fill(0)), FOUR],
    ['VLAN', 1, ether(0x81, 0, 0, 5, 8, 0, ...ipv4(17, udp())), FOUR],
    ['VLAN in VLAN', 1, ether(0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0, ...ipv4(17, udp())), FOUR],
    ['IPv6 on Ethernet', 1, ether(0x86, 0xdd, ...ipv6(17, udp())), SIX],
    ['Linux cooked', 113, [...Array(14).fill(0), 8, 0, ...ipv4(17, udp())], FOUR],
    ['Linux cooked, version 2', 276, [8, 0, ...Array(18).fill(0), ...ipv4(17, udp())], FOUR],
    ['raw IP', 101, ipv4(17, udp()), FOUR],
    ['raw IP of OpenBSD', 14, ipv4(17, udp()), FOUR],
    ['raw IPv4', 228, ipv4(17, udp()), FOUR],
    ['raw IPv6', 229, ipv6(17, udp()), SIX],
    ['loopback of BSD, either octet order', 0, [2, 0, 0, 0, ...ipv4(17, udp())], FOUR],
    ['loopback of OpenBSD', 108, [0, 0, 0, 24, ...ipv6(17, udp())], SIX],
    ['IP in IP', 101, ipv4(4, ipv4(4, ipv4(17, udp()))), FOUR],
    ['IPv6 in IPv4', 101, ipv4(41, ipv6(17, udp())), SIX],
    ['IPv4 in IPv6', 101, ipv6(4, ipv4(17, udp())), FOUR],
    [
      'hop-by-hop and destination options',
      101,
      ipv6(0, [60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0, ...udp()]),
      SIX,
    ],
    ['authentication header', 101, ipv6(51, [17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...udp()]), SIX],
    ['length left to the network card', 101, ipv4(17, udp(), 0, 0), FOUR],
    ['TCP with options', 101, ipv4(6, tcp()), { ...FOUR, over: 'tcp', sequence: 256 }],
  ]
  for (const [name, linkType, octets, want] of rows) {
    const segment = open(linkType, octets)
    t.match(segment, want, name)
    t.same(Array.from(segment?.payload ?? []), PAYLOAD, name)
  }
})

t.test('nothing of ours', async (t) => {
  const rows: [string, number, number[]][] = [
    ['ARP', 1, ether(8, 6, ...Array(28).fill(0))],
    ['ICMP', 101, ipv4(1, udp())],
    ['an unknown link', 147, ipv4(17, udp())],
    ['no IP version', 101, Array(40).fill(0x10)],
    ['a header that is too short', 101, [0x44, ...ipv4(17, udp()).slice(1)]],
    ['half a TCP header', 101, ipv4(6, tcp().slice(0, 18))],
    ['nothing', 1, []],
  ]
  for (const [name, linkType, octets] of rows) t.equal(open(linkType, octets), undefined, name)
  let nested = ipv4(17, udp())
  for (let i = 0; i < 20; i++) nested = ipv4(4, nested)
  t.equal(open(101, nested), undefined, 'nested too deep')
})

t.test('fragments in any order', async (t) => {
  const whole = udp(Array.from({ length: 50 }, (_, i) => i))
  const more = 0x2000
  const four = [
    ipv4(17, whole.slice(0, 16), more),
    ipv4(17, whole.slice(16, 40), more | 2),
    ipv4(17, whole.slice(40), 5),
  ]
  const six = [
    [0, 16, 1],
    [16, 40, 1],
    [40, 58, 0],
  ].map(([from = 0, to, on = 0]) => ipv6(44, [17, 0, ...u16(from | on), 0, 0, 0, 9, ...whole.slice(from, to)]))
  for (const pieces of [four, six]) {
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 1, 2, 0],
    ]) {
      const opener = new PacketOpener()
      const found = order.map((i) => open(101, pieces[i] as number[], opener))
      t.same(found.slice(0, -1).filter(Boolean), [], 'nothing before the last piece')
      t.same(Array.from(found.at(-1)?.payload ?? []), whole.slice(8))
      const origin = found.at(-1)?.origin
      t.same(Array.from(origin?.body ?? []), whole, 'transport header and all')
      t.same(
        origin?.pieces.flatMap(({ bytes }) => Array.from(bytes)),
        whole,
        'and where its pieces lie',
      )
    }
  }
})

t.test('hostile packets', async (t) => {
  const seeds = [
    ether(0x81, 0, 0, 5, 8, 0, ...ipv4(4, ipv4(17, udp()))),
    ether(0x86, 0xdd, ...ipv6(0, [44, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 1, 0, 0, 0, 1, ...udp()])),
  ]
  let state = 9
  const opener = new PacketOpener()
  let opened = 0
  for (let round = 0; round < 20_000; round++) {
    const octets = [...(seeds[round & 1] as number[])]
    for (let i = 0; i < 3; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      octets[(state >>> 8) % octets.length] = state >>> 24
    }
    if (open([1, 101, 0, 113, 276][state % 5] as number, octets.slice(0, state % 120 || undefined), opener)) opened++
  }
  t.ok(opened > 0, 'some can still be opened')
  t.match(open(101, ipv4(17, udp()), opener), FOUR, 'and goes on')
})
