/** A port's numbers, copied out on request; names as in RFC 3550 where it has them. */

import type { Milliseconds } from '../base/units.ts'
import { mosOf, ratingOf } from '../rtp/e-model.ts'
import { expected, jitter } from '../rtp/sequence.ts'
import type { PortStats } from './contract.ts'
import type { Port } from './port.ts'

/** A phone's jitter buffer holds about this many times the jitter, and one packet at least. */
const BUFFERED_JITTERS = 2

/** @returns the numbers of a port since it was opened. */
export function statsOf(port: Port): PortStats {
  const { flow, heard, reception, recorder, reporting, tally } = port
  const packetsExpected = heard.expected + expected(reception)
  const packetsLost = packetsExpected - heard.received - reception.received
  const jitterMs = jitter(reception) / flow.unitsPerMs
  const { roundTripMs } = reporting
  const farEnd = farEndOf(port)
  const mosReceived = packetsExpected === 0 ? undefined : mos(port, packetsLost / packetsExpected, jitterMs)
  const mosSent = farEnd === undefined ? undefined : mos(port, farEnd.packetsLost / flow.packetsSent, farEnd.jitterMs)
  return {
    portId: port.id,
    packetsReceived: port.packetsReceived,
    packetsSent: tally.left,
    octetsReceived: heard.octets,
    octetsSent: tally.octets,
    packetsExpected,
    packetsLost,
    jitterMs,
    mostJitterMs: (heard.mostJitterTimes16 >> 4) / flow.unitsPerMs,
    sources: heard.sources,
    rebound: port.latch.rebound,
    strangers: port.strangers,
    unusable: port.unusable,
    implausible: port.implausible,
    ...(roundTripMs === undefined ? {} : { roundTripMs, mostRoundTripMs: reporting.mostRoundTripMs }),
    ...(farEnd === undefined ? {} : { farEnd }),
    ...(mosReceived === undefined ? {} : { mosReceived }),
    ...(mosSent === undefined ? {} : { mosSent }),
    forged: port.protection?.forged ?? 0,
    replayed: port.protection?.replayed ?? 0,
    source: port.source.kind,
    sentBy: { ...tally.sentBy },
    packetsLeft: tally.left,
    ...(tally.firstRelayedMs === undefined ? {} : { firstRelayedMs: tally.firstRelayedMs }),
    ...(recorder === undefined ? {} : { recorded: { packets: recorder.packets, withheld: recorder.withheld } }),
  }
}

function farEndOf({ flow, reporting: { farEnd } }: Port): PortStats['farEnd'] {
  // What it said of an SSRC of ours that is no more says nothing of this one.
  if (farEnd === undefined || (farEnd.ssrc | 0) !== flow.ssrc) return undefined
  const { fractionLost, lost, jitter } = farEnd
  return { fractionLost: fractionLost / 256, packetsLost: lost, jitterMs: jitter / flow.unitsPerMs }
}

function mos(port: Port, lossFraction: number, jitterMs: Milliseconds): number | undefined {
  const { stream, reporting } = port
  if (stream === undefined || !Number.isFinite(lossFraction)) return undefined
  const buffered = Math.max(stream.sendPtimeMs, BUFFERED_JITTERS * jitterMs)
  const oneWayMs = (reporting.roundTripMs ?? 0) / 2 + stream.sendPtimeMs + buffered
  return mosOf(ratingOf({ codec: stream.codec, lossFraction, oneWayMs, concealed: true }))
}
