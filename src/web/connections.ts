/**
 * Cuts connections that hold more than they may, where Node's limits of time do not help, since every octet begins them anew: who asks for nothing, whatever he drips; who
 * takes an answer in drops; and who asks for much at once. Node takes whatever came in one piece, and a few thousand octets of requests, one behind the other, would have as many answers made and kept for a client that reads none of
 * them. Browsers and proxies send one at a time.
 */

import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'

/** Requests of one connection that wait for their answers. */
const MOST_AT_ONCE = 8

type Standing = {
  unanswered: number
  /** How often it was found with nothing to do. */
  idle: number
  /** Octets that were taken, and how often no piece of what waits had been taken since. */
  taken: number
  slow: number
}

/** @param silentMs how long somebody may hold it. @param checkMs how often it is looked. */
export function watchConnections(server: FastifyInstance, silentMs: number, checkMs: number): void {
  const standing = new Map<Socket, Standing>()
  const take = (socket: Socket) => {
    standing.set(socket, { unanswered: 0, idle: 0, taken: 0, slow: 0 })
    socket.once('close', () => standing.delete(socket))
  }
  const isTls = server.server instanceof TlsServer
  server.server.on(isTls ? 'secureConnection' : 'connection', take)

  server.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw
    const of = standing.get(socket)
    if (of === undefined) return
    of.unanswered += 1
    reply.raw.once('close', () => {
      of.unanswered -= 1
    })
    if (of.unanswered <= MOST_AT_ONCE) return
    reply.hijack()
    socket.destroy()
  })

  const look = setInterval(() => {
    for (const [socket, of] of standing) {
      note(of, socket)
      if (Math.max(of.idle, of.slow) * checkMs >= silentMs - checkMs) socket.destroy()
    }
  }, checkMs)
  look.unref()
  server.addHook('onClose', async () => clearInterval(look))
}

/** A piece counts when all of it was taken: answers are pieces of some hundred thousand octets at most, and what is longer comes in many. */
function note(of: Standing, { bytesWritten, writableLength }: Socket): void {
  of.idle = of.unanswered === 0 && writableLength === 0 ? of.idle + 1 : 0
  const taken = bytesWritten - writableLength
  of.slow = writableLength > 0 && taken === of.taken ? of.slow + 1 : 0
  of.taken = taken
}
