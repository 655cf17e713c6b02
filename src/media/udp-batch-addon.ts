/**
 * `UdpBatch` over the addon in `native/udp-batch`: all sockets are drained into one block, and many packets sent, in one call each.
 *
 * The sockets are Node's: bound by dgram, passed between processes as its handles, closed by it. It never reads them; the addon
 * reads and writes their descriptors. What has come waits in the kernel until `drain`, so whoever uses this asks on a beat.
 */

import { descriptorOf, sourceTexts, type UdpAddon } from '../base/udp-addon.ts'
import { handleOf, type UdpHandle } from '../base/udp-handle.ts'
import type { UdpLosses } from './contract-process.ts'
import {
  createReceiveBatch,
  RECEIVE_SLOTS,
  rewindSendBatch,
  SLOT_SIZE,
  type SocketId,
  type UdpBatch,
} from './udp-batch.ts'
import { bindUdp, notOpened } from './udp-bind.ts'

/** Addresses whose text is kept, far more than a process has far ends: sources may take turns, and nothing is allocated for it. */
const SOURCES = 4096
/** What the addon counts, in the order of its `enum Count`. */
const COUNTED = ['tooLong', 'full', 'refused', 'unreachable', 'forbidden', 'unsendable'] as const

type Opened = {
  readonly handle: UdpHandle
  readonly close: () => void
  /** Handed over: neither read nor written any more. */
  away: boolean
  /** Where the addon sends for this socket. */
  toAddress: string
  toPort: number
}

/** @returns the implementation over the addon. @throws Error when there is no descriptor or no memory for it. */
export function createAddonBatch(addon: UdpAddon, slots: number = RECEIVE_SLOTS): UdpBatch {
  const sockets: (Opened | undefined)[] = []
  const received = createReceiveBatch(slots)
  /** By packet: where the text of its source is in `texts`; below zero when it is not kept. */
  const places = new Int32Array(slots)
  /** By place: 1 when another source has it than the text says. */
  const fresh = new Uint8Array(SOURCES)
  const counts = new Uint32Array(COUNTED.length)
  const { block, lengths, ports } = received
  const native = addon.create(block, received.sockets, lengths, ports, places, fresh, counts, SLOT_SIZE)

  /** @throws Error when the system cannot watch it; it is closed then. */
  const keep = (handle: UdpHandle, close: () => void): SocketId => {
    let id = sockets.indexOf(undefined)
    if (id < 0) id = sockets.length
    try {
      addon.attach(native, id, descriptorOf(handle))
    } catch (error) {
      close()
      throw error
    }
    sockets[id] = { handle, close, away: false, toAddress: '', toPort: 0 }
    return id
  }

  const sourceOf = sourceTexts(addon, native, places, fresh)

  return {
    kind: 'addon',
    async open(family, address, port) {
      const bound = await bindUdp(family, address, port)
      if (typeof bound === 'string') return bound
      const { socket } = bound
      // It is neither read nor written by Node; without a listener an error would end the process.
      socket.on('error', () => undefined)
      try {
        return { socket: keep(handleOf(socket), () => socket.close()), port: bound.port }
      } catch (error) {
        const reason = notOpened(error)
        if (reason === undefined) throw error
        return reason
      }
    },
    close(id) {
      const opened = sockets[id]
      if (opened === undefined) return
      sockets[id] = undefined
      if (!opened.away) addon.detach(native, id)
      opened.close()
    },
    drain() {
      const count = addon.drain(native)
      received.count = count
      for (let i = 0; i < count; i++) received.addresses[i] = sourceOf(i)
      return received
    },
    send(batch) {
      const { first, count, addresses } = batch
      const ring = batch.slots.length
      let from = 0
      for (let i = 0; i < count; i++) {
        const slot = (first + i) % ring
        const opened = sockets[batch.sockets[slot] as number]
        if (opened?.away !== false) continue
        const address = addresses[slot] as string
        const port = batch.ports[slot] as number
        if (opened.toPort === port && opened.toAddress === address) continue
        // What stands before it in the batch may be from this socket to where that aimed until now.
        if (i > from) addon.send(native, batch.block, batch.sockets, batch.lengths, (first + from) % ring, i - from)
        from = i
        opened.toAddress = address
        opened.toPort = port
        addon.aim(native, batch.sockets[slot] as number, address, port)
      }
      if (count > from)
        addon.send(native, batch.block, batch.sockets, batch.lengths, (first + from) % ring, count - from)
      rewindSendBatch(batch)
    },
    handOver(id) {
      const opened = sockets[id]
      if (opened === undefined) throw new Error('no such socket')
      if (!opened.away) addon.detach(native, id)
      opened.away = true
      return opened.handle
    },
    async adopt(handle) {
      return keep(handle, () => handle.close())
    },
    wipe() {
      block.fill(0)
    },
    losses() {
      const [tooLong = 0, full = 0, refused = 0, unreachable = 0, forbidden = 0, unsendable = 0] = counts
      // What has no slot waits in the kernel.
      return { overflowed: 0, tooLong, full, refused, unreachable, forbidden, unsendable } satisfies UdpLosses
    },
  }
}
