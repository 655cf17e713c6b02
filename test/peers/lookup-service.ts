/** A service that lookups ask: HTTPS on this machine, with whatever answers a test has for its paths; what it was asked is kept. */

import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { makeAuthority } from './authority.ts'

type Answers = Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>>

/** @param answers by path. @param names in its certificate. */
export async function startLookupService(t: Test, answers: Answers, names = ['IP:127.0.0.1'], validity?: 'expired') {
  const authority = makeAuthority('Lookup authority')
  const { certificate, key } = authority.issue(names, validity)
  const asked: { readonly url: string; readonly headers: IncomingMessage['headers'] }[] = []
  const server = createServer({ cert: certificate, key }, (request, response) => {
    asked.push({ url: request.url ?? '', headers: request.headers })
    const answer = answers[request.url ?? '']
    if (answer === undefined) response.writeHead(404).end('{}')
    else answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
    authority.close()
  })
  const { port } = server.address() as AddressInfo
  return { port, origin: `https://127.0.0.1:${port}`, authority: authority.certificate, asked }
}

/** @returns an answer of JSON. */
export function json(body: unknown): Answers[string] {
  return (_request, response) => void response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
}
