/** Which address of ours a peer reaches: the announced one, the listener's own, or for a listener on all the nearest. */

import { isIPv4, isIPv6 } from 'node:net'
import type { SipPeer } from './session.ts'
import { type Flow, isLoopback, isWildcard, type Listener } from './transport.ts'

export type Own = {
  readonly listeners: readonly Listener[]
  readonly announcedAddress: string | undefined
  /** Addresses of this host. */
  readonly hostAddresses: readonly string[]
}

/** @returns the address, no brackets. */
export function localAddressFor(own: Own, flow: Flow): string {
  const listener = own.listeners[flow.listener]
  const v6 = isIPv6(flow.address)
  const fits = (address: string | undefined): address is string => address !== undefined && isIPv6(address) === v6
  // A peer on this host never needs the address that the world sees.
  const onHost = isLoopback(flow.address)
  if (!onHost && fits(listener?.announcedAddress)) return listener.announcedAddress
  if (!onHost && fits(own.announcedAddress)) return own.announcedAddress
  if (listener !== undefined && !isWildcard(listener.address)) return listener.address
  if (onHost) return v6 ? '::1' : '127.0.0.1'
  const candidates = own.hostAddresses.filter((each) => fits(each) && !isLoopback(each) && !each.startsWith('fe80'))
  return nearest(candidates, flow) ?? (v6 ? '::1' : '127.0.0.1')
}

/** @returns the port that a peer reaches in place of the one that is listened on; undefined when it is the same. */
export function localPortFor(listener: Listener | undefined, peer: SipPeer): number | undefined {
  return isLoopback(peer.address) ? undefined : listener?.announcedPort
}

/** The candidate that shares the longest prefix with the peer: without the routing table the best guess. */
function nearest(candidates: readonly string[], peer: SipPeer): string | undefined {
  let best: string | undefined
  let most = -1
  for (const candidate of candidates) {
    const shared = sharedBits(candidate, peer.address)
    if (shared > most) {
      most = shared
      best = candidate
    }
  }
  return best
}

function sharedBits(one: string, other: string): number {
  const [a, b] = isIPv4(one) ? [bitsOf4(one), bitsOf4(other)] : [one, other]
  let count = 0
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1
  return count
}

function bitsOf4(address: string): string {
  return address
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('')
}
