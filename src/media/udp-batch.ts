/**
 * The seam between the media tick and the network: UDP sockets that are opened, drained and sent to in batches. Behind it stands
 * `udp-batch-addon.ts` or `udp-batch-dgram.ts`, which `udp-choice.ts` chooses between; in tests, memory.
 *
 * Received packets lie in one block of octets, a slot each, made once; a packet is looked at through a view of its exact
 * length, which each slot keeps for the length that it mostly has. Another length is copied to a work area at the front of the
 * block, whose views are made once a length. So nothing is allocated per packet on our side of the seam. Knows nothing of RTP.
 */

import type { UdpHandle } from '../base/udp-handle.ts'
import type { UdpLosses } from './contract-process.ts'

/** Index of an open socket; small, and used again after `close`. */
export type SocketId = number
export type Family = 'IPv4' | 'IPv6'
/** Others have the port; this process may open no more; the address is none of this machine's, or of a family that it does not have. */
export type NotOpened = 'taken' | 'no-descriptors' | 'no-address'

/** Room of a slot: what fits an Ethernet frame. Longer datagrams are dropped and counted. */
export const SLOT_SIZE = 1500
/** Slots of a received batch: 40 ms of a thousand ports. */
export const RECEIVE_SLOTS = 2048
/** A slot's view is made anew after so many packets of another length: seldom enough to be nothing per packet. */
const MISFITS = 1023
/** Slots of the ring that packets are sent from. Where the system reads them later, a slot is used again only this many packets after. */
export const SEND_SLOTS = 2048

/** What was received since the last drain. Valid until the next one. */
export type ReceiveBatch = {
  /** Work area of one slot, then the slots. */
  readonly block: Uint8Array
  /** View per length over the work area. */
  readonly views: (Uint8Array | undefined)[]
  /** View per slot, of the length that packets in it mostly have. */
  readonly exact: (Uint8Array | undefined)[]
  /** By slot: packets of another length since `exact` was made. */
  readonly misfits: Uint16Array
  count: number
  /** Whose packet each is; -1 of one whose socket was closed since it came. */
  readonly sockets: Int32Array
  readonly lengths: Int32Array
  /** Source, as numeric text in canonical form, and its port. */
  readonly addresses: string[]
  readonly ports: Int32Array
}

/** Packets to be sent. `first` is where the entries of this batch begin in the ring. */
export type SendBatch = {
  readonly block: Uint8Array
  /** One view per slot, of the whole slot. */
  readonly slots: readonly Uint8Array[]
  /** The same of the length that was last sent from each. */
  readonly exact: Uint8Array[]
  first: number
  count: number
  /** By slot. */
  readonly sockets: Int32Array
  readonly lengths: Int32Array
  readonly addresses: string[]
  readonly ports: Int32Array
}

export type UdpBatch = {
  readonly kind: 'dgram' | 'addon'
  /**
   * Binds a socket. @param port 0 for any.
   * @returns the socket, or why there is none.
   * @throws Error when the system refuses for any other reason.
   */
  open(family: Family, address: string, port: number): Promise<{ socket: SocketId; port: number } | NotOpened>
  /** Closes the socket; what it had received is dropped, and never told as another socket's of that number. May be called twice. */
  close(socket: SocketId): void
  /** What was received since the last call, in order for each socket. What has no slot comes with the next one, or is lost and counted. */
  drain(): ReceiveBatch
  /** Sends all entries in order and empties the batch. What the system does not take at once is lost and counted; the others go out all the same. */
  send(batch: SendBatch): void
  /** Stops reading and gives the handle to be sent away; the caller calls `close` when it has gone. What comes meanwhile waits in the kernel. */
  handOver(socket: SocketId): UdpHandle
  /** Reads from a handle that came from another process. The handle belongs to the seam from now on. */
  adopt(handle: UdpHandle, family: Family): Promise<SocketId>
  /** Overwrites every octet of received packets that is not waiting for `drain`. */
  wipe(): void
  /** Packets that were lost here since the start, by reason. */
  losses(): UdpLosses
}

/** @returns an empty received batch. */
export function createReceiveBatch(slots: number = RECEIVE_SLOTS): ReceiveBatch {
  return {
    block: new Uint8Array(SLOT_SIZE * (slots + 1)),
    views: new Array<undefined>(SLOT_SIZE + 1).fill(undefined),
    exact: new Array<undefined>(slots).fill(undefined),
    misfits: new Uint16Array(slots),
    count: 0,
    sockets: new Int32Array(slots),
    lengths: new Int32Array(slots),
    addresses: new Array<string>(slots).fill(''),
    ports: new Int32Array(slots),
  }
}

/** @returns an empty batch for sending. */
export function createSendBatch(slots: number = SEND_SLOTS): SendBatch {
  const block = new Uint8Array(SLOT_SIZE * slots)
  const views = Array.from({ length: slots }, (_, i) => block.subarray(i * SLOT_SIZE, (i + 1) * SLOT_SIZE))
  return {
    block,
    slots: views,
    exact: [...views],
    first: 0,
    count: 0,
    sockets: new Int32Array(slots),
    lengths: new Int32Array(slots),
    addresses: new Array<string>(slots).fill(''),
    ports: new Int32Array(slots),
  }
}

/** Puts a packet into the batch. @returns whether there was room: a free slot, and a slot long enough. */
export function pushReceived(
  batch: ReceiveBatch,
  socket: SocketId,
  packet: Uint8Array,
  address: string,
  port: number,
): boolean {
  const i = batch.count
  if (i >= batch.sockets.length || packet.length > SLOT_SIZE) return false
  batch.block.set(packet, SLOT_SIZE * (i + 1))
  batch.sockets[i] = socket
  batch.lengths[i] = packet.length
  batch.addresses[i] = address
  batch.ports[i] = port
  batch.count = i + 1
  return true
}

/** @returns packet `i`, as a view of its exact length that is valid until the next call. */
export function receivedPacket(batch: ReceiveBatch, i: number): Uint8Array {
  const length = batch.lengths[i] as number
  const exact = batch.exact[i]
  if (exact !== undefined && exact.length === length) return exact
  const from = SLOT_SIZE * (i + 1)
  const misfits = batch.misfits[i] as number
  if (exact === undefined || misfits === MISFITS) return fitted(batch, i, from, length)
  batch.misfits[i] = misfits + 1
  return copied(batch, from, length)
}

function fitted(batch: ReceiveBatch, i: number, from: number, length: number): Uint8Array {
  const view = batch.block.subarray(from, from + length)
  batch.exact[i] = view
  batch.misfits[i] = 0
  return view
}

function copied(batch: ReceiveBatch, from: number, length: number): Uint8Array {
  batch.block.copyWithin(0, from, from + length)
  let view = batch.views[length]
  if (view === undefined) {
    view = batch.block.subarray(0, length)
    batch.views[length] = view
  }
  return view
}

/** @returns the first octets of a packet of `receivedPacket`, with what has been done to them, valid as long as it. */
export function shortened(batch: ReceiveBatch, packet: Uint8Array, length: number): Uint8Array {
  const from = packet.byteOffset - batch.block.byteOffset
  // What was copied there is there already.
  if (from > 0) return copied(batch, from, length)
  batch.views[length] ??= batch.block.subarray(0, length)
  return batch.views[length]
}

/**
 * Takes the next slot of the ring. The caller writes the packet to `batch.slots[slot]` and fills in the rest.
 * @returns the slot, or -1 when the batch is full and must be sent first.
 */
export function claimSlot(batch: SendBatch): number {
  const slots = batch.slots.length
  if (batch.count === slots) return -1
  const slot = (batch.first + batch.count) % slots
  batch.count++
  return slot
}

/** Gives back the slot that was claimed last: nothing is sent from it. */
export function giveBackSlot(batch: SendBatch): void {
  batch.count--
}

/** @returns what a slot holds, as a view of its exact length: the one it had the last time when the length is the same. */
export function packetToSend(batch: SendBatch, slot: number): Uint8Array {
  const length = batch.lengths[slot] as number
  let view = batch.exact[slot] as Uint8Array
  if (view.length !== length) {
    view = (batch.slots[slot] as Uint8Array).subarray(0, length)
    batch.exact[slot] = view
  }
  return view
}

/** Empties the batch after it was given to the system, which reads it later; the ring goes on where it stands. */
export function emptySendBatch(batch: SendBatch): void {
  batch.first = (batch.first + batch.count) % batch.slots.length
  batch.count = 0
}

/** Empties the batch after the system took a copy of each packet: the same slots are written again, which are in the processor's cache. */
export function rewindSendBatch(batch: SendBatch): void {
  batch.first = 0
  batch.count = 0
}
