/**
 * Streams that stand: each belongs to somebody, and ends at once when he logs out, is disabled, or his token is revoked. Who he is, and so what he may be told, is looked up anew with
 * every beat and whenever the directory changes.
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../people/index.ts'
import type { Door } from './door.ts'
import { type EventReader, HEARTBEAT_MS, openEventStream } from './event-stream.ts'

export type Streams = {
  /** Takes the answer over. @param onClose called once, however it ends. */
  open(request: FastifyRequest, reply: FastifyReply, onClose: () => void): EventReader
  /** Whoever holds one of these keys is cut off. */
  end(keyIds: readonly string[]): void
  /** Somebody may see more or less now. */
  refresh(): void
}

type Standing = { readonly request: FastifyRequest; readonly reader: EventReader }

export function createStreams(door: Door): Streams {
  const standing = new Set<Standing>()
  const refresh = async ({ request, reader }: Standing) => {
    const before = request.principal
    // When the store does not answer just now, he stays who he was.
    const now = await door.stillThere(request).catch(() => before)
    if (now === undefined || now.mustDo !== 'nothing' || !hasStill(request, now)) reader.close()
    else request.principal = now
  }
  return {
    open(request, reply, onClose) {
      reply.hijack()
      const reader = openEventStream(reply.raw)
      door.streamBegan(request)
      const stream = { request, reader }
      standing.add(stream)
      const beat = setInterval(() => {
        reader.beat()
        void refresh(stream)
      }, HEARTBEAT_MS)
      request.raw.once('close', () => {
        clearInterval(beat)
        standing.delete(stream)
        onClose()
      })
      return reader
    },
    end(keyIds) {
      for (const { request, reader } of standing)
        if (request.principal !== undefined && keyIds.includes(request.principal.keyId)) reader.close()
    },
    refresh() {
      for (const stream of standing) void refresh(stream)
    },
  }
}

function hasStill(request: FastifyRequest, { scopes }: Principal): boolean {
  const demand = request.routeOptions.config.door?.requires
  return [...scopes].some((scope) => scope === demand)
}
