/**
 * From a captured packet to the UDP or TCP payload inside: Ethernet with VLAN tags (802.1Q, 802.1ad), Linux cooked (v1, v2),
 * raw IP, the loopback of BSD; IPv4 and IPv6 with extension headers and fragments (RFC 791, RFC 8200), IP in IP (RFC 2003,
 * RFC 4213). Checksums are not looked at: captures on the sending machine often lack them. TCP segments are not put in order here.
 */

import type { Milliseconds } from '../base/units.ts'
import { read16, read32 } from './octets.ts'
import type { CapturedPacket } from './pcap.ts'

/** One UDP datagram or TCP segment. */
export type Segment = {
  readonly over: 'udp' | 'tcp'
  readonly atMs: Milliseconds
  /** Address and port, IPv6 in brackets. */
  readonly from: string
  readonly to: string
  readonly payload: Uint8Array
  /** TCP only: number of the first octet; 0 for UDP. */
  readonly sequence: number
  /** Where it lies in the capture, for whoever changes it there. */
  readonly origin: SegmentOrigin
}

/** Where a segment was found. */
export type SegmentOrigin = {
  /** From the IP header on; of a packet in pieces the last one that came. */
  readonly ip: Uint8Array
  /** Transport header and payload: octets of the capture, or a copy put together of pieces. */
  readonly body: Uint8Array
  /** The pieces, octets of the capture; none when it came whole. */
  readonly pieces: readonly Piece[]
}

/** One fragment of a packet, and its place in the whole. */
export type Piece = { readonly at: number; readonly bytes: Uint8Array }

const LINK_NULL = 0
const LINK_ETHERNET = 1
const LINK_LOOP = 108
const LINK_COOKED = 113
const LINK_COOKED_2 = 276
const LINKS_RAW = [12, 14, 101, 228, 229]
const ETHER_IPV4 = 0x0800
const ETHER_IPV6 = 0x86dd
const ETHER_TAGS = [0x8100, 0x88a8, 0x9100]
const IP_IN_IP = 4
const TCP = 6
const UDP = 17
const IPV6_IN_IP = 41
const FRAGMENT = 44
/** Hop-by-hop, routing, destination options, mobility: next header, then length in eight octets. */
const SKIPPED = [0, 43, 60, 135]
const AUTHENTICATION = 51
const MAX_DEPTH = 8
/** Packets in pieces that are waited for at once. */
const MAX_PENDING = 64

type Pieces = { readonly parts: Piece[]; total: number }
/** What an IP packet holds, whole. */
type Body = { readonly bytes: Uint8Array; readonly pieces: readonly Piece[] }

/** Takes captured packets apart; remembers fragments between them. */
export class PacketOpener {
  readonly #pending = new Map<string, Pieces>()

  /** @returns the segment that the packet holds or completes, or undefined when it is nothing of ours. */
  open(packet: CapturedPacket): Segment | undefined {
    const p = packet.bytes
    const at = startOfIp(packet.linkType, p)
    return at < 0 ? undefined : this.#openIp(p.subarray(at), packet.atMs, 0)
  }

  #openIp(p: Uint8Array, atMs: Milliseconds, depth: number): Segment | undefined {
    if (p.length < 20 || depth > MAX_DEPTH) return undefined
    const version = (p[0] as number) >> 4
    if (version === 4) return this.#openIpv4(p, atMs, depth)
    return version === 6 && p.length >= 40 ? this.#openIpv6(p, atMs, depth) : undefined
  }

  #openIpv4(p: Uint8Array, atMs: Milliseconds, depth: number): Segment | undefined {
    const header = ((p[0] as number) & 0x0f) * 4
    // A length of zero is left to the network card by a sending machine.
    const total = read16(p, 2) || p.length
    if (header < 20 || total < header || p.length < header) return undefined
    const flags = read16(p, 6)
    const offset = (flags & 0x1fff) * 8
    const more = (flags & 0x2000) !== 0
    const protocol = p[9] as number
    const from = ipv4Text(p, 12)
    const to = ipv4Text(p, 16)
    const kept = p.subarray(header, Math.min(total, p.length))
    const body =
      more || offset > 0
        ? this.#join(`${from} ${to} ${protocol} ${read16(p, 4)}`, offset, more, kept)
        : { bytes: kept, pieces: [] }
    return body === undefined ? undefined : this.#openBody(protocol, body, p, from, to, atMs, depth)
  }

  #openIpv6(p: Uint8Array, atMs: Milliseconds, depth: number): Segment | undefined {
    const from = ipv6Text(p, 8)
    const to = ipv6Text(p, 24)
    const length = read16(p, 4)
    let bytes = p.subarray(40, length === 0 ? p.length : Math.min(p.length, 40 + length))
    let pieces: readonly Piece[] = []
    let next = p[6] as number
    for (let hops = 0; hops < MAX_DEPTH && bytes.length >= 8; hops++) {
      if (next === FRAGMENT) {
        const flags = read16(bytes, 2)
        const key: string = `${from} ${to} ${read32(bytes, 4)}`
        next = bytes[0] as number
        const joined = this.#join(key, flags & 0xfff8, (flags & 1) !== 0, bytes.subarray(8))
        if (joined === undefined) return undefined
        bytes = joined.bytes
        pieces = joined.pieces
      } else if (SKIPPED.includes(next) || next === AUTHENTICATION) {
        const size = next === AUTHENTICATION ? ((bytes[1] as number) + 2) * 4 : ((bytes[1] as number) + 1) * 8
        next = bytes[0] as number
        bytes = bytes.subarray(size)
      } else break
    }
    return this.#openBody(next, { bytes, pieces }, p, `[${from}]`, `[${to}]`, atMs, depth)
  }

  #openBody(
    protocol: number,
    { bytes: p, pieces }: Body,
    ip: Uint8Array,
    from: string,
    to: string,
    atMs: Milliseconds,
    depth: number,
  ): Segment | undefined {
    const origin = { ip, body: p, pieces }
    if (protocol === IP_IN_IP || protocol === IPV6_IN_IP) return this.#openIp(p, atMs, depth + 1)
    if (protocol === UDP && p.length >= 8) {
      const length = read16(p, 4)
      const payload = p.subarray(8, length < 8 ? p.length : Math.min(length, p.length))
      const ends = { from: `${from}:${read16(p, 0)}`, to: `${to}:${read16(p, 2)}` }
      return { over: 'udp', atMs, ...ends, payload, sequence: 0, origin }
    }
    if (protocol === TCP && p.length >= 20) {
      const header = ((p[12] as number) >> 4) * 4
      if (header < 20 || header > p.length) return undefined
      const ends = { from: `${from}:${read16(p, 0)}`, to: `${to}:${read16(p, 2)}` }
      return { over: 'tcp', atMs, ...ends, payload: p.subarray(header), sequence: read32(p, 4), origin }
    }
    return undefined
  }

  /** Adds a piece. @returns the whole when it was the last one missing. */
  #join(key: string, at: number, more: boolean, bytes: Uint8Array): Body | undefined {
    const pieces = this.#pending.get(key) ?? { parts: [], total: -1 }
    this.#pending.set(key, pieces)
    if (this.#pending.size > MAX_PENDING) this.#pending.delete(this.#pending.keys().next().value as string)
    if (!pieces.parts.some((part) => part.at === at)) pieces.parts.push({ at, bytes })
    if (!more) pieces.total = at + bytes.length
    pieces.parts.sort((a, b) => a.at - b.at)
    let known = 0
    for (const part of pieces.parts) if (part.at <= known) known = Math.max(known, part.at + part.bytes.length)
    if (pieces.total < 0 || known < pieces.total || pieces.total > 65_535) return undefined
    this.#pending.delete(key)
    const whole = new Uint8Array(pieces.total)
    for (const part of pieces.parts) {
      if (part.at < whole.length) whole.set(part.bytes.subarray(0, whole.length - part.at), part.at)
    }
    return { bytes: whole, pieces: pieces.parts }
  }
}

/** @returns where the IP header of a captured packet begins, or -1 when there is none. */
export function startOfIp(linkType: number, p: Uint8Array): number {
  if (LINKS_RAW.includes(linkType)) return 0
  // The address family is in the order of the recording machine, and its number differs; the IP header says more.
  if (linkType === LINK_NULL || linkType === LINK_LOOP) return 4
  if (linkType === LINK_ETHERNET) return behindEtherType(p, 12)
  if (linkType === LINK_COOKED) return behindEtherType(p, 14)
  if (linkType === LINK_COOKED_2) return p.length >= 20 && isIp(read16(p, 0)) ? 20 : -1
  return -1
}

function isIp(etherType: number): boolean {
  return etherType === ETHER_IPV4 || etherType === ETHER_IPV6
}

/** Steps over VLAN tags from the type at `at` on. */
function behindEtherType(p: Uint8Array, at: number): number {
  let place = at
  while (place + 2 <= p.length) {
    const type = read16(p, place)
    if (isIp(type)) return place + 2
    if (!ETHER_TAGS.includes(type)) return -1
    place += 4
  }
  return -1
}

function ipv4Text(p: Uint8Array, at: number): string {
  return `${p[at]}.${p[at + 1]}.${p[at + 2]}.${p[at + 3]}`
}

/** RFC 5952: the longest run of zero groups becomes two colons. */
function ipv6Text(p: Uint8Array, at: number): string {
  const groups: string[] = []
  for (let i = 0; i < 16; i += 2) groups.push(read16(p, at + i).toString(16))
  let best = -1
  let length = 1
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (groups[i + run] === '0') run++
    if (run > length) {
      best = i
      length = run
    }
  }
  if (best < 0) return groups.join(':')
  return `${groups.slice(0, best).join(':')}::${groups.slice(best + length).join(':')}`
}
