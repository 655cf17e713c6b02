/**
 * Moving a bound UDP socket to another process without reading from it on the way.
 *
 * Node passes a `dgram.Socket` between processes by binding a new one around the handle, which starts to read at once: a
 * process in the middle would swallow the packets that arrive while it passes the socket on. So the bare handle travels: the
 * sender stops reading, the process in the middle holds it without ever reading, and the last one starts. What arrives
 * meanwhile waits in the kernel's buffer.
 */

import type { SendHandle } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'

/** A bare UDP handle of Node's: opaque to everyone but the two functions here. */
export type UdpHandle = { recvStop(): number; close(callback?: () => void): void }

/** True when a message brought a UDP handle with it. */
export function isUdpHandle(value: unknown): value is UdpHandle {
  return typeof value === 'object' && value !== null && 'recvStop' in value && typeof value.recvStop === 'function'
}

/**
 * Stops reading from a bound socket and gives its handle, ready to be sent. The caller closes the socket once the handle was sent.
 * @throws Error when this Node keeps its handles elsewhere; tested at start, so that it never happens in a call.
 */
export function handleOf(socket: Socket): UdpHandle {
  const state = Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === 'state symbol')
  const inner: unknown = state === undefined ? undefined : (socket as unknown as Record<symbol, unknown>)[state]
  const handle = typeof inner === 'object' && inner !== null && 'handle' in inner ? inner.handle : undefined
  if (!isUdpHandle(handle)) throw new Error('this version of Node does not let a UDP socket be handed over')
  handle.recvStop()
  return handle
}

/** Makes a socket that reads from a handle. @param family as the handle was bound. */
export function socketOf(handle: UdpHandle, family: 'IPv4' | 'IPv6', onBound: (socket: Socket) => void): void {
  const socket = createSocket({ type: family === 'IPv4' ? 'udp4' : 'udp6', lookup: numericOnly })
  socket.once('listening', () => onBound(socket))
  // A handle in place of a port: dgram takes it over as it is and starts to read (node:dgram, socket.bind).
  ;(socket.bind as unknown as (handle: UdpHandle) => void).call(socket, handle)
}

/**
 * `lookup` of a socket whose addresses are all numeric: answers at once, where dgram would come back a turn later, with a
 * closure for each packet sent.
 */
export function numericOnly(
  address: string,
  family: unknown,
  found: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  found(null, address, family === 6 ? 6 : 4)
}

/** The type under which a handle may be sent over Node's process channel. */
export function asSendable(handle: UdpHandle): SendHandle {
  return handle as unknown as SendHandle
}
