/**
 * The request to the validation service, posted over HTTP/1.1 (RFC 9112): its items in the order given, in one of three formats, one file
 * each. All that is not secret is turned into octets before the session; the keys are put between them, one by one, in locked memory.
 *
 * Every request has an idempotency key in its head: the transaction's id, followed by -2, -3 ... for later submissions of one session. A
 * request that is sent again has the same one.
 */

import type { Entry } from './entry.ts'
import { BODY_MAX, clearBody, type RequestPlan } from './request-document.ts'
import { sealedBody } from './request-sealed.ts'
import type { RequestBody, RequestPart } from './request-template.ts'

export type { RequestPart } from './request-template.ts'

export type ValidationRequest = {
  /** Octets of the body with this entry. */
  bodySize(entry: Entry): number
  /** The head, with the empty line that ends it. */
  head(bodySize: number): Buffer
  /** Writes the body to the front of `out`, the keys straight from the entry. @returns octets written. */
  writeBody(entry: Entry, out: Uint8Array): number
}

/**
 * @param parts the items, in order. @param submission 1 for the first request of a session.
 * @returns the request, ready but for the keys. The plan is one that `planFlaw` found nothing in.
 */
export function prepareRequest(
  plan: RequestPlan,
  parts: readonly RequestPart[],
  submission: number,
): ValidationRequest {
  const body = bodyOf(plan, parts, submission)
  return {
    bodySize: (entry) => body.size(entry),
    head: (bodySize) => Buffer.from(headText(plan, submission, bodySize), 'latin1'),
    writeBody: (entry, out) => body.write(entry, out),
  }
}

function bodyOf(plan: RequestPlan, parts: readonly RequestPart[], submission: number): RequestBody {
  const { transactionId, validation } = plan
  const clear = clearBody(plan, parts, submission)
  if (validation.format !== 'sealed') return clear
  if (validation.sealingKey === undefined) throw new TypeError('a sealed request without a key')
  return sealedBody(clear, validation.sealingKey, transactionId, BODY_MAX)
}

/** Media types: of the body, and of what is taken as a reply. */
const TYPES = {
  xml: ['text/xml; charset=UTF-8', 'text/xml, application/xml'],
  json: ['application/json', 'application/json'],
  sealed: ['application/jose', 'application/json'],
} as const

function headText({ validation, transactionId }: RequestPlan, submission: number, bodySize: number): string {
  const { host, port, path, format } = validation
  const name = host.includes(':') ? `[${host}]` : host
  const [type, accepted] = TYPES[format]
  return [
    `POST ${path} HTTP/1.1`,
    `Host: ${port === 443 ? name : `${name}:${port}`}`,
    `Content-Type: ${type}`,
    `Content-Length: ${bodySize}`,
    `Accept: ${accepted}`,
    `Idempotency-Key: ${transactionId}${submission === 1 ? '' : `-${submission}`}`,
    'Connection: close',
    '\r\n',
  ].join('\r\n')
}
