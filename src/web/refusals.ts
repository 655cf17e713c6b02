/** What is refused before any route: what Node cannot read as HTTP, who is too slow, addresses that are none. Nothing of the request is repeated. */

import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fault } from '../base/fault.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** For an error of Node's parser, or of its limits of time. */
export function refuseUnread(error: Error, socket: Socket): void {
  const code = 'code' in error ? String(error.code) : ''
  const isSlow = code === 'ERR_HTTP_REQUEST_TIMEOUT'
  // Whoever has gone, or never came through a handshake, reads nothing.
  if (!socket.writable || !(isSlow || code.startsWith('HPE_'))) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(problemOf(fault(isSlow ? 'web.too-slow' : 'web.bad-request')))
  const status = isSlow ? '408 Request Timeout' : '400 Bad Request'
  const headers = Object.entries({
    ...SECURITY_HEADERS,
    'content-type': PROBLEM_TYPE,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  })
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n${body}`)
  socket.destroySoon()
}

/** For what Fastify cannot route. */
export function refuseUnrouted(_error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(fault('web.bad-request'))
  void reply.status(problem.status).headers(SECURITY_HEADERS).type(PROBLEM_TYPE).send(problem)
}
