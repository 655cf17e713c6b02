/**
 * Counts the packets that a port has sent since it was opened, across SSRCs and without those that a vault sent, by what they were made of, so that it can be said afterwards what a far end was sent while somebody else was
 * keying. Packets are counted twice: where they are made, by origin, and where they leave, all of them.
 */

import type { Milliseconds } from '../base/units.ts'

/** What a packet that we send is made of: another port's sound or keys, or something of ours. */
export type Origin = 'port' | 'holdMusic' | 'ringback' | 'silence' | 'chime'

export type Tally = {
  readonly sentBy: Record<Origin, number>
  /** Packets that left, whatever they were. */
  left: number
  /** Octets of their payload. */
  octets: number
  /** When the present source was assigned. */
  sourceSinceMs: Milliseconds
  /** From then to the first packet of another port; undefined until there was one. */
  firstRelayedMs: Milliseconds | undefined
}

export function createTally(nowMs: Milliseconds): Tally {
  return {
    sentBy: { port: 0, holdMusic: 0, ringback: 0, silence: 0, chime: 0 },
    left: 0,
    octets: 0,
    sourceSinceMs: nowMs,
    firstRelayedMs: undefined,
  }
}

/** Another source begins. */
export function tallySource(tally: Tally, nowMs: Milliseconds): void {
  tally.sourceSinceMs = nowMs
  tally.firstRelayedMs = undefined
}

/** A packet of another port was sent on. */
export function tallyRelayed(tally: Tally, nowMs: Milliseconds): void {
  tally.sentBy.port++
  tally.firstRelayedMs ??= nowMs - tally.sourceSinceMs
}
