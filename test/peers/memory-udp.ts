/** A network in memory behind the seam `UdpBatch`: packets are handed in and taken out by port number, in stepped time. */

import type { UdpHandle } from '../../src/base/udp-handle.ts'
import {
  createReceiveBatch,
  emptySendBatch,
  type Family,
  type NotOpened,
  pushReceived,
  type SocketId,
  type UdpBatch,
} from '../../src/media/udp-batch.ts'
import { noLosses } from '../../src/media/udp-losses.ts'

export type SentPacket = {
  readonly atMs: number
  readonly fromPort: number
  readonly address: string
  readonly port: number
  readonly octets: Uint8Array
}

export type MemoryUdp = UdpBatch & {
  /** A datagram arrives at a local port; nobody there, and it is lost. */
  deliver(localPort: number, octets: Uint8Array, address: string, fromPort: number): void
  /** Everything sent, in order; empty while `keeping` is off. */
  readonly sent: SentPacket[]
  /** Off: packets are counted and forgotten, and nothing is allocated for them. */
  keeping: boolean
  sentCount: number
  /** Ports that others have: `open` finds them taken. */
  readonly taken: Set<number>
  /** What `open` answers, whatever the port. */
  refusal: NotOpened | undefined
  /** Ports that are open here. */
  ports(): number[]
  /** Times `wipe` was called. */
  wipes: number
}

/** A handle that stands for a local port. */
export type MemoryHandle = UdpHandle & { readonly localPort: number; closed: boolean }

/** @param now the stepped clock. */
export function memoryUdp(now: () => number): MemoryUdp {
  const open: (number | undefined)[] = []
  const byPort = new Map<number, SocketId>()
  let filling = createReceiveBatch()
  let drained = createReceiveBatch()

  const keep = (port: number): SocketId => {
    let id = open.indexOf(undefined)
    if (id < 0) id = open.length
    open[id] = port
    byPort.set(port, id)
    return id
  }

  const udp: MemoryUdp = {
    kind: 'dgram',
    sent: [],
    keeping: true,
    sentCount: 0,
    taken: new Set(),
    refusal: undefined,
    wipes: 0,
    async open(_family: Family, _address: string, port: number) {
      if (udp.refusal !== undefined) return udp.refusal
      if (udp.taken.has(port) || byPort.has(port)) return 'taken'
      return { socket: keep(port), port }
    },
    close(id) {
      const port = open[id]
      if (port === undefined) return
      open[id] = undefined
      if (byPort.get(port) === id) byPort.delete(port)
    },
    drain() {
      const full = filling
      filling = drained
      filling.count = 0
      drained = full
      return full
    },
    send(batch) {
      for (let i = 0; i < batch.count; i++) {
        const slot = (batch.first + i) % batch.slots.length
        const fromPort = open[batch.sockets[slot] as number]
        if (fromPort === undefined) continue
        udp.sentCount++
        if (!udp.keeping) continue
        udp.sent.push({
          atMs: now(),
          fromPort,
          address: batch.addresses[slot] as string,
          port: batch.ports[slot] as number,
          octets: Uint8Array.from((batch.slots[slot] as Uint8Array).subarray(0, batch.lengths[slot])),
        })
      }
      emptySendBatch(batch)
    },
    handOver(id) {
      const localPort = open[id] as number
      byPort.delete(localPort)
      return memoryHandle(localPort)
    },
    async adopt(handle) {
      return keep((handle as MemoryHandle).localPort)
    },
    wipe() {
      udp.wipes++
      filling.block.fill(0)
      drained.block.fill(0)
    },
    deliver(localPort, octets, address, fromPort) {
      const id = byPort.get(localPort)
      if (id !== undefined) pushReceived(filling, id, octets, address, fromPort)
    },
    losses: noLosses,
    ports: () => [...byPort.keys()],
  }
  return udp
}

export function memoryHandle(localPort: number): MemoryHandle {
  const handle: MemoryHandle = {
    localPort,
    closed: false,
    recvStop: () => 0,
    close() {
      handle.closed = true
    },
  }
  return handle
}
