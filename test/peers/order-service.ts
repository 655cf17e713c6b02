/** A service on loopback that knows orders, over HTTPS: what an add-in has looked up. */

import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { makeAuthority } from './authority.ts'

export type OrderService = {
  readonly origin: string
  /** Certificate of the authority that clients are to trust, PEM. */
  readonly authority: string
  readonly asked: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[]
  /** Answers nobody from now on. @returns the function that has everybody answered. */
  holdUp(): () => void
}

/** What is known of every order but 404, which there is not. One member more than anybody asked for. */
const ORDER = { amount: 12.5, address: 'Am Markt 1, 10115 Berlin', margin: 'nobody’s to see' }

export async function startOrderService(t: Test): Promise<OrderService> {
  const authority = makeAuthority('Orders')
  const { certificate: cert, key } = authority.issue(['IP:127.0.0.1'])
  let thinking = Promise.resolve()
  const asked: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = []
  const server = createServer({ cert, key }, (request, response) => {
    asked.push({ path: request.url ?? '', headers: request.headers })
    void thinking.then(() => {
      const isKnown = request.url?.endsWith('/404') !== true
      response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' })
      response.end(JSON.stringify(isKnown ? ORDER : { error: 'no such order' }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    authority.close()
    server.closeAllConnections()
    server.close()
  })
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authority: authority.certificate,
    asked,
    holdUp: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      thinking = promise
      return resolve
    },
  }
}
