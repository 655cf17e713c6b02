/** Where packets leave: writes one RTP or RTCP packet into the batch that is sent at the end of the tick. */

import type { PayloadType, SequenceNumber, Timestamp } from '../base/units.ts'
import { HEADER_SIZE, writeHeader } from '../rtp/packet.ts'
import { NO_SOCKET, type Port } from './port.ts'
import { claimSlot, giveBackSlot, type SendBatch, SLOT_SIZE, type SocketId, type UdpBatch } from './udp-batch.ts'

export type Outlet = { readonly udp: UdpBatch; readonly batch: SendBatch }

/** @returns a slot of the batch addressed to a far end; a full batch is sent first. */
export function slotTo(outlet: Outlet, socket: SocketId, address: string, port: number): number {
  const { batch } = outlet
  let slot = claimSlot(batch)
  if (slot < 0) {
    outlet.udp.send(batch)
    slot = claimSlot(batch)
  }
  batch.sockets[slot] = socket
  batch.addresses[slot] = address
  batch.ports[slot] = port
  batch.lengths[slot] = 0
  return slot
}

/**
 * Sends one RTP packet with the port's SSRC, its payload `from[start..end)`. Nothing is noted in the flow.
 * @returns whether it was sent: not without a socket or an address, nor beyond what an unproved far end gets, nor when it is too long for a slot, nor
 * under SRTP twice.
 */
export function sendRtp(
  outlet: Outlet,
  port: Port,
  payloadType: PayloadType,
  marker: boolean,
  sequence: SequenceNumber,
  timestamp: Timestamp,
  from: Uint8Array,
  start: number,
  end: number,
): boolean {
  const { latch, protection } = port
  const length = HEADER_SIZE + end - start
  const growth = protection === undefined ? 0 : protection.growth
  if (port.rtpSocket === NO_SOCKET || latch.rtpPort === 0 || length + growth > SLOT_SIZE) return false
  // Nobody can be made a target by an INVITE that names his address.
  if (!latch.latched && port.tally.left >= port.mostUnheard) return false
  const { batch } = outlet
  const slot = slotTo(outlet, port.rtpSocket, latch.address, latch.rtpPort)
  const out = batch.slots[slot] as Uint8Array
  // A packet whose payload stands where it will stand is copied whole, at a third of the cost; its header is written over.
  if (start === HEADER_SIZE && end === from.length) out.set(from)
  else for (let i = start, at = HEADER_SIZE; i < end; i++, at++) out[at] = from[i] as number
  writeHeader(out, payloadType, marker, sequence, timestamp, port.flow.ssrc)
  const left = protection === undefined ? length : protection.protect(out, length)
  if (left < 0) {
    giveBackSlot(batch)
    return false
  }
  batch.lengths[slot] = left
  port.tally.left++
  port.tally.octets += end - start
  return true
}
