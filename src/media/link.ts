/**
 * A link carries the sound of one port to another. It is made when a source is assigned or a stream changes, and taken away the
 * same way; per packet it is only walked. One link has one owner: the port that hears it. The kinds are in `relay.ts` and
 * `transcode.ts`.
 */

import type { Milliseconds } from '../base/units.ts'

/** What a packet is, after its payload type. `MUTED` has a sequence number and nothing that may be heard. */
export const AUDIO = 0
export const EVENT = 1
export const COMFORT = 2
export const MUTED = 3
export type PacketKind = typeof AUDIO | typeof EVENT | typeof COMFORT | typeof MUTED

export type Link = {
  /** Carries one good RTP packet of the far end, in the order of arrival. `packet` is valid during the call only. */
  take(packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): void
  /** Something else was sent in between: the next packet starts anew, after it in sequence and time. */
  cut(): void
  /** Overwrites every octet of sound it holds. */
  wipe(): void
}
