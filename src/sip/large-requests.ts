/**
 * Requests that are too long for UDP, where a datagram would be cut into fragments and often lost: they go over TCP (RFC 3261 section 18.1.1), and over UDP
 * all the same where TCP cannot be had. That is remembered for a while, so that not every request waits for it.
 */

import type { Clock } from '../base/clock.ts'
import type { Milliseconds } from '../base/units.ts'
import type { SipPeer } from './session.ts'

/** RFC 3261 section 18.1.1, for a path whose MTU nobody knows. */
export const LARGE_REQUEST_BYTES = 1300
const REMEMBERED_MS: Milliseconds = 600_000
const MAX_REMEMBERED = 1000

export type LargeRequests = {
  /** @returns whether a request this long goes over TCP although UDP was said. */
  prefersTcp(peer: SipPeer, octets: number): boolean
  /** TCP could not be had there. */
  refused(peer: SipPeer): void
}

/** @param isWanted whether a peer may be tried over TCP at all. */
export function createLargeRequests(clock: Clock, isWanted: (peer: SipPeer) => boolean): LargeRequests {
  /** Until when a peer is not tried, oldest first. */
  const refusedUntilMs = new Map<string, number>()
  const keyOf = ({ address, port }: SipPeer) => `${address} ${port}`
  return {
    prefersTcp: (peer, octets) =>
      octets > LARGE_REQUEST_BYTES && isWanted(peer) && (refusedUntilMs.get(keyOf(peer)) ?? 0) <= clock.now(),
    refused: (peer) => {
      const key = keyOf(peer)
      refusedUntilMs.delete(key)
      refusedUntilMs.set(key, clock.now() + REMEMBERED_MS)
      for (const oldest of refusedUntilMs.keys()) {
        if (refusedUntilMs.size <= MAX_REMEMBERED) break
        refusedUntilMs.delete(oldest)
      }
    },
  }
}
