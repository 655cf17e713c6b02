/** Entity tags (RFC 9110 section 8.8.3) of what is read as JSON: who has it already is told that nothing has changed. */

import type { FastifyInstance } from 'fastify'
import { digestOf } from '../base/digest.ts'

export function addEntityTags(server: FastifyInstance): void {
  server.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' || reply.statusCode !== 200 || typeof payload !== 'string') return payload
    if (!reply.hasHeader('etag')) reply.header('etag', `"${digestOf(payload)}"`)
    const known = request.headers['if-none-match']
    if (known === undefined || !fits(known, String(reply.getHeader('etag')))) return payload
    reply.status(304).removeHeader('content-type').removeHeader('content-length')
    return ''
  })
}

/** Weak comparison (RFC 9110 section 13.1.2). */
function fits(known: string, tag: string): boolean {
  const opaque = (each: string) => each.trim().replace(/^W\//, '')
  return known.trim() === '*' || known.split(',').some((each) => opaque(each) === opaque(tag))
}
