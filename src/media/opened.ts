/**
 * What a port takes of received packets under SRTP: authenticated ones alone, opened before anything believes them. Without SRTP packets
 * are as they came.
 */

import type { Milliseconds } from '../base/units.ts'
import { MALFORMED, WORN_OUT } from '../rtp/srtp.ts'
import { type Latch, latchTo } from './latch.ts'
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
  return taken(port, batch, port.protection.open(packet, nowMs))
}

/** The same of RTCP. */
export function openedRtcp(port: Port, batch: ReceiveBatch, packet: Uint8Array): Uint8Array | undefined {
  if (port.protection === undefined) return packet
  return taken(port, batch, port.protection.openReport(packet))
}

/** @param length of the plain packet, or why there is none; what was forged or replayed is counted already. */
function taken(port: Port, batch: ReceiveBatch, length: number): Uint8Array | undefined {
  if (length === MALFORMED || length === WORN_OUT) port.unusable++
  return length < 0 ? undefined : shortened(batch, length)
}

/**
 * @returns whether a packet from an address that is not the latched one may be looked at: under SRTP, where no address is prescribed, and
 * only while the latched one is silent. Who copies packets is later than their sender, and gets nothing.
 */
export function mayHaveMoved({ protection, latch, lastReceivedMs }: Port, nowMs: Milliseconds): boolean {
  return protection !== undefined && latch.mode === 'first' && nowMs - lastReceivedMs >= MOVES_AFTER_MS
}

/** A good packet came from there: latches, or follows. */
export function follow(latch: Latch, address: string, port: number): void {
  if (latch.latched && latch.address === address && latch.rtpPort === port) return
  if (latch.latched) latch.heardRtcpPort = 0
  latchTo(latch, address, port)
}
