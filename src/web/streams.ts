/**
 * Streams that stand: each belongs to somebody, and ends at once when he logs out, is disabled, or his token is revoked. Who he is, and so what he may be told, is looked up anew with
 * every beat and whenever the directory changes.
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { fault } from '../base/fault.ts'
import type { Principal } from '../people/index.ts'
import type { Door } from './door.ts'
import { type EventReader, HEARTBEAT_MS, openEventStream } from './event-stream.ts'

export type Streams = {
  /**
   * Takes the answer over. @param onClose called once, however it ends, a refusal among that. @returns undefined for who has left already.
   * @throws Fault `web.too-many-streams`
   */
  open(request: FastifyRequest, reply: FastifyReply, onClose: () => void): EventReader | undefined
  /** Whoever holds one of these keys is cut off. */
  end(keyIds: readonly string[]): void
  /** Somebody may see more or less now. */
  refresh(): void
}

type Standing = { readonly request: FastifyRequest; readonly reader: EventReader }

/** Of one log-in or token at once: more than anybody has pages open. */
const MOST_OF_ONE = 100

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
      if (ofSame(standing, request) >= MOST_OF_ONE) {
        onClose()
        throw fault('web.too-many-streams')
      }
      reply.hijack()
      // Who left while it was asked who he is: his `close` has been, and comes no second time.
      if (request.raw.destroyed) {
        onClose()
        return undefined
      }
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

function ofSame(standing: ReadonlySet<Standing>, { principal }: FastifyRequest): number {
  return [...standing].filter(({ request }) => request.principal?.keyId === principal?.keyId).length
}

function hasStill(request: FastifyRequest, { scopes }: Principal): boolean {
  const demand = request.routeOptions.config.door?.requires
  return [...scopes].some((scope) => scope === demand)
}
