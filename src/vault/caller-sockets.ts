/**
 * The callers' sockets of a vault: taken over by their handles, read and written, given back. What an implementation promises: a datagram is
 * overwritten as soon as it was looked at, and nothing of it is kept. Over node:dgram it comes when it comes; over the addon, on the beat.
 */

import type { Socket } from 'node:dgram'
import { handleOf, socketOf, type UdpHandle } from '../base/udp-handle.ts'
import type { Ticket } from '../media/contract.ts'

type Destination = { readonly address: string; readonly rtpPort: number }

export type CallerSocket = {
  /** Sends `packet[0..size)`, at the latest at the end of the beat. */
  send(packet: Uint8Array, size: number, to: Destination): void
  /** Stops reading and gives the handle, ready to be sent; `close` follows once it was. */
  handle(): UdpHandle
  /** May be called twice. */
  close(): void
}

export type CallerSocketEvents = {
  /** It reads from now on. Once, at once or soon. */
  onOpen(socket: CallerSocket): void
  /** A datagram, to be looked at and not to be kept. */
  onPacket(packet: Uint8Array, address: string, port: number): void
  /** It cannot be read; whoever has it closes it. */
  onBroken(): void
}

export type CallerSockets = {
  take(handle: UdpHandle, family: Ticket['family'], events: CallerSocketEvents): void
  /** Reads what has come: before what a beat does. */
  receive(): void
  /** Lets go what was sent: after it. */
  send(): void
}

/** @returns sockets over node:dgram, which reads and writes at once and has nothing to do on a beat. */
export function dgramSockets(): CallerSockets {
  return {
    take(handle, family, events) {
      socketOf(handle, family, (socket) => {
        socket.on('message', (packet, { address, port }) => {
          events.onPacket(packet, address, port)
          packet.fill(0)
        })
        socket.on('error', () => {
          // A far end that cannot be reached for a moment ends nothing; a socket that cannot be read does.
          if (isDead(socket)) events.onBroken()
        })
        events.onOpen(callerSocket(socket))
      })
    },
    receive: () => undefined,
    send: () => undefined,
  }
}

function callerSocket(socket: Socket): CallerSocket {
  let closed = false
  return {
    send: (packet, size, to) => socket.send(packet, 0, size, to.rtpPort, to.address),
    handle: () => handleOf(socket),
    close() {
      if (!closed) socket.close()
      closed = true
    },
  }
}

function isDead(socket: Socket): boolean {
  try {
    socket.address()
    return false
  } catch {
    return true
  }
}
