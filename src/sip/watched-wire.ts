/** A wire that can be watched: whoever listens is told each message, without its body. While nobody does, nothing is looked at or kept. */

import { isIPv6 } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { safeHead } from './safe-head.ts'
import type { SeenMessage } from './session.ts'
import { type Flow, isWildcard, type Wire } from './transport.ts'

export type WatchedWire = {
  readonly wire: Wire
  /** @returns the function that ends it. */
  watch(listener: (seen: SeenMessage) => void): () => void
}

/** @param wire whose messages are to be told. */
export function watchedWire(wire: Wire, clock: Pick<Clock, 'now'>): WatchedWire {
  const listeners = new Set<(seen: SeenMessage) => void>()
  const tell = (direction: SeenMessage['direction'], octets: Uint8Array, flow: Flow) => {
    const safe = safeHead(octets)
    if (safe === undefined) return
    const { transport, address, port } = flow
    const local = localOf(wire, flow)
    const seen = { atMs: clock.now(), direction, transport, local, far: { address, port }, ...safe }
    for (const listener of [...listeners]) listener(seen)
  }
  return {
    wire: {
      open: (receive, closed) =>
        wire.open((octets, flow, cut) => {
          if (listeners.size > 0) tell('in', octets, flow)
          receive(octets, flow, cut)
        }, closed),
      send: (octets, flow, failed) => {
        if (listeners.size > 0) tell('out', octets, flow)
        wire.send(octets, flow, failed)
      },
      get listening() {
        return wire.listening
      },
      stands: wire.stands,
      doubt: wire.doubt,
      keep: wire.keep,
      stray: wire.stray,
      close: wire.close,
    },
    watch(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** The listener of a flow; one that listens everywhere in the family of its far end, as a capture needs it. */
function localOf(wire: Wire, flow: Flow): SeenMessage['local'] {
  const { address = '0.0.0.0', port = 0 } = wire.listening[flow.listener] ?? {}
  if (!isWildcard(address)) return { address, port }
  return { address: isIPv6(flow.address) ? '::' : '0.0.0.0', port }
}
