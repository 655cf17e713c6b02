/**
 * The payload of a telephone-event (RFC 4733 section 2.3), written and read field by field. What a row of such packets means
 * is `event-reader.ts`; making one is `event-sender.ts`.
 *
 *     |     event     |E|R| volume    |          duration             |
 */
import { read16, write16 } from './octets.ts'

/** Octets of one event. */
export const EVENT_SIZE = 4
/** Codes 0 to 15 are keys (section 3.2); 16 is flash, the rest is tones and trunks. */
export const LAST_KEY_CODE = 15
/** Longest duration one segment can tell (section 2.5.1.3). */
export const MAX_DURATION = 0xffff
const END_BIT = 0x80
const VOLUME_MASK = 0x3f

/**
 * Writes one event to `out[at..at+4)`.
 * @param volume level of the tone in -dBm0, 0 to 63. @param duration in timestamp units, up to 65535.
 * @returns 4.
 */
export function writeTelephoneEvent(
  out: Uint8Array,
  at: number,
  code: number,
  end: boolean,
  volume: number,
  duration: number,
): number {
  out[at] = code
  out[at + 1] = (end ? END_BIT : 0) | (volume & VOLUME_MASK)
  write16(out, at + 2, duration)
  return EVENT_SIZE
}

/** @returns the code of the event at `at`, 0 to 255. */
export function eventCode(p: Uint8Array, at: number): number {
  return p[at] as number
}

/** @returns whether the event at `at` is over. */
export function eventEnds(p: Uint8Array, at: number): boolean {
  return ((p[at + 1] as number) & END_BIT) !== 0
}

/** @returns the duration so far of the event at `at`, in timestamp units. */
export function eventDuration(p: Uint8Array, at: number): number {
  return read16(p, at + 2)
}
