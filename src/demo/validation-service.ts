/**
 * A sample validation service: what an organisation puts behind Sotto (PC-19), here with published test cards instead of a
 * card issuer. It takes the XML of the source over HTTPS, accepts and declines, and keeps nothing.
 *
 * It runs as a process of its own, since it is the one place beside the vault that sees a card number.
 */

import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'

/** Test numbers that card schemes and payment providers publish; no issuer knows them. */
const TEST_CARDS = new Map<string, 'accepted' | 'declined'>([
  ['4111111111111111', 'accepted'],
  ['4012888888881881', 'accepted'],
  ['5555555555554444', 'accepted'],
  ['5105105105105100', 'accepted'],
  ['2223003122003222', 'accepted'],
  ['378282246310005', 'accepted'],
  ['371449635398431', 'accepted'],
  ['6011111111111117', 'accepted'],
  ['6011000990139424', 'accepted'],
  ['3566002020360505', 'accepted'],
  ['30569309025904', 'accepted'],
  ['4000000000000002', 'declined'],
  ['378734493671000', 'declined'],
  ['5200000000000114', 'declined'],
])

const BODY_LIMIT_BYTES = 16_384

/** @returns the reply's body for a request's body: the outcome element of the source (PC-75). */
export function outcomeFor(body: string, reference: string): string {
  const card = /<param name="credit card" value="(\d{12,19})" \/>/.exec(body)?.[1]
  const verdict = card === undefined ? undefined : TEST_CARDS.get(card)
  if (verdict === 'accepted') return outcome('accepted', `Approved, reference ${reference}`)
  if (verdict === 'declined') return outcome('declined', 'Declined by the issuer')
  return outcome('declined', 'Only published test cards are taken here')
}

function outcome(value: 'accepted' | 'declined', details: string): string {
  return `<?xml version="1.0" encoding='UTF-8'?>\n<outcome value="${value}" details="${details}"/>\n`
}

export type ValidationServiceOptions = {
  readonly port: number
  readonly certificate: string
  readonly key: string
  /** Told after each reply: how many fields came and what was answered; never what was in them. */
  onReply(fields: number, accepted: boolean): void
}

/** Listens on loopback. @returns the server and the port it took. */
export function startValidationService(options: ValidationServiceOptions): Promise<{ server: Server; port: number }> {
  let replies = 0
  const server = createServer(
    { cert: options.certificate, key: options.key, minVersion: 'TLSv1.2' },
    (request, response) => {
      if (request.method !== 'POST') {
        response.writeHead(405, { allow: 'POST' }).end()
        return
      }
      const chunks: Buffer[] = []
      let size = 0
      request.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > BODY_LIMIT_BYTES) request.destroy()
        else chunks.push(chunk)
      })
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8')
        replies += 1
        const reply = outcomeFor(body, `S${String(replies).padStart(4, '0')}`)
        response.writeHead(200, { 'content-type': 'application/xml; charset=utf-8' }).end(reply)
        options.onReply(body.split('<param ').length - 1, reply.includes('"accepted"'))
      })
    },
  )
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', () => resolve({ server, port: (server.address() as AddressInfo).port }))
  })
}
