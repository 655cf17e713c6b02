/**
 * The request to the validation service: one `params` document in XML 1.0, posted over HTTP/1.1 (RFC 9112). Inserts come first, in
 * the order given, then the fields in the order asked.
 *
 *   <?xml version="1.0" encoding='UTF-8' ?>
 *   <params>
 *   <param name="customer name" value="Joe Smith" />
 *   </params>
 *
 * All that is not secret is turned into octets before the session; the keys are put between them, one by one, in locked memory.
 * The transaction id travels in the head only, so that the document keeps its form.
 */

import type { Plan } from './contract.ts'
import type { Entry } from './entry.ts'

/** Most octets of a body: one TLS record, so that OpenSSL takes it in one piece. */
export const BODY_MAX = 16_000

const DECLARATION = `<?xml version="1.0" encoding='UTF-8' ?>\n<params>\n`
const END = '</params>\n'
const DIGIT_0 = 0x30

export type ValidationRequest = {
  /** Octets of the body with so many keys in it. */
  bodySize(keys: number): number
  /** The head, with the empty line that ends it. */
  head(bodySize: number): Buffer
  /** Writes the body to the front of `out`, the keys straight from the entry. @returns octets written. */
  writeBody(entry: Entry, out: Uint8Array): number
}

/** @returns the request of a plan, ready but for the keys. The plan is one that `planFlaw` found nothing in. */
export function prepareRequest(plan: Plan): ValidationRequest {
  const inserts = plan.inserts.map((insert) => `${opening(insert.name)}${escapeAttribute(insert.value)}${CLOSING}`)
  const parts: Buffer[] = []
  let before = DECLARATION + inserts.join('')
  for (const field of plan.fields) {
    parts.push(Buffer.from(before + opening(field.name), 'utf8'))
    before = CLOSING
  }
  const last = Buffer.from(before + END, 'utf8')
  const fixedSize = parts.reduce((sum, part) => sum + part.length, last.length)
  return {
    bodySize: (keys) => fixedSize + keys,
    head: (bodySize) => Buffer.from(headText(plan, bodySize), 'latin1'),
    writeBody(entry, out) {
      let at = 0
      parts.forEach((part, field) => {
        out.set(part, at)
        at += part.length
        const count = entry.count(field)
        for (let i = 0; i < count; i++) out[at++] = DIGIT_0 + entry.keyAt(field, i)
      })
      out.set(last, at)
      return at + last.length
    },
  }
}

const CLOSING = '" />\n'

function opening(name: string): string {
  return `<param name="${escapeAttribute(name)}" value="`
}

/** Escapes an attribute value that stands in double quotes (XML 1.0 section 2.4). */
export function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function headText({ validation, transactionId }: Plan, bodySize: number): string {
  const { host, port, path } = validation
  const name = host.includes(':') ? `[${host}]` : host
  return [
    `POST ${path} HTTP/1.1`,
    `Host: ${port === 443 ? name : `${name}:${port}`}`,
    'Content-Type: text/xml; charset=UTF-8',
    `Content-Length: ${bodySize}`,
    'Accept: text/xml, application/xml',
    `Idempotency-Key: ${transactionId}`,
    'Connection: close',
    '\r\n',
  ].join('\r\n')
}

const HOST_SHAPE = /^[A-Za-z0-9.:_-]+$/
// What XML 1.0 section 2.2 lets no document hold, and tab, LF and CR, which attributes do not keep.
const UNWRITABLE = /[\p{Cc}\uFFFE\uFFFF]/u

export type PlanFlaw = 'no-fields' | 'lengths' | 'host' | 'text' | 'too-large'

/** @returns why a plan cannot be carried out, beyond what its shape says; `undefined` when it can. */
export function planFlaw(plan: Plan): PlanFlaw | undefined {
  if (plan.fields.length === 0) return 'no-fields'
  if (plan.fields.some((field) => field.minKeys > field.maxKeys)) return 'lengths'
  if (!HOST_SHAPE.test(plan.validation.host)) return 'host'
  const texts = [...plan.fields.map(({ name }) => name), ...plan.inserts.flatMap(({ name, value }) => [name, value])]
  if (texts.some((text) => UNWRITABLE.test(text) || !text.isWellFormed())) return 'text'
  const keys = plan.fields.reduce((sum, field) => sum + field.maxKeys, 0)
  return prepareRequest(plan).bodySize(keys) > BODY_MAX ? 'too-large' : undefined
}
