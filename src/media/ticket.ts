/**
 * What goes with a handed-over socket: written from a port when it is released, read into it when it comes back. Holds
 * numbers of the stream, its keys under SRTP among them; no sound, and nothing that was keyed.
 */

import type { Milliseconds } from '../base/units.ts'
import type { Ticket } from './contract.ts'
import { type Flow, UNITS_PER_MS } from './flow.ts'
import type { Port } from './port.ts'
import { stepTimestamp } from './wrapping.ts'

/** @returns the ticket of a port that has a stream, else undefined. */
export function writeTicket(port: Port, nowMs: Milliseconds): Ticket | undefined {
  const { stream, flow, latch } = port
  if (stream === undefined) return undefined
  return {
    stream,
    family: port.family,
    localPort: port.rtpPort,
    ssrc: flow.ssrc >>> 0,
    nextSequence: flow.nextSequence,
    nextTimestamp: flow.nextTimestamp >>> 0,
    sinceLastSentMs: Math.max(0, nowMs - flow.lastSentMs),
    packetsSent: flow.packetsSent,
    octetsSent: flow.octetsSent,
    latched: latch.latched ? { address: latch.address, rtpPort: latch.rtpPort } : undefined,
    remoteSsrc: port.reception.started ? port.remoteSsrc >>> 0 : undefined,
    srtp: port.protection?.state,
  }
}

/** Continues the stream of a ticket: the clock goes on by the time that passed since the last packet. */
export function continueFlow(flow: Flow, ticket: Ticket, nowMs: Milliseconds): void {
  flow.ssrc = ticket.ssrc | 0
  flow.nextSequence = ticket.nextSequence
  flow.nextTimestamp = ticket.nextTimestamp | 0
  // The next packet would have been due one packet time after the last.
  const lateMs = ticket.sinceLastSentMs - ticket.stream.sendPtimeMs
  flow.anchorTimestamp = stepTimestamp(ticket.nextTimestamp, Math.round(lateMs * UNITS_PER_MS))
  flow.anchorMs = nowMs
  flow.lastSentMs = nowMs - ticket.sinceLastSentMs
  flow.packetsSent = ticket.packetsSent
  flow.octetsSent = ticket.octetsSent
  flow.fresh = true
}
