/**
 * Redundant blocks in an RTP payload (RFC 2198 section 3), as senders of telephone-events use them: older events ride along
 * behind headers of their own.
 *
 *     |F=1| block PT (7) | timestamp offset (14) | block length (10) |   older blocks, oldest first
 *     |F=0| block PT (7) |                                               the block of now
 */
import type { PayloadType } from '../base/units.ts'
import { read16 } from './octets.ts'
import { payloadEnd, payloadStart } from './packet.ts'

/** Octets of the header of an older block. */
export const BLOCK_HEADER_SIZE = 4
/** Of the first octet of an RTP header. */
const PADDING_BIT = 0x20

/** @returns whether another, older, block's header stands at `at`, not the last one. */
export function isOlderBlock(p: Uint8Array, at: number): boolean {
  return ((p[at] as number) & 0x80) !== 0
}

/** @returns the payload type of the block whose header stands at `at`. */
export function blockPayloadType(p: Uint8Array, at: number): number {
  return (p[at] as number) & 0x7f
}

/** @returns how much older than the packet the block is, in timestamp units. */
export function blockOffset(p: Uint8Array, at: number): number {
  return read16(p, at + 1) >> 2
}

/** @returns the length of an older block's body, in octets. */
export function blockLength(p: Uint8Array, at: number): number {
  return read16(p, at + 2) & 0x3ff
}

/** @returns where the body of the first block begins, or -1 when headers or bodies reach beyond `end`. */
export function blockBodies(p: Uint8Array, start: number, end: number): number {
  let at = start
  let octets = 0
  while (at < end && isOlderBlock(p, at)) {
    if (at + BLOCK_HEADER_SIZE > end) return -1
    octets += blockLength(p, at)
    at += BLOCK_HEADER_SIZE
  }
  return at + 1 + octets > end ? -1 : at + 1
}

/**
 * Makes a plain RTP packet of one with redundancy, in place: its block of now alone, older ones are dropped.
 * @returns the packet, shorter; undefined when blocks do not fit or the block of now has another payload type.
 */
export function withoutRedundancy(packet: Uint8Array, wanted: PayloadType): Uint8Array | undefined {
  const start = payloadStart(packet)
  const end = payloadEnd(packet)
  let body = blockBodies(packet, start, end)
  if (body < 0) return undefined
  let at = start
  for (; isOlderBlock(packet, at); at += BLOCK_HEADER_SIZE) body += blockLength(packet, at)
  if (blockPayloadType(packet, at) !== wanted) return undefined
  packet.copyWithin(start, body, end)
  // The marker stays; padding was behind the last block and is gone.
  packet[0] = (packet[0] as number) & ~PADDING_BIT
  packet[1] = ((packet[1] as number) & 0x80) | wanted
  return packet.subarray(0, start + end - body)
}
