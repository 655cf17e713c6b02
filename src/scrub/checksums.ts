/**
 * Makes a changed packet's checksums right: UDP (RFC 768, RFC 8200 section 8.1), TCP (RFC 9293 section 3.1), and a frame check sequence
 * behind an Ethernet frame. An old checksum would give a digit away that was changed under it.
 */

import { crc32 } from 'node:zlib'
import type { Segment } from '../rtp/link-layer.ts'
import { read16, write16 } from '../rtp/octets.ts'

const UDP = 17
const TCP = 6
const FCS_SIZE = 4

/** Writes the checksum of a segment whose payload has changed. @param before its transport header and payload as they were. */
export function mendSegment(segment: Segment, before: Uint8Array): void {
  const { ip, body } = segment.origin
  const at = segment.over === 'udp' ? 6 : 16
  const old = read16(before, at)
  // A sender of UDP may leave it out (RFC 768).
  if (segment.over === 'udp' && old === 0) return
  const whole = segment.over === 'tcp' ? lengthOfTcp(segment) : read16(body, 4)
  if (whole > body.length) {
    // Cut off by the recorder: what is missing has not changed (RFC 1624 equation 3).
    write16(body, at, fold(0xffff - old + (0xffff - fold(sum(before))) + fold(sum(body))) ^ 0xffff)
    return
  }
  const octets = body.subarray(0, whole)
  write16(body, at, 0)
  const value = fold(pseudoHeader(ip, segment.over === 'udp' ? UDP : TCP, whole) + sum(octets)) ^ 0xffff
  write16(body, at, segment.over === 'udp' && value === 0 ? 0xffff : value)
}

/** Writes the frame check sequence of an Ethernet frame anew. @param before the frame as it was: only a sequence that was right is one. */
export function mendFrame(frame: Uint8Array, before: Uint8Array): void {
  const end = frame.length - FCS_SIZE
  if (end < 60) return
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  const old = new DataView(before.buffer, before.byteOffset, before.length)
  if (old.getUint32(end, true) !== crc32(before.subarray(0, end))) return
  view.setUint32(end, crc32(frame.subarray(0, end)), true)
}

/** Sum of 16-bit words, for the Internet checksum (RFC 1071). */
export function sum(p: Uint8Array): number {
  let total = 0
  for (let i = 0; i + 1 < p.length; i += 2) total += read16(p, i)
  return p.length % 2 === 0 ? total : total + ((p[p.length - 1] as number) << 8)
}

export function fold(total: number): number {
  let value = total
  while (value > 0xffff) value = (value & 0xffff) + Math.floor(value / 0x10000)
  return value
}

function lengthOfTcp({ origin: { ip, body, pieces } }: Segment): number {
  if (pieces.length > 0) return body.length
  const six = (ip[0] as number) >> 4 === 6
  const total = six ? read16(ip, 4) : read16(ip, 2)
  if (total === 0) return body.length
  return total - (six ? body.byteOffset - ip.byteOffset - 40 : ((ip[0] as number) & 15) * 4)
}

export function pseudoHeader(ip: Uint8Array, protocol: number, length: number): number {
  const six = (ip[0] as number) >> 4 === 6
  return sum(six ? ip.subarray(8, 40) : ip.subarray(12, 20)) + protocol + length
}
