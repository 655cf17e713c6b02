/**
 * Cuts off who takes an answer in drops: as long as something waits for him, it lies in memory, and Node's limits of time, which each drop begins anew, do not end it.
 */

import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Of an answer that waits, so much has to be taken within the time; a bad line of a phone takes it in a second. */
const LEAST_OCTETS = 16_384

type Waiting = { readonly taken: number; readonly checks: number }

/**
 * Begins to look.
 * @param silentMs how long less than that may be taken. @param checkMs how often it is looked. @returns ends it.
 */
export function cutSlowReaders(server: Server, silentMs: number, checkMs: number): () => void {
  const sockets = new Map<Socket, Waiting | undefined>()
  const take = (socket: Socket) => {
    sockets.set(socket, undefined)
    socket.once('close', () => sockets.delete(socket))
  }
  server.on('connection', take)
  // Of TLS, what waits stands at the socket within.
  server.on('secureConnection', take)
  const look = setInterval(() => {
    for (const [socket, before] of sockets) {
      const next = after(before, socket)
      if (next !== undefined && next.checks * checkMs >= silentMs) socket.destroy()
      else sockets.set(socket, next)
    }
  }, checkMs)
  look.unref()
  return () => clearInterval(look)
}

function after(before: Waiting | undefined, { bytesWritten, writableLength }: Socket): Waiting | undefined {
  if (writableLength === 0) return undefined
  const taken = bytesWritten - writableLength
  if (before === undefined || taken - before.taken >= LEAST_OCTETS) return { taken, checks: 0 }
  return { taken: before.taken, checks: before.checks + 1 }
}
