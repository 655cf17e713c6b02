/**
 * The callers' sockets over the addon of `native/udp-batch`: on each beat all of them are drained into one block, with one call into C for all packets
 * instead of an event, a piece of memory and a wake-up for each. Datagrams come to lie in that block and nowhere else in this process, and each slot is
 * overwritten once it was looked at; so is what was sent, which may say a digit back.
 *
 * The sockets stay Node's, bare handles that it never reads: passed on and closed by it.
 */

import { descriptorOf, sourceTexts, type UdpAddon } from '../base/udp-addon.ts'
import type { UdpHandle } from '../base/udp-handle.ts'
import type { CallerSocket, CallerSocketEvents, CallerSockets } from './caller-sockets.ts'

/** What fits an Ethernet frame; longer datagrams are no RTP of a call. */
const SLOT_OCTETS = 1500
/** Packets of a drain, and of a send. */
const SLOTS = 256
/** Drains of one beat at most: a flood must not hold the beat for good. */
const DRAINS = 8
/** Addresses whose text is kept. */
const SOURCES = 256
/** What the addon counts; the first is datagrams that were too long, of which a piece may lie in a slot. */
const COUNTS = 6
const TOO_LONG = 0

type Taken = { readonly events: CallerSocketEvents; toAddress: string; toPort: number }

/** @returns the sockets. @throws Error when there is no descriptor or no memory for them. */
export function addonSockets(addon: UdpAddon): CallerSockets {
  const block = new Uint8Array(SLOT_OCTETS * (SLOTS + 1))
  const owners = new Int32Array(SLOTS)
  const lengths = new Int32Array(SLOTS)
  const ports = new Int32Array(SLOTS)
  const places = new Int32Array(SLOTS)
  const fresh = new Uint8Array(SOURCES)
  const counts = new Uint32Array(COUNTS)
  const native = addon.create(block, owners, lengths, ports, places, fresh, counts, SLOT_OCTETS)
  const out = {
    block: new Uint8Array(SLOT_OCTETS * SLOTS),
    owners: new Int32Array(SLOTS),
    lengths: new Int32Array(SLOTS),
  }
  const taken: (Taken | undefined)[] = []
  /** Numbers to be used again, and those that packets of this drain may still name. */
  const free: number[] = []
  const freed: number[] = []
  let outgoing = 0
  let tooLong = 0

  const flush = () => {
    if (outgoing === 0) return
    addon.send(native, out.block, out.owners, out.lengths, 0, outgoing)
    out.block.fill(0, 0, SLOT_OCTETS * outgoing)
    outgoing = 0
  }

  const sourceOf = sourceTexts(addon, native, places, fresh)

  const drain = (): number => {
    const count = addon.drain(native)
    for (let i = 0; i < count; i++) {
      const from = SLOT_OCTETS * (i + 1)
      const packet = block.subarray(from, from + (lengths[i] as number))
      taken[owners[i] as number]?.events.onPacket(packet, sourceOf(i), ports[i] as number)
      packet.fill(0)
    }
    if (counts[TOO_LONG] !== tooLong) block.fill(0)
    tooLong = counts[TOO_LONG] as number
    return count
  }

  const socket = (id: number, handle: UdpHandle): CallerSocket => {
    let away = false
    let closed = false
    const leave = () => {
      if (away) return
      away = true
      flush()
      addon.detach(native, id)
      taken[id] = undefined
      freed.push(id)
    }
    return {
      send(packet, size, to) {
        const own = taken[id]
        if (own === undefined || size > SLOT_OCTETS) return
        const isMoved = own.toPort !== to.rtpPort || own.toAddress !== to.address
        // What stands in the batch may be from this socket to where it aimed until now.
        if (isMoved || outgoing === SLOTS) flush()
        if (isMoved) {
          addon.aim(native, id, to.address, to.rtpPort)
          own.toAddress = to.address
          own.toPort = to.rtpPort
        }
        out.block.set(packet.subarray(0, size), SLOT_OCTETS * outgoing)
        out.owners[outgoing] = id
        out.lengths[outgoing] = size
        outgoing++
      },
      handle() {
        leave()
        return handle
      },
      close() {
        leave()
        if (!closed) handle.close()
        closed = true
      },
    }
  }

  return {
    take(handle, _family, events) {
      const id = free.pop() ?? taken.length
      taken[id] = { events, toAddress: '', toPort: 0 }
      try {
        addon.attach(native, id, descriptorOf(handle))
      } catch {
        taken[id] = undefined
        free.push(id)
        handle.close()
        events.onBroken()
        return
      }
      events.onOpen(socket(id, handle))
    },
    receive() {
      free.push(...freed.splice(0))
      for (let drains = 0; drains < DRAINS; drains++) if (drain() < SLOTS) return
    },
    send: flush,
  }
}
