/**
 * What of a capture nobody here can look into, and which may therefore hold digits: other link layers, tunnels, protocols that carry keys
 * in a form of their own, text that was packed or masked, fragments without their rest. It is named, and can be blanked whole. What
 * cannot hold a digit - ARP, routing, encryption without its key - is none of it.
 */

import { PacketOpener, type Piece, type Segment, startOfIp } from '../rtp/link-layer.ts'
import { read16 } from '../rtp/octets.ts'
import * as rtp from '../rtp/packet.ts'
import type { Capture, CapturedPacket } from '../rtp/pcap.ts'
import { fold, pseudoHeader, sum } from './checksums.ts'

/** Something that cannot be looked into. */
export type Unreadable = {
  /** For a person: what it is and where. */
  readonly what: string
  /** Overwrites what it carries. */
  blank(): void
}

export type OpenedCapture = {
  readonly segments: readonly Segment[]
  readonly unreadable: readonly Unreadable[]
  /** ICMP messages that quoted a datagram, and whose quotations were blanked. */
  readonly quotations: number
}

const ETHERNET = 1
/** ARP, LLDP, 802.1X, loop test, RARP, PTP, flow control; below 0x0600 it is a length (802.3), of bridges' talk. */
const HARMLESS_FRAMES = new Set([0x0806, 0x88cc, 0x888e, 0x9000, 0x8035, 0x88f7, 0x8808])
/** IGMP, EGP, IGP, RSVP, ESP (whose key is elsewhere), EIGRP, OSPF, PIM, VRRP, none. */
const HARMLESS_PROTOCOLS = new Set([2, 8, 9, 46, 50, 88, 89, 103, 112, 59])
const PROTOCOL_NAMES: Readonly<Record<number, string>> = { 47: 'GRE', 115: 'L2TP', 132: 'SCTP', 137: 'MPLS' }
const ICMP = 1
const ICMPV6 = 58
const FRAGMENT = 44
const EXTENSIONS = [0, 43, 60, 135]
/** Protocols by their ports whose messages hold keys, or whole packets, in forms that are not looked into. */
const UDP_PORTS: ReadonlyMap<string, string> = new Map([
  ['1701', 'L2TP'],
  ['2152', 'GTP-U'],
  ['2427', 'MGCP'],
  ['2727', 'MGCP'],
  ['2944', 'H.248'],
  ['3544', 'Teredo'],
  ['4569', 'IAX2'],
  ['4789', 'VXLAN'],
  ['5247', 'CAPWAP'],
  ['6081', 'Geneve'],
  ['9060', 'HEP'],
  ['37008', 'TZSP'],
])

/** Opens every packet. Quotations in ICMP errors are blanked on the way: they repeat what is replaced elsewhere. */
export function openCapture(capture: Capture): OpenedCapture {
  const opener = new PacketOpener()
  const segments: Segment[] = []
  const unreadable: Unreadable[] = []
  const waiting = new Map<number, CapturedPacket>()
  let quotations = 0
  for (const packet of capture.packets) {
    const segment = opener.open(packet)
    if (segment !== undefined) {
      segments.push(segment)
      const name = nameByPort(segment)
      if (name !== undefined) unreadable.push(inSegment(name, segment))
      for (const { bytes } of segment.origin.pieces)
        waiting.delete(bytes.buffer === packet.bytes.buffer ? bytes.byteOffset : -1)
      continue
    }
    const kind = kindOf(packet)
    if (kind.is === 'quotation') quotations += blankQuotation(kind.ip, kind.icmp, kind.six) ? 1 : 0
    else if (kind.is === 'fragment') waiting.set(kind.body.byteOffset, packet)
    else if (kind.is === 'unknown') unreadable.push({ what: kind.what, blank: () => void kind.octets.fill(0) })
  }
  for (const packet of waiting.values()) {
    const kind = kindOf(packet)
    if (kind.is !== 'fragment') continue
    unreadable.push({ what: 'fragments of packets whose rest is missing', blank: () => void kind.body.fill(0) })
  }
  return { segments, unreadable, quotations }
}

/** Puts a changed body back into the pieces it came in. */
export function writePieces(body: Uint8Array, pieces: readonly Piece[]): void {
  for (const { at, bytes } of pieces) bytes.set(body.subarray(at, Math.min(body.length, at + bytes.length)))
}

function nameByPort({ over, from, to, payload }: Segment): string | undefined {
  if (over === 'tcp' || payload.length === 0 || rtp.isRtp(payload) || rtp.isRtcp(payload)) return undefined
  return UDP_PORTS.get(portOf(to)) ?? UDP_PORTS.get(portOf(from))
}

/** @returns the port of an address as in `Segment`. */
export function portOf(end: string): string {
  return end.slice(end.lastIndexOf(':') + 1)
}

function inSegment(name: string, { from, to, payload }: Segment): Unreadable {
  return { what: `${name} ${from} -> ${to}`, blank: () => void payload.fill(0) }
}

type Kind =
  | { readonly is: 'harmless' }
  | { readonly is: 'quotation'; readonly ip: Uint8Array; readonly icmp: Uint8Array; readonly six: boolean }
  | { readonly is: 'fragment'; readonly body: Uint8Array }
  | { readonly is: 'unknown'; readonly what: string; readonly octets: Uint8Array }

/** What a packet is that holds no segment. */
function kindOf({ linkType, bytes }: CapturedPacket): Kind {
  const at = startOfIp(linkType, bytes)
  if (at >= 0) return kindOfIp(bytes.subarray(at))
  if (linkType !== ETHERNET) return { is: 'unknown', what: `packets of link layer ${linkType}`, octets: bytes }
  if (bytes.length < 14) return { is: 'harmless' }
  const type = read16(bytes, 12)
  if (type < 0x0600 || HARMLESS_FRAMES.has(type)) return { is: 'harmless' }
  const what = `Ethernet frames of type 0x${type.toString(16).padStart(4, '0')}`
  return { is: 'unknown', what, octets: bytes.subarray(14) }
}

function kindOfIp(p: Uint8Array): Kind {
  const version = (p[0] ?? 0) >> 4
  if (version === 4 && p.length >= 20) {
    const header = ((p[0] as number) & 15) * 4
    const body = p.subarray(header, Math.min(p.length, read16(p, 2) || p.length))
    if ((read16(p, 6) & 0x3fff) !== 0) return { is: 'fragment', body }
    return kindOfBody(p, p[9] as number, body, false)
  }
  if (version !== 6 || p.length < 40) return { is: 'unknown', what: 'IP packets that cannot be read', octets: p }
  let next = p[6] as number
  let body = p.subarray(40, Math.min(p.length, 40 + (read16(p, 4) || p.length)))
  while (EXTENSIONS.includes(next) && body.length >= 8) {
    next = body[0] as number
    body = body.subarray(((body[1] as number) + 1) * 8)
  }
  if (next === FRAGMENT) return { is: 'fragment', body: body.subarray(8) }
  return kindOfBody(p, next, body, true)
}

function kindOfBody(ip: Uint8Array, protocol: number, body: Uint8Array, six: boolean): Kind {
  if (protocol === ICMP || protocol === ICMPV6) return { is: 'quotation', ip, icmp: body, six }
  // UDP or TCP of a few octets, which nothing fits into.
  if (HARMLESS_PROTOCOLS.has(protocol) || body.length < 8) return { is: 'harmless' }
  if (protocol === 4 || protocol === 41) return kindOfIp(body)
  const name = PROTOCOL_NAMES[protocol] ?? `IP protocol ${protocol}`
  return { is: 'unknown', what: `packets of ${name}`, octets: body }
}

/** An ICMP error repeats the beginning of what it is about (RFC 792, RFC 4443 section 2.4): all but the ports is blanked. */
function blankQuotation(ip: Uint8Array, icmp: Uint8Array, six: boolean): boolean {
  const type = icmp[0] as number
  const isError = six ? type < 128 : [3, 4, 5, 11, 12].includes(type)
  const inner = icmp.subarray(8)
  const header = six ? 40 : ((inner[0] ?? 0) & 15) * 4
  if (!isError || inner.length <= header + 4) return false
  // The ports are kept; length and checksum of UDP, and all behind them, are not.
  inner.fill(0, header + 4)
  icmp[2] = 0
  icmp[3] = 0
  const value = fold((six ? pseudoHeader(ip, ICMPV6, icmp.length) : 0) + sum(icmp)) ^ 0xffff
  icmp[2] = value >> 8
  icmp[3] = value
  return true
}
