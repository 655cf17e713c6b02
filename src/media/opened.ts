/**
 * What a port takes of received packets under SRTP: authenticated ones alone, opened before anything believes them. Without SRTP packets
 * are as they came.
 */

import type { Milliseconds } from '../base/units.ts'
import { MALFORMED, WORN_OUT } from '../rtp/srtp.ts'
import { isAdmitted, mayComeFrom } from './latch.ts'
import type { Port } from './port.ts'
import { type ReceiveBatch, shortened } from './udp-batch.ts'

/** A far end that was not heard for so long may come from another address, when its packets prove that it is the same: its NAT has forgotten it. */
const MOVES_AFTER_MS: Milliseconds = 1000

/** @returns the plain RTP packet; undefined when it is not to be taken, and is counted. `packet` is the one that the batch gave last. */
export function openedRtp(
  port: Port,
  batch: ReceiveBatch,
  packet: Uint8Array,
  nowMs: Milliseconds,
): Uint8Array | undefined {
  if (port.protection === undefined) return packet
  return taken(port, batch, packet, port.protection.open(packet, nowMs))
}

/** The same of RTCP. */
export function openedRtcp(port: Port, batch: ReceiveBatch, packet: Uint8Array): Uint8Array | undefined {
  if (port.protection === undefined) return packet
  return taken(port, batch, packet, port.protection.openReport(packet))
}

/** @param length of the plain packet, or why there is none; what was forged or replayed is counted already. */
function taken(port: Port, batch: ReceiveBatch, packet: Uint8Array, length: number): Uint8Array | undefined {
  if (length === MALFORMED || length === WORN_OUT) port.unusable++
  return length < 0 ? undefined : shortened(batch, packet, length)
}

/**
 * @returns whether a packet from there is worth being opened and looked at. Under SRTP a copy uses up the index of the packet itself, so that nobody
 * but the latched source is, unless that is silent: who copies packets is later than their sender, and gets nothing.
 */
export function isWorthOpening(port: Port, address: string, from: number, nowMs: Milliseconds): boolean {
  const { protection, latch, lastReceivedMs } = port
  if (protection === undefined || !latch.latched) return mayComeFrom(latch, address, from)
  if (address === latch.address && from === latch.rtpPort) return true
  return nowMs - lastReceivedMs >= MOVES_AFTER_MS && (address === latch.address || isAdmitted(latch, address))
}
