/**
 * Timestamps and SSRCs of the hot path, as signed integers of 32 bits: the same bits as on the wire (RFC 3550 section 5.1), in the
 * form that the engine keeps without a box on the heap. The unsigned form is for what leaves the process as text; `>>> 0` makes it.
 */

import type { Ssrc, Timestamp } from '../base/units.ts'

/** @returns the timestamp of an RTP packet, signed. */
export function timestampIn(packet: Uint8Array): Timestamp {
  return int32(packet, 4)
}

/** @returns the synchronisation source of an RTP packet, signed. */
export function ssrcIn(packet: Uint8Array): Ssrc {
  return int32(packet, 8)
}

/** @returns the timestamp `by` units on, across the wrap, signed; `by` may be negative or a fraction, which is cut off. */
export function stepTimestamp(a: Timestamp, by: number): Timestamp {
  return (a + by) | 0
}

function int32(p: Uint8Array, at: number): number {
  return (
    ((p[at] as number) << 24) | ((p[at + 1] as number) << 16) | ((p[at + 2] as number) << 8) | (p[at + 3] as number)
  )
}
