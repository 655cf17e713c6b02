/**
 * Cuts connections that hold more than they may, where Node's limits of time do not help, since every octet begins them anew: who has asked for nothing for a while, whatever he drips; who
 * takes an answer in drops, as long as it lies in memory; and who asks for much at once. Node takes whatever came in one piece, and a few thousand octets of requests, one behind the other,
 * would have as many answers made and kept for a client that reads none of them. Browsers and proxies send one at a time.
 */

import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'

/** Requests of one connection that wait for their answers. */
const MOST_AT_ONCE = 8
/** Of an answer that waits, so much has to be taken within the time; a bad line of a phone takes it in a second. */
const LEAST_OCTETS = 16_384

type Standing = {
  unanswered: number
  /** How often it was found without a request. */
  idle: number
  /** How much was taken of what waited, and how often little more than that was found. */
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
      noteHeld(socket, of)
      if (Math.max(of.idle, of.slow) * checkMs >= silentMs - checkMs) socket.destroy()
    }
  }, checkMs)
  look.unref()
  server.addHook('onClose', async () => clearInterval(look))
}

function noteHeld({ bytesWritten, writableLength }: Socket, of: Standing): void {
  of.idle = of.unanswered === 0 && writableLength === 0 ? of.idle + 1 : 0
  const taken = bytesWritten - writableLength
  if (writableLength > 0 && of.slow > 0 && taken - of.taken < LEAST_OCTETS) of.slow += 1
  else {
    of.taken = taken
    of.slow = writableLength > 0 ? 1 : 0
  }
}
