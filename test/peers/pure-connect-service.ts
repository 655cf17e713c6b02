/**
 * A validation service as a PureConnect site may have written it, from the two XML examples of its description and nothing else: it picks the
 * parameters out of the document, looks whether the number is one, and answers with the other example. It knows no media types, no
 * idempotency key and no error but declined.
 */

import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeAuthority } from './authority.ts'

export type PureConnectService = {
  readonly port: number
  readonly authority: string
  /** What came, by name, one map a request. */
  readonly requests: readonly ReadonlyMap<string, string>[]
  close(): Promise<void>
}

export async function startPureConnectService(): Promise<PureConnectService> {
  const authority = makeAuthority()
  const { certificate, key } = authority.issue(['IP:127.0.0.1'])
  const requests: ReadonlyMap<string, string>[] = []
  const server = createServer({ cert: certificate, key }, (request, response) => {
    let text = ''
    request.on('data', (piece) => {
      text += piece
    })
    request.on('end', () => {
      const params = new Map(
        [...text.matchAll(/<param name="(.*?)" value="(.*?)"/g)].map(([, name, value]) => [
          String(name),
          String(value),
        ]),
      )
      requests.push(params)
      const outcome = isCardNumber(params.get('credit card') ?? '')
        ? '<outcome value="accepted" details="That number was good"/>'
        : '<outcome value="declined" details="That number was bad"/>'
      response.end(`<?xml version="1.0" encoding='UTF-8'?>\n${outcome}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    authority: authority.certificate,
    requests,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      authority.close()
    },
  }
}

function isCardNumber(text: string): boolean {
  if (!/^\d{12,19}$/.test(text)) return false
  const sum = [...text].reverse().reduce((total, digit, i) => {
    const twice = Number(digit) * 2
    return total + (i % 2 === 0 ? Number(digit) : twice > 9 ? twice - 9 : twice)
  }, 0)
  return sum % 10 === 0
}
