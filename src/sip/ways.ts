/** Where a call goes first: on the flow that a phone is reached by, or where its URI or first Route leads. */

import type { InviteTarget } from './session.ts'
import type { Way } from './stack.ts'
import { type Flow, listenerFor, type Wire } from './transport.ts'

/** @returns the flow to a peer, on its connection where it has one. */
export function flowTo(
  wire: Pick<Wire, 'listening'>,
  { listener, connection = 0, ...peer }: NonNullable<InviteTarget['peer']>,
): Flow {
  return { ...peer, listener: listener ?? listenerFor(wire.listening, peer), connection }
}

/** @param hasSpare another far end can be called. */
export function wayTo(wire: Pick<Wire, 'listening'>, target: InviteTarget, hasSpare = false): Way {
  const spare = hasSpare ? ({ patience: 'short' } as const) : {}
  if (target.peer !== undefined) return { to: 'flow', flow: flowTo(wire, target.peer), ...spare }
  const first = target.route?.[0]
  const uri = first === undefined ? target.uri : first.replace(/^[^<]*<|>.*$/g, '')
  return { to: 'uri', uri, otherwise: undefined, ...spare }
}
