/**
 * Pages of others that have the desk within them: those of the origins that the configuration names may use the API, by CORS (WHATWG Fetch, section 3.2). A token is what they prove themselves with;
 * `Access-Control-Allow-Credentials` is never sent, so that no browser lets them use the cookie of a log-in, and the door refuses it from another site anyway.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify'

const HEADERS = [
  ...['authorization', 'content-type', 'accept', 'last-event-id', 'idempotency-key'],
  ...['if-match', 'if-none-match', 'sotto-request'],
].join(', ')
const METHODS = 'GET, POST, PUT, PATCH, DELETE'
const SEEN = 'etag, location, retry-after'
/** Browsers ask again after two hours at the latest. */
const KEPT_SECONDS = 7200

/** Lets them in. To be added before the door: a refusal is theirs to read, too. */
export function addEmbedders(server: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return
  const known = new Set(origins.map((origin) => origin.toLowerCase()))
  server.addHook('onRequest', async (request, reply) => {
    // Of the raw answer, since streams are written there.
    reply.raw.setHeader('vary', 'origin, accept-encoding')
    const origin = originOf(request)
    if (origin === undefined || !known.has(origin.toLowerCase())) return
    reply.raw.setHeader('access-control-allow-origin', origin)
    if (!isPreflight(request)) {
      reply.raw.setHeader('access-control-expose-headers', SEEN)
      return
    }
    return reply
      .header('access-control-allow-methods', METHODS)
      .header('access-control-allow-headers', HEADERS)
      .header('access-control-max-age', KEPT_SECONDS)
      .status(204)
      .send()
  })
}

function originOf({ headers }: FastifyRequest): string | undefined {
  const { origin } = headers
  return typeof origin === 'string' ? origin : undefined
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
}
