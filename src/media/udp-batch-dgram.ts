/**
 * `UdpBatch` over node:dgram: works everywhere, at the cost of a callback, a Buffer and a record per received packet that
 * dgram makes. Sockets are bound and closed with promises (dgram-as-promised), read by the 'message' event, and sent to
 * without waiting. Addresses are numeric, so that nothing is ever looked up.
 */

import type { RemoteInfo, Socket } from 'node:dgram'
import { DgramAsPromised } from 'dgram-as-promised'
import { handleOf, numericOnly, socketOf, type UdpHandle } from '../base/udp-handle.ts'
import {
  createReceiveBatch,
  emptySendBatch,
  type Family,
  packetToSend,
  pushReceived,
  type ReceiveBatch,
  type SocketId,
  type UdpBatch,
} from './udp-batch.ts'

/** Octets asked for the kernel's buffers of each socket: a stall of seconds is ridden out. The kernel may give less. */
const SOCKET_BUFFER = 1 << 20

type Opened = { readonly socket: Socket; reading: boolean }

/** @returns the dgram implementation. @param onArrival is called when the first packet since the last drain has come. */
export function createDgramBatch(onArrival: () => void = () => undefined): UdpBatch {
  const sockets: (Opened | undefined)[] = []
  let filling = createReceiveBatch()
  let drained = createReceiveBatch()

  const keep = (socket: Socket): SocketId => {
    let id = sockets.indexOf(undefined)
    if (id < 0) id = sockets.length
    const opened = { socket, reading: true }
    sockets[id] = opened
    enlarge(socket)
    socket.on('message', (packet: Buffer, from: RemoteInfo) => {
      if (!opened.reading) return
      if (filling.count === 0) onArrival()
      pushReceived(filling, id, packet, from.address, from.port)
    })
    // An unconnected socket has nothing to report that the next packet would not; without a listener it would end the process.
    socket.on('error', () => undefined)
    return id
  }

  return {
    kind: 'dgram',
    async open(family, address, port) {
      const dgram = DgramAsPromised.createSocket({
        type: family === 'IPv4' ? 'udp4' : 'udp6',
        ipv6Only: family === 'IPv6',
        lookup: numericOnly,
      })
      try {
        const bound = await dgram.bind({ address, port, exclusive: true })
        return { socket: keep(dgram.socket), port: bound.port }
      } catch (error) {
        await dgram.close().catch(() => undefined)
        if (isTaken(error)) return undefined
        throw error
      }
    },
    close(id) {
      const opened = sockets[id]
      if (opened === undefined) return
      sockets[id] = undefined
      opened.reading = false
      dropReceived(filling, id)
      opened.socket.removeAllListeners('message')
      opened.socket.close()
    },
    drain() {
      const full = filling
      filling = drained
      filling.count = 0
      drained = full
      return full
    },
    send(batch) {
      const slots = batch.slots.length
      for (let i = 0; i < batch.count; i++) {
        const slot = (batch.first + i) % slots
        const opened = sockets[batch.sockets[slot] as number]
        if (opened === undefined || !opened.reading) continue
        opened.socket.send(packetToSend(batch, slot), batch.ports[slot] as number, batch.addresses[slot] as string)
      }
      emptySendBatch(batch)
    },
    handOver(id) {
      const opened = sockets[id]
      if (opened === undefined) throw new Error('no such socket')
      const handle = handleOf(opened.socket)
      opened.reading = false
      return handle
    },
    adopt: (handle, family) => adopted(handle, family).then(keep),
    wipe() {
      drained.block.fill(0)
      const used = filling.count + 1
      filling.block.fill(0, used * (filling.block.length / (filling.sockets.length + 1)))
    },
  }
}

function adopted(handle: UdpHandle, family: Family): Promise<Socket> {
  return new Promise((resolve) => socketOf(handle, family, resolve))
}

/** Asks for large buffers; a kernel with a lower limit gives what it has. */
function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER)
    socket.setSendBufferSize(SOCKET_BUFFER)
  } catch {
    // The default size has to do.
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')
}

/** Marks waiting packets of a closed socket as nobody's, so that its index can be used again. */
function dropReceived(batch: ReceiveBatch, id: SocketId): void {
  for (let i = 0; i < batch.count; i++) if (batch.sockets[i] === id) batch.sockets[i] = -1
}
