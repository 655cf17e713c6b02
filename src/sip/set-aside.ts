/**
 * Far ends that did not answer, could not be reached, or said that they are overloaded (503), and are passed over for a while (RFC 3263
 * section 4.3). Passed over means asked last: one that is the only one left is asked all the same.
 */

import type { Clock } from '../base/clock.ts'
import type { SipPeer } from './session.ts'

export type SetAside = {
  /** @param ms how long; the usual time when absent. */
  put(peer: SipPeer, ms?: number): void
  /** It has answered. */
  clear(peer: SipPeer): void
  /** @returns the same, with those that are set aside behind the others. */
  order<T extends SipPeer>(peers: readonly T[]): T[]
  /** How many there are. */
  readonly size: number
}

const MOST = 5000
/** A far end that asks for more is tried sooner. */
const MOST_MS = 3_600_000

/** @param usualMs how long, as it is set just now; 0 sets nobody aside. */
export function createSetAside(clock: Clock, usualMs: () => number): SetAside {
  const untilMs = new Map<string, number>()
  const isAside = (peer: SipPeer) => {
    const until = untilMs.get(keyOf(peer))
    if (until === undefined) return false
    if (until > clock.now()) return true
    untilMs.delete(keyOf(peer))
    return false
  }
  return {
    put: (peer, ms = usualMs()) => {
      if (usualMs() === 0) return
      const key = keyOf(peer)
      untilMs.delete(key)
      untilMs.set(key, clock.now() + Math.min(ms, MOST_MS))
      const oldest = untilMs.size > MOST ? untilMs.keys().next().value : undefined
      if (oldest !== undefined) untilMs.delete(oldest)
    },
    clear: (peer) => void untilMs.delete(keyOf(peer)),
    order: (peers) => {
      const split = Object.groupBy(peers, (peer) => (isAside(peer) ? 'aside' : 'usual'))
      return [...(split.usual ?? []), ...(split.aside ?? [])]
    },
    get size() {
      for (const [key, until] of untilMs) if (until <= clock.now()) untilMs.delete(key)
      return untilMs.size
    },
  }
}

function keyOf({ transport, address, port }: SipPeer): string {
  return `${transport} ${address} ${port}`
}
