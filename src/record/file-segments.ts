/**
 * A recording's file: sealed segments, one straight after another. It is walked by the lengths of their DER, never read as a whole. What a crash left
 * behind the last whole segment, cut or full of zeros, is no segment.
 */

import { AUTH_ENVELOPED_DATA, HEADER_MAX, headerOf, sameOctets, TAG } from './der.ts'

/** Octets of a file, from `at` on; fewer than `length` where it ends. */
export type ReadAt = (at: number, length: number) => Uint8Array

/** Octets of a segment: many times what one holds. More is none of ours, and is not read into memory. */
const SEGMENT_MAX = 1_048_576
const BEGINNING = HEADER_MAX + AUTH_ENVELOPED_DATA.length
/** A segment ends with its tag: an OCTET STRING of 16. */
const TAG_HEADER = Uint8Array.of(TAG.octetString, 16)
export const ENDING_OCTETS = TAG_HEADER.length + 16

/** @returns octets up to the end of the last whole segment: a crash may have cut the next. @param size of the file, octets. */
export function wholeLength(read: ReadAt, size: number): number {
  let at = 0
  for (let length = segmentAt(read, 0, size); length > 0; length = segmentAt(read, at, size)) at += length
  return at
}

/** Where a whole segment of a file is, octets. */
export type SegmentPlace = { readonly at: number; readonly length: number }

/** Where the whole segments of a file are, one after another; what stands behind them is left out, which `wholeLength` tells. */
export function* placesOf(read: ReadAt, size: number): Generator<SegmentPlace> {
  let at = 0
  for (let length = segmentAt(read, 0, size); length > 0; length = segmentAt(read, at, size)) {
    yield { at, length }
    at += length
  }
}

/** The whole segments of a file, read one after another. */
export function* segmentsOf(read: ReadAt, size: number): Generator<Uint8Array> {
  for (const { at, length } of placesOf(read, size)) yield read(at, length)
}

/** @returns octets of the segment that begins there; 0 when no whole one does. */
function segmentAt(read: ReadAt, at: number, size: number): number {
  const beginning = read(at, Math.min(BEGINNING, size - at))
  const { tag, contentAt, end } = headerOf(beginning) ?? { tag: 0, contentAt: 0, end: 0 }
  const typeEnd = contentAt + AUTH_ENVELOPED_DATA.length
  if (tag !== TAG.sequence || end < typeEnd + ENDING_OCTETS || end > Math.min(SEGMENT_MAX, size - at)) return 0
  if (!sameOctets(beginning.subarray(contentAt, typeEnd), AUTH_ENVELOPED_DATA)) return 0
  const ending = read(at + end - ENDING_OCTETS, ENDING_OCTETS)
  return ending.length === ENDING_OCTETS && sameOctets(ending.subarray(0, TAG_HEADER.length), TAG_HEADER) ? end : 0
}
