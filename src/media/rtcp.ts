/**
 * RTCP of a port (RFC 3550 section 6): a sender report when something was sent since the last one, else a receiver report,
 * about every five seconds; BYE when it closes; and what is learnt from the far end's reports. With RTP on one port when agreed
 * (RFC 5761). A BYE that comes ends nothing: signalling ends calls. Sending allocates next to nothing; reading does, a few
 * packets a minute.
 */

import type { Milliseconds } from '../base/units.ts'
import {
  MAX_REPORT_SIZE,
  ntpMiddle,
  parseRtcp,
  type ReportBlock,
  roundTripMs,
  type SenderReportToSend,
  writeBye,
  writeReceiverReport,
  writeSenderReport,
} from '../rtp/rtcp.ts'
import { extendedHighest, fractionLostSinceReport, jitter, lost } from '../rtp/sequence.ts'
import { clockTimestamp } from './flow.ts'
import { rtcpPortOf } from './latch.ts'
import { slotTo } from './outlet.ts'
import { NO_SOCKET, type Port } from './port.ts'
import { REPORT_MS } from './reporting.ts'
import type { MediaRoom } from './room.ts'
import { giveBackSlot, SLOT_SIZE, type SocketId } from './udp-batch.ts'

/** What takes longer did not come of a report of ours. */
const MOST_ROUND_TRIP_MS: Milliseconds = 10_000

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** What the report that is being written says: one record for all, filled in and written at once. */
const block: Writable<ReportBlock> = {
  ssrc: 0,
  fractionLost: 0,
  lost: 0,
  extendedHighest: 0,
  jitter: 0,
  lastSr: 0,
  delaySinceLastSr: 0,
}
const report: Writable<SenderReportToSend> = {
  ssrc: 0,
  cname: '',
  block,
  wallMs: 0,
  timestamp: 0,
  packets: 0,
  octets: 0,
}

/** Sends a port's report when it is due. */
export function reportWhenDue(room: MediaRoom, port: Port, nowMs: Milliseconds): void {
  const { reporting, stream, flow } = port
  if (nowMs < reporting.nextDueMs) return
  // Spread over half to one and a half intervals, so that ports do not report in step (RFC 3550 section 6.3.1).
  reporting.nextDueMs = nowMs + REPORT_MS * (0.5 + room.random32() / 0x1_0000_0000)
  const slot = stream === undefined ? -1 : rtcpSlot(room, port)
  if (slot < 0) return
  const out = room.outlet.batch.slots[slot] as Uint8Array
  report.ssrc = flow.ssrc
  report.cname = room.cname
  report.block = fillBlock(port, nowMs) ? block : undefined
  report.wallMs = nowMs + room.wallOffsetMs
  report.timestamp = clockTimestamp(flow, nowMs)
  report.packets = flow.packetsSent
  report.octets = flow.octetsSent
  // While its RTP socket is away, what was sent from it is not known here: a receiver's report says nothing wrong.
  const hasSent = flow.packetsSent > 0 && flow.packetsSent !== reporting.packetsAtReport
  const sends = hasSent && port.rtpSocket !== NO_SOCKET
  post(room, port, slot, sends ? writeSenderReport(out, report) : writeReceiverReport(out, report))
  reporting.packetsAtReport = flow.packetsSent
}

/** Says goodbye to the far end. */
export function sendBye(room: MediaRoom, port: Port): void {
  if (port.stream === undefined) return
  const slot = rtcpSlot(room, port)
  if (slot < 0) return
  const out = room.outlet.batch.slots[slot] as Uint8Array
  post(room, port, slot, writeBye(out, port.flow.ssrc, room.cname))
}

/** Has a slot sent with the packet written to it, protected where that was agreed. */
function post({ outlet: { batch } }: MediaRoom, { protection }: Port, slot: number, length: number): void {
  const left = protection === undefined ? length : protection.protectReport(batch.slots[slot] as Uint8Array, length)
  if (left < 0) giveBackSlot(batch)
  else batch.lengths[slot] = left
}

/**
 * What a report turned out to be. `ours`: it names the SSRC that the far end sends with, or ours. `foreign`: it names others. `silent`: it
 * names nobody, or nobody is known yet.
 */
export type ReportKind = 'ours' | 'foreign' | 'silent' | 'unusable'

/** Learns from an RTCP packet of the far end. */
export function readReport(room: MediaRoom, port: Port, packet: Uint8Array, nowMs: Milliseconds): ReportKind {
  const reports = parseRtcp(packet)
  if (reports === undefined) return 'unusable'
  let kind: ReportKind = 'silent'
  for (const each of reports) {
    if (each.type !== 'sr' && each.type !== 'rr') continue
    const isSource = port.heard.sources > 0 && (each.ssrc | 0) === port.remoteSsrc
    const about = each.blocks.find(({ ssrc }) => (ssrc | 0) === port.flow.ssrc)
    if (isSource || about !== undefined) kind = 'ours'
    else if (kind === 'silent' && port.heard.sources > 0) kind = 'foreign'
    if (each.type === 'sr' && isSource) {
      port.reporting.lastSr = ntpMiddle(each.ntpSeconds, each.ntpFraction)
      port.reporting.lastSrAtMs = nowMs
    }
    if (about !== undefined) noteFarEnd(port, about, nowMs + room.wallOffsetMs)
  }
  return kind
}

function noteFarEnd(port: Port, about: ReportBlock, wallMs: Milliseconds): void {
  const { reporting } = port
  reporting.farEnd = about
  const tripMs = roundTripMs(about, wallMs)
  if (tripMs === undefined || tripMs > MOST_ROUND_TRIP_MS) return
  reporting.roundTripMs = tripMs
  reporting.mostRoundTripMs = Math.max(reporting.mostRoundTripMs, tripMs)
}

/** @returns a slot addressed to where the far end reads RTCP; -1 when there is no such place. */
function rtcpSlot(room: MediaRoom, port: Port): number {
  const { stream, latch } = port
  if (stream === undefined || MAX_REPORT_SIZE > SLOT_SIZE) return -1
  const socket: SocketId = stream.rtcpMux ? port.rtpSocket : port.rtcpSocket
  const to = rtcpPortOf(latch, stream)
  return socket === NO_SOCKET || to === 0 || latch.address === '' ? -1 : slotTo(room.outlet, socket, latch.address, to)
}

/** @returns whether there is anything to say of the far end's stream. */
function fillBlock(port: Port, nowMs: Milliseconds): boolean {
  const { reception, reporting } = port
  if (!reception.started || port.rtpSocket === NO_SOCKET) return false
  const since = reporting.lastSr === 0 ? 0 : Math.round(((nowMs - reporting.lastSrAtMs) * 65_536) / 1000)
  block.ssrc = port.remoteSsrc
  block.fractionLost = fractionLostSinceReport(reception)
  block.lost = lost(reception)
  block.extendedHighest = extendedHighest(reception)
  block.jitter = jitter(reception)
  block.lastSr = reporting.lastSr
  block.delaySinceLastSr = since
  return true
}
