/**
 * What a port has heard of its source: whether a packet fits what came before (RFC 3550 appendix A.1), and the count of all that did. A packet of
 * another SSRC, or with a sequence number far from the last, is dropped until the next one goes on with it: one packet that somebody
 * slipped in changes nothing. Sums go on across SSRCs and across the time that the socket spends in a vault, which is not in them.
 */

import type { Milliseconds } from '../base/units.ts'
import { payloadEnd, payloadStart, sequence } from '../rtp/packet.ts'
import { confirms } from '../rtp/probation.ts'
import { createReception, expected, noteReceived } from '../rtp/sequence.ts'
import type { Port } from './port.ts'
import { ssrcIn, timestampIn } from './wrapping.ts'

/** Sums over the SSRCs and stretches before the present one, and what is counted throughout. */
export type Heard = {
  expected: number
  received: number
  octets: number
  /** SSRCs that the source has had. */
  sources: number
  /** Largest interarrival jitter so far, times 16 in units of the clock rate. */
  mostJitterTimes16: number
}

export function createHeard(): Heard {
  return { expected: 0, received: 0, octets: 0, sources: 0, mostJitterTimes16: 0 }
}

/**
 * Counts a packet of the latched source. @param isSound its timestamp moves with time, as that of a telephone-event does not.
 * @returns false when it is to be dropped.
 */
export function countHeard(port: Port, packet: Uint8Array, isSound: boolean, nowMs: Milliseconds): boolean {
  const { reception, heard } = port
  const from = ssrcIn(packet)
  const at = sequence(packet)
  if (reception.started && from !== port.remoteSsrc && !confirms(port.newcomer, from, at)) {
    port.implausible++
    return false
  }
  if (from !== port.remoteSsrc || heard.sources === 0) {
    restartReception(port)
    port.remoteSsrc = from
    heard.sources++
  }
  const expectedBefore = expected(reception)
  const receivedBefore = reception.received
  const arrival = Math.round(nowMs * port.flow.unitsPerMs) | 0
  const was = noteReceived(reception, at, timestampIn(packet), arrival, isSound)
  if (was === 'jump') {
    port.implausible++
    return false
  }
  if (was === 'restart') {
    heard.expected += expectedBefore
    heard.received += receivedBefore
  }
  if (reception.jitterTimes16 > heard.mostJitterTimes16) heard.mostJitterTimes16 = reception.jitterTimes16
  heard.octets += payloadEnd(packet) - payloadStart(packet)
  port.packetsReceived++
  port.lastReceivedMs = nowMs
  port.quietTold = false
  return true
}

/**
 * The source counts in another clock from now on (RFC 7160): what was measured in the old one is turned into the new, and its jitter begins anew, as
 * the transit of a packet in one says nothing of the next in the other.
 */
export function countAnew(port: Port, unitsPerMsBefore: number): void {
  const { heard, flow } = port
  heard.mostJitterTimes16 = Math.round((heard.mostJitterTimes16 / unitsPerMsBefore) * flow.unitsPerMs)
  restartReception(port)
}

/** Begins anew with the source, or another, and keeps the sums of what was. */
export function restartReception(port: Port): void {
  const { reception, heard } = port
  heard.expected += expected(reception)
  heard.received += reception.received
  Object.assign(reception, createReception())
  port.newcomer.waiting = false
}
