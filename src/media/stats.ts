/** A port's numbers, copied out on request; names as in RFC 3550 where it has them. */

import { jitter, lost } from '../rtp/sequence.ts'
import type { PortStats } from './contract.ts'
import type { Port } from './port.ts'

/** @returns the numbers of a port since it was opened; loss and jitter of the current source. */
export function statsOf(port: Port): PortStats {
  return {
    portId: port.id,
    packetsReceived: port.packetsReceived,
    packetsSent: port.flow.packetsSent,
    packetsLost: lost(port.reception),
    jitterMs: jitter(port.reception) / port.flow.unitsPerMs,
    strangers: port.strangers,
    unusable: port.unusable,
    roundTripMs: port.reporting.roundTripMs,
    source: port.source.kind,
    sentBy: { ...port.tally.sentBy },
    packetsLeft: port.tally.left,
    ...(port.tally.firstRelayedMs === undefined ? {} : { firstRelayedMs: port.tally.firstRelayedMs }),
  }
}
