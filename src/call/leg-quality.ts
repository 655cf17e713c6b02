/** How a leg sounds, or sounded: its port's numbers as others see them. What they mean is in `media/contract.ts`. */

import { aRecord, type ShapeOf } from '../base/shape.ts'
import { type PortStats, someQuality } from '../media/contract.ts'
import type { Pair, Side } from './pair.ts'

export const aLegQuality = aRecord(someQuality)
export type LegQuality = ShapeOf<typeof aLegQuality>

/** Of both legs, as far as they have ports. */
export type CallQuality = { readonly [S in Side]?: LegQuality }

/** @returns what is measured on the legs of a call; after its end, the last of it. A leg whose media process has gone is left out. */
export async function measure(pair: Pair): Promise<CallQuality> {
  const [caller, agent] = await Promise.all([qualityOf(pair, 'caller'), qualityOf(pair, 'agent')])
  return { ...(caller === undefined ? {} : { caller }), ...(agent === undefined ? {} : { agent }) }
}

async function qualityOf(pair: Pair, side: Side): Promise<LegQuality | undefined> {
  const stats = await pair
    .leg(side)
    ?.port?.stats()
    .catch(() => undefined)
  return stats === undefined ? undefined : legQuality(stats)
}

function legQuality({
  portId: _portId,
  source: _source,
  sentBy: _sentBy,
  packetsLeft: _packetsLeft,
  firstRelayedMs: _firstRelayedMs,
  ...quality
}: PortStats): LegQuality {
  return quality
}
