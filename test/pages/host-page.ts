/** A page of somebody else's, at an origin of its own, with a policy of its own. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export type HostPage = {
  readonly origin: string
  /** What it has from now on. */
  show(html: string, policy: string): void
}

export async function startHostPage(t: Test): Promise<HostPage> {
  let html = ''
  let policy = ''
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.setHeader('content-security-policy', policy)
    response.end(html)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    show(nextHtml, nextPolicy) {
      html = nextHtml
      policy = nextPolicy
    },
  }
}
