/**
 * The reference validation service: what an organisation puts behind Sotto (PC-19), here with published test cards instead of a card
 * issuer. It takes XML, JSON and sealed requests over HTTPS, knows a request again by its idempotency key, and logs nothing but counts.
 *
 * | Status | When |
 * |---|---|
 * | 200 | an outcome, in XML for XML and in JSON for the others |
 * | 400 | no idempotency key, or a body that cannot be read |
 * | 405, 413, 415 | not a POST, too large, another media type |
 * | 422 | the key was used for another request before |
 */

import type { KeyObject } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type RequestType, readItems, requestTypeOf } from './items.ts'
import { type Counts, createLedger, type Ledger, type Outcome } from './ledger.ts'

export const CARD_NAME = 'credit card'
const BODY_LIMIT_BYTES = 16_384
/** How long who is slow is waited for, ms: for the handshake and the head of a request, for all of it, and for anything to move. */
const SLOW = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 2000,
}
const SILENT_MS = 28_000
const KEY_SHAPE = /^[\x21-\x7e]{1,255}$/

export type ValidationServiceOptions = {
  readonly address: string
  /** 0 takes any free port. */
  readonly port: number
  /** PEM. */
  readonly certificate: string
  readonly key: string
  /** Opens sealed requests; without it they are refused. */
  readonly sealingKey: KeyObject | undefined
  /** Name of the item that holds the card number. */
  readonly cardName: string
  /** Told after each reply: how many items came and what was answered; never what was in them. */
  onReply(fields: number, accepted: boolean, counts: Counts): void
}

type Reply = {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly fields: number
  readonly accepted: boolean
}

/** Listens. @returns the server and the port it took. */
export function startValidationService(options: ValidationServiceOptions): Promise<{ server: Server; port: number }> {
  const ledger = createLedger(options.cardName)
  const server = createServer(
    { cert: options.certificate, key: options.key, minVersion: 'TLSv1.2', ...SLOW },
    async (request, response) => {
      const body = await bodyOf(request)
      const reply = await answer(request, body, ledger, options.sealingKey)
      send(response, reply, ledger.counts)
      options.onReply(reply.fields, reply.accepted, ledger.counts)
    },
  )
  server.timeout = SILENT_MS
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.address, () =>
      resolve({ server, port: (server.address() as AddressInfo).port }),
    )
  })
}

async function answer(
  request: IncomingMessage,
  body: Buffer | 'too-large',
  ledger: Ledger,
  sealingKey: KeyObject | undefined,
): Promise<Reply> {
  const refuse = (status: number, headers: Reply['headers'] = {}): Reply => {
    ledger.refuse()
    return { status, body: '', headers, fields: 0, accepted: false }
  }
  if (request.method !== 'POST') return refuse(405, { allow: 'POST' })
  // RFC 9112 section 3.2.
  if ((request.headersDistinct['host']?.length ?? 0) > 1) return refuse(400)
  if (body === 'too-large') return refuse(413, { connection: 'close' })
  const type = requestTypeOf(request.headers['content-type'])
  if (type === undefined) return refuse(415)
  const key = request.headers['idempotency-key']
  const items = await readItems(type, body, sealingKey)
  if (typeof key !== 'string' || !KEY_SHAPE.test(key) || items === undefined) return refuse(400)
  const outcome = ledger.settle(key, items)
  if (outcome === 'another-request')
    return { status: 422, body: '', headers: {}, fields: items.length, accepted: false }
  const headers = { 'content-type': type === 'xml' ? 'text/xml; charset=UTF-8' : 'application/json' }
  const accepted = outcome.value === 'accepted'
  return { status: 200, body: documentOf(outcome, type), headers, fields: items.length, accepted }
}

/** XML has no room for a reference of its own: there it stands in the details (PC-75). */
function documentOf({ value, details, reference }: Outcome, type: RequestType): string {
  if (type !== 'xml') return JSON.stringify({ value, details, reference })
  return `<?xml version="1.0" encoding='UTF-8'?>\n<outcome value="${value}" details="${details}"/>\n`
}

function send(response: ServerResponse, reply: Reply, counts: Counts): void {
  // Charges made so far: by this "sotto validation test" sees that a repeated request made none.
  response.writeHead(reply.status, { ...reply.headers, charges: String(counts.charges) }).end(reply.body)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | 'too-large'> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request) {
      size += (chunk as Buffer).length
      if (size > BODY_LIMIT_BYTES) return 'too-large'
      chunks.push(chunk as Buffer)
    }
  } catch {
    // The other side is gone: there is nobody to answer.
  }
  return Buffer.concat(chunks)
}
