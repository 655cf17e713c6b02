/**
 * `UdpBatch` over node:dgram: works everywhere, at the cost of a callback, a Buffer and a record per received packet that
 * dgram makes. Sockets are read by the 'message' event, and sent to without waiting.
 */

import type { RemoteInfo, Socket } from 'node:dgram'
import { handleOf, socketOf, type UdpHandle } from '../base/udp-handle.ts'
import {
  createReceiveBatch,
  emptySendBatch,
  type Family,
  packetToSend,
  pushReceived,
  RECEIVE_SLOTS,
  type ReceiveBatch,
  SLOT_SIZE,
  type SocketId,
  type UdpBatch,
} from './udp-batch.ts'
import { bindUdp } from './udp-bind.ts'
import { lossOf, noLosses } from './udp-losses.ts'

/** Octets asked for the kernel's buffers of each socket: a stall of seconds is ridden out. The kernel may give less. */
const SOCKET_BUFFER = 1 << 20

type Opened = { readonly socket: Socket; reading: boolean }

/** @returns the dgram implementation. @param onArrival is called when the first packet since the last drain has come. */
export function createDgramBatch(onArrival: () => void = () => undefined, slots: number = RECEIVE_SLOTS): UdpBatch {
  const sockets: (Opened | undefined)[] = []
  const losses = noLosses()
  let filling = createReceiveBatch(slots)
  let drained = createReceiveBatch(slots)

  const onSent = (error: Error | null): void => {
    if (error !== null) losses[lossOf(error)]++
  }

  const keep = (socket: Socket): SocketId => {
    let id = sockets.indexOf(undefined)
    if (id < 0) id = sockets.length
    const opened = { socket, reading: true }
    sockets[id] = opened
    enlarge(socket)
    socket.on('message', (packet: Buffer, from: RemoteInfo) => {
      if (!opened.reading) return
      if (!pushReceived(filling, id, packet, from.address, from.port)) {
        losses[packet.length > SLOT_SIZE ? 'tooLong' : 'overflowed']++
      } else if (filling.count === 1) onArrival()
    })
    // An unconnected socket has nothing to report that the next packet would not; without a listener it would end the process.
    socket.on('error', () => undefined)
    return id
  }

  const sendFrom = (socket: Socket, packet: Uint8Array, port: number, address: string): void => {
    try {
      socket.send(packet, port, address, onSent)
    } catch {
      // dgram refuses port 0 before it asks the system.
      losses.unsendable++
    }
  }

  return {
    kind: 'dgram',
    async open(family, address, port) {
      const bound = await bindUdp(family, address, port)
      return typeof bound === 'string' ? bound : { socket: keep(bound.socket), port: bound.port }
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
        sendFrom(opened.socket, packetToSend(batch, slot), batch.ports[slot] as number, batch.addresses[slot] as string)
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
    losses: () => ({ ...losses }),
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

/** Marks waiting packets of a closed socket as nobody's, so that its index can be used again. */
function dropReceived(batch: ReceiveBatch, id: SocketId): void {
  for (let i = 0; i < batch.count; i++) if (batch.sockets[i] === id) batch.sockets[i] = -1
}
