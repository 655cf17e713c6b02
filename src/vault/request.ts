/**
 * The request to the validation service: one `params` document in XML 1.0, posted over HTTP/1.1 (RFC 9112), its items in the order given.
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
const POINT = 0x2e

/** One item of a request: text that is not secret, or a field of the entry. */
export type RequestPart =
  | { readonly name: string; readonly value: string }
  | {
      readonly name: string
      readonly field: number
      /** What stands before the keys: the country of an IBAN. */
      readonly prefix?: string
      /** An amount in smallest units: sent with a point before so many digits. */
      readonly decimals?: number
    }

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
export function prepareRequest(plan: Plan, parts: readonly RequestPart[], submission: number): ValidationRequest {
  const pieces: (Buffer | Keyed)[] = []
  let text = DECLARATION
  for (const part of parts) {
    text += opening(part.name)
    if ('value' in part) text += escapeAttribute(part.value)
    else {
      pieces.push(Buffer.from(text + (part.prefix ?? ''), 'utf8'), { field: part.field, decimals: part.decimals })
      text = ''
    }
    text += CLOSING
  }
  pieces.push(Buffer.from(text + END, 'utf8'))
  return {
    bodySize: (entry) =>
      pieces.reduce((sum, piece) => sum + ('field' in piece ? sizeOfKeyed(entry, piece) : piece.length), 0),
    head: (bodySize) => Buffer.from(headText(plan, submission, bodySize), 'latin1'),
    writeBody(entry, out) {
      let at = 0
      for (const piece of pieces) {
        if ('field' in piece) at = writeKeyed(entry, piece, out, at)
        else {
          out.set(piece, at)
          at += piece.length
        }
      }
      return at
    },
  }
}

type Keyed = { readonly field: number; readonly decimals: number | undefined }

/** Digits before the point of an amount: those that are keyed without the zeros in front, one at least. */
function wholeDigits(entry: Entry, field: number, decimals: number): number {
  const count = entry.count(field)
  let zeros = 0
  while (zeros < count && entry.keyAt(field, zeros) === 0) zeros++
  return Math.max(1, count - zeros - decimals)
}

function sizeOfKeyed(entry: Entry, { field, decimals }: Keyed): number {
  if (decimals === undefined) return entry.count(field)
  return wholeDigits(entry, field, decimals) + (decimals === 0 ? 0 : 1 + decimals)
}

/** @returns where the keys end. */
function writeKeyed(entry: Entry, { field, decimals }: Keyed, out: Uint8Array, from: number): number {
  const count = entry.count(field)
  let at = from
  const put = (i: number) => {
    // Before the first key an amount has zeros.
    out[at++] = DIGIT_0 + Math.max(0, entry.keyAt(field, i))
  }
  const point = count - (decimals ?? 0)
  const first = decimals === undefined ? 0 : point - wholeDigits(entry, field, decimals)
  for (let i = first; i < point; i++) put(i)
  if (decimals !== undefined && decimals > 0) out[at++] = POINT
  for (let i = point; i < count; i++) put(i)
  return at
}

const CLOSING = '" />\n'

function opening(name: string): string {
  return `<param name="${escapeAttribute(name)}" value="`
}

/** Escapes an attribute value that stands in double quotes (XML 1.0 section 2.4). */
export function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function headText({ validation, transactionId }: Plan, submission: number, bodySize: number): string {
  const { host, port, path } = validation
  const name = host.includes(':') ? `[${host}]` : host
  return [
    `POST ${path} HTTP/1.1`,
    `Host: ${port === 443 ? name : `${name}:${port}`}`,
    'Content-Type: text/xml; charset=UTF-8',
    `Content-Length: ${bodySize}`,
    'Accept: text/xml, application/xml',
    `Idempotency-Key: ${transactionId}${submission === 1 ? '' : `-${submission}`}`,
    'Connection: close',
    '\r\n',
  ].join('\r\n')
}

const HOST_SHAPE = /^[A-Za-z0-9.:_-]+$/
// What XML 1.0 section 2.2 lets no document hold, and tab, LF and CR, which attributes do not keep.
const UNWRITABLE = /[\p{Cc}\uFFFE\uFFFF]/u

/** The country of an IBAN; the point of an amount, a zero before it and two behind. */
const BESIDE_KEYS_MAX = 4

export type PlanFlaw = 'no-fields' | 'lengths' | 'host' | 'text' | 'too-large'

/** @returns why a plan cannot be carried out, beyond what its shape says; `undefined` when it can. */
export function planFlaw(plan: Plan): PlanFlaw | undefined {
  if (plan.fields.length === 0) return 'no-fields'
  if (plan.fields.some((field) => field.minKeys > field.maxKeys)) return 'lengths'
  if (!HOST_SHAPE.test(plan.validation.host)) return 'host'
  const texts = [...plan.fields.map(({ name }) => name), ...plan.inserts.flatMap(({ name, value }) => [name, value])]
  if (texts.some((text) => UNWRITABLE.test(text) || !text.isWellFormed())) return 'text'
  const keyed = plan.fields.map(({ name, maxKeys }) => ({ name, value: '0'.repeat(maxKeys + BESIDE_KEYS_MAX) }))
  const items = [...plan.inserts, ...keyed].map(({ name, value }) => opening(name) + escapeAttribute(value) + CLOSING)
  return Buffer.byteLength(DECLARATION + items.join('') + END) > BODY_MAX ? 'too-large' : undefined
}
