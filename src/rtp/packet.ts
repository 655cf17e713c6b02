/**
 * The RTP header (RFC 3550 section 5.1), read and written in place on the received octets; nothing is allocated.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *     |                           timestamp                           |
 *     |                 synchronisation source (SSRC)                 |
 *     |                 CSRC list, 0 to 15 words                      |
 *     |  extension: profile (16)      |  length in words (16)         |
 *
 * `isRtp` comes first: every accessor may be used on what it accepts, and on nothing else. CSRCs and header extensions are
 * stepped over, not read.
 */
import type { PayloadType, SequenceNumber, Ssrc, Timestamp } from '../base/units.ts'
import { read16, read32, write16, write32 } from './octets.ts'

/** Octets of the fixed header. */
export const HEADER_SIZE = 12
const VERSION_2 = 0x80
const PADDING_BIT = 0x20
const EXTENSION_BIT = 0x10
const MARKER_BIT = 0x80
/** Second octets that are RTCP when RTP and RTCP share a port (RFC 5761 section 4). */
const RTCP_FIRST = 192
const RTCP_LAST = 223

/** @returns whether this is an RTP packet whose CSRCs, extension and padding all lie inside it. */
export function isRtp(p: Uint8Array): boolean {
  if (p.length < HEADER_SIZE || ((p[0] as number) & 0xc0) !== VERSION_2) return false
  const second = p[1] as number
  if (second >= RTCP_FIRST && second <= RTCP_LAST) return false
  let at = HEADER_SIZE + ((p[0] as number) & 0x0f) * 4
  if ((p[0] as number) & EXTENSION_BIT) {
    if (at + 4 > p.length) return false
    at += 4 + read16(p, at + 2) * 4
  }
  if (at > p.length) return false
  if (((p[0] as number) & PADDING_BIT) === 0) return true
  const padding = p[p.length - 1] as number
  return padding > 0 && at + padding <= p.length
}

/** @returns whether this looks like RTCP that shares a port with RTP (RFC 5761 section 4); `parseRtcp` looks closer. */
export function isRtcp(p: Uint8Array): boolean {
  if (p.length < 8 || ((p[0] as number) & 0xc0) !== VERSION_2) return false
  const second = p[1] as number
  return second >= RTCP_FIRST && second <= RTCP_LAST
}

/** @returns the payload type, 0 to 127. */
export function payloadType(p: Uint8Array): PayloadType {
  return (p[1] as number) & 0x7f
}

/** @returns the marker bit; in audio the first packet after silence (RFC 3551 section 4.1). */
export function marker(p: Uint8Array): boolean {
  return ((p[1] as number) & MARKER_BIT) !== 0
}

/** @returns the sequence number. */
export function sequence(p: Uint8Array): SequenceNumber {
  return read16(p, 2)
}

/** @returns the timestamp, in units of the clock rate. */
export function timestamp(p: Uint8Array): Timestamp {
  return read32(p, 4)
}

/** @returns the synchronisation source. */
export function ssrc(p: Uint8Array): Ssrc {
  return read32(p, 8)
}

/** @returns where the payload begins, behind CSRCs and extension. */
export function payloadStart(p: Uint8Array): number {
  const at = HEADER_SIZE + ((p[0] as number) & 0x0f) * 4
  return (p[0] as number) & EXTENSION_BIT ? at + 4 + read16(p, at + 2) * 4 : at
}

/** @returns where the payload ends, before the padding. */
export function payloadEnd(p: Uint8Array): number {
  return (p[0] as number) & PADDING_BIT ? p.length - (p[p.length - 1] as number) : p.length
}

/** Sets the payload type and leaves the marker. */
export function setPayloadType(p: Uint8Array, v: PayloadType): void {
  p[1] = ((p[1] as number) & MARKER_BIT) | (v & 0x7f)
}

/** Sets the marker bit and leaves the payload type. */
export function setMarker(p: Uint8Array, v: boolean): void {
  p[1] = ((p[1] as number) & 0x7f) | (v ? MARKER_BIT : 0)
}

/** Sets the sequence number; only the low 16 bits count. */
export function setSequence(p: Uint8Array, v: SequenceNumber): void {
  write16(p, 2, v)
}

/** Sets the timestamp; only the low 32 bits count. */
export function setTimestamp(p: Uint8Array, v: Timestamp): void {
  write32(p, 4, v)
}

/** Sets the synchronisation source. */
export function setSsrc(p: Uint8Array, v: Ssrc): void {
  write32(p, 8, v)
}

/**
 * Writes a header without CSRCs, extension or padding to the front of `out`, which has room for it.
 * @returns the number of octets written, 12.
 */
export function writeHeader(
  out: Uint8Array,
  payloadType: PayloadType,
  marker: boolean,
  sequence: SequenceNumber,
  timestamp: Timestamp,
  ssrc: Ssrc,
): number {
  out[0] = VERSION_2
  out[1] = (marker ? MARKER_BIT : 0) | (payloadType & 0x7f)
  write16(out, 2, sequence)
  write32(out, 4, timestamp)
  write32(out, 8, ssrc)
  return HEADER_SIZE
}
