/**
 * What an Opus packet says of itself in front (RFC 6716 section 3.1), without decoding: how long its sound lasts. In RTP a payload is
 * one packet (RFC 7587 section 4.2), and its clock counts 48000 a second, whatever bandwidth is inside (section 4.1).
 *
 *     |  config (5 bits)  | s | c c |    c: 0 one frame, 1 and 2 two, 3 a count in the next octet
 */

/** RTP timestamp units a millisecond. */
export const OPUS_UNITS_PER_MS = 48
/** 120 ms: no packet is longer (RFC 6716 section 3.4, R5). */
const LONGEST = 120 * OPUS_UNITS_PER_MS
const COUNT_MASK = 0x3f
/** Configurations from here on have no SILK in them, and so no redundancy. */
const FIRST_CELT = 16
/** Behind the one voice flag of a mono frame. */
const LBRR_BIT = 0x40

/** @returns timestamp units of the packet `payload[start..end)`; 0 when it is none. */
export function opusUnits(payload: Uint8Array, start: number, end: number): number {
  if (end <= start) return 0
  const toc = payload[start] as number
  const code = toc & 3
  if (code === 3 && end - start < 2) return 0
  const frames = code === 0 ? 1 : code < 3 ? 2 : (payload[start + 1] as number) & COUNT_MASK
  const units = frames * frameUnits(toc >> 3)
  return units > LONGEST ? 0 : units
}

/** Frame sizes of RFC 6716 table 2: SILK 10 to 60 ms, hybrid 10 and 20 ms, CELT 2.5 to 20 ms. */
function frameUnits(config: number): number {
  if (config >= FIRST_CELT) return (OPUS_UNITS_PER_MS * 5 * (1 << (config & 3))) / 2
  if (config >= 12) return OPUS_UNITS_PER_MS * (config & 1 ? 20 : 10)
  const size = config & 3
  return OPUS_UNITS_PER_MS * (size === 3 ? 60 : 10 << size)
}

/**
 * @returns whether a packet holds the frame before it once more, coarser (RFC 6716 sections 2.1.7 and 4.2.4): a flag behind those of voice in
 * the first octet of a SILK frame. Only asked of packets with one frame of at most 20 ms, as phones send them.
 */
export function hasRedundancy(payload: Uint8Array, start: number, end: number): boolean {
  const toc = payload[start] as number
  if (end - start < 2 || (toc & 3) !== 0 || toc >> 3 >= FIRST_CELT) return false
  return frameUnits(toc >> 3) <= 20 * OPUS_UNITS_PER_MS && ((payload[start + 1] as number) & LBRR_BIT) !== 0
}
