/**
 * The classic capture file (libpcap, draft-ietf-opsawg-pcap), read in both octet orders with micro- or nanoseconds, and
 * written for our own captures: raw IP, one UDP datagram a record. The newer format is `pcapng.ts`; what lies inside a
 * packet is `link-layer.ts`. Works on octets, opens nothing.
 */

import type { Milliseconds } from '../base/units.ts'

/** One packet as it was captured. */
export type CapturedPacket = {
  /** Since 1970, with microseconds behind the point. */
  readonly atMs: Milliseconds
  /** LINKTYPE_ number of tcpdump.org. */
  readonly linkType: number
  /** What was kept of it: a view into the file, not a copy. */
  readonly bytes: Uint8Array
}

/** A capture file as far as it could be read. */
export type Capture = {
  readonly format: 'pcap' | 'pcapng'
  readonly packets: CapturedPacket[]
  /** True when the file ends inside a record: a recorder that was stopped, a copy that was cut off. */
  readonly cutShort: boolean
}

/** Link type of packets that begin with their IP header. */
export const LINKTYPE_RAW = 101
/** Larger records are taken for damage; the largest snapshot length tcpdump allows. */
export const MAX_RECORD = 262_144

const FILE_HEADER = 24
const RECORD_HEADER = 16
const MAGIC_MICROS = 0xa1b2c3d4
const MAGIC_NANOS = 0xa1b23c4d
const UDP = 17

/** @returns the packets of a classic capture file, or undefined when it is none. */
export function parsePcap(file: Uint8Array): Capture | undefined {
  if (file.length < FILE_HEADER) return undefined
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const little = isMagic(view.getUint32(0, true))
  const magic = view.getUint32(0, little)
  if (!isMagic(magic)) return undefined
  const fraction = magic === MAGIC_NANOS ? 1e-6 : 1e-3
  // The upper bits tell of frame check sequences and are nothing to us.
  const linkType = view.getUint32(20, little) & 0xffff
  const packets: CapturedPacket[] = []
  let at = FILE_HEADER
  while (at + RECORD_HEADER <= file.length) {
    const kept = view.getUint32(at + 8, little)
    const body = at + RECORD_HEADER
    if (kept > MAX_RECORD || body + kept > file.length) break
    const atMs = view.getUint32(at, little) * 1000 + view.getUint32(at + 4, little) * fraction
    packets.push({ atMs, linkType, bytes: file.subarray(body, body + kept) })
    at = body + kept
  }
  return { format: 'pcap', packets, cutShort: at < file.length }
}

function isMagic(value: number): boolean {
  return value === MAGIC_MICROS || value === MAGIC_NANOS
}

/** One end of a datagram that is to be written. */
export type CaptureEnd = {
  /** Dotted IPv4, or IPv6. */
  readonly address: string
  readonly port: number
}

/** @returns the beginning of a capture file of raw IP packets with microseconds; the records of `pcapUdpRecord` follow it. */
export function pcapFileHeader(): Uint8Array {
  const out = new Uint8Array(FILE_HEADER)
  const view = new DataView(out.buffer)
  view.setUint32(0, MAGIC_MICROS, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, MAX_RECORD, true)
  view.setUint32(20, LINKTYPE_RAW, true)
  return out
}

/**
 * One UDP datagram as a record of a capture file, with the IP and UDP headers it would have had.
 * @param atMs since 1970. @param payload at most 65,000 octets.
 * @returns the record, or undefined when an address cannot be read, the two are of different families, or the payload is too long.
 */
export function pcapUdpRecord(
  atMs: Milliseconds,
  from: CaptureEnd,
  to: CaptureEnd,
  payload: Uint8Array,
): Uint8Array | undefined {
  const source = parseAddress(from.address)
  const target = parseAddress(to.address)
  if (source === undefined || target === undefined || source.length !== target.length) return undefined
  if (payload.length > 65_000) return undefined
  const six = source.length === 16
  const ipSize = six ? 40 : 20
  const udpSize = 8 + payload.length
  const out = new Uint8Array(RECORD_HEADER + ipSize + udpSize)
  const view = new DataView(out.buffer)
  const micros = Math.round(atMs * 1000)
  view.setUint32(0, Math.floor(micros / 1e6), true)
  view.setUint32(4, micros % 1e6, true)
  view.setUint32(8, ipSize + udpSize, true)
  view.setUint32(12, ipSize + udpSize, true)
  const ip = RECORD_HEADER
  const udp = ip + ipSize
  if (six) {
    out[ip] = 0x60
    view.setUint16(ip + 4, udpSize)
    out[ip + 6] = UDP
    out[ip + 7] = 64
    out.set(source, ip + 8)
    out.set(target, ip + 24)
  } else {
    out[ip] = 0x45
    view.setUint16(ip + 2, ipSize + udpSize)
    view.setUint16(ip + 6, 0x4000) // don't fragment
    out[ip + 8] = 64
    out[ip + 9] = UDP
    out.set(source, ip + 12)
    out.set(target, ip + 16)
    view.setUint16(ip + 10, checksum(out, ip, udp, 0))
  }
  view.setUint16(udp, from.port)
  view.setUint16(udp + 2, to.port)
  view.setUint16(udp + 4, udpSize)
  out.set(payload, udp + 8)
  // Pseudo header (RFC 768, RFC 8200 section 8.1): both addresses, protocol and length.
  const pseudo = sum16(source, 0, source.length) + sum16(target, 0, target.length) + UDP + udpSize
  view.setUint16(udp + 6, checksum(out, udp, out.length, pseudo) || 0xffff)
  return out
}

function sum16(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0
  for (let i = from; i < to; i += 2) sum += ((bytes[i] as number) << 8) | (i + 1 < to ? (bytes[i + 1] as number) : 0)
  return sum
}

function checksum(bytes: Uint8Array, from: number, to: number, start: number): number {
  let sum = start + sum16(bytes, from, to)
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}

/** @returns the 4 or 16 octets of an address written out, or undefined. */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined
  return Uint8Array.from(parts, Number)
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('%', 1)[0]?.split('::') ?? []
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')))
  if (head === undefined) return undefined
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array<string>(missing).fill('0'), ...(tail ?? [])]
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return Uint8Array.from(
    groups.flatMap((group) => {
      const value = Number.parseInt(group, 16)
      return [value >> 8, value & 0xff]
    }),
  )
}
