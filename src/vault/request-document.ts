/** The document of a request, before any sealing: in the format of the plan, with places for the keys. */

import type { Plan } from './contract.ts'
import { jsonPieces } from './request-json.ts'
import { type RequestBody, type RequestPart, templateOf } from './request-template.ts'
import { xmlPieces } from './request-xml.ts'

/** Most octets of a body: one TLS record, so that OpenSSL takes it in one piece. */
export const BODY_MAX = 16_000
/** Most octets that become a sealed body of that size: a third more in base64url, with a header and the key for RSA of 4096 bits. */
export const SEALED_MAX = 10_500

/** What of a plan a request is made of. */
export type RequestPlan = Pick<Plan, 'transactionId' | 'validation'>

/** @param parts the items, in order. @param submission 1 for the first request of a session. */
export function clearBody(plan: RequestPlan, parts: readonly RequestPart[], submission: number): RequestBody {
  const { transactionId, validation } = plan
  return templateOf(validation.format === 'xml' ? xmlPieces(parts) : jsonPieces(transactionId, submission, parts))
}
