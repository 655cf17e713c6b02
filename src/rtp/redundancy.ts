/**
 * Redundant blocks in an RTP payload (RFC 2198 section 3), as senders of telephone-events use them: older events ride along
 * behind headers of their own. Read only.
 *
 *     |F=1| block PT (7) | timestamp offset (14) | block length (10) |   older blocks, oldest first
 *     |F=0| block PT (7) |                                               the block of now
 */
import { read16 } from './octets.ts'

/** Octets of the header of an older block. */
export const BLOCK_HEADER_SIZE = 4

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
