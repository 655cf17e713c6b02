/**
 * Message to octets (RFC 3261 section 7). Requests are made from parts; responses are made out of the request they answer,
 * whose Via, From, To, Call-ID and CSeq go back octet for octet.
 */

import type { SipRequest } from './message.ts'

/** Name and value of one header to send. */
export type Line = readonly [name: string, value: string]

export type RequestParts = {
  readonly method: string
  readonly uri: string
  /** Value of our Via. */
  readonly via: string
  /** Everything but Via and Content-Length. */
  readonly headers: readonly Line[]
  readonly body: Uint8Array
}

export type ResponseParts = {
  readonly status: number
  /** Added to To when the request's has none; not for 100. */
  readonly toTag?: string | undefined
  readonly headers?: readonly Line[]
  readonly body?: Uint8Array | undefined
}

const NO_BODY = new Uint8Array(0)

const REASONS: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  181: 'Call Is Being Forwarded',
  182: 'Queued',
  183: 'Session Progress',
  200: 'OK',
  202: 'Accepted',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Moved Temporarily',
  305: 'Use Proxy',
  380: 'Alternative Service',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  410: 'Gone',
  412: 'Conditional Request Failed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  421: 'Extension Required',
  422: 'Session Interval Too Small',
  423: 'Interval Too Brief',
  430: 'Flow Failed',
  439: 'First Hop Lacks Outbound Support',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  484: 'Address Incomplete',
  485: 'Ambiguous',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  489: 'Bad Event',
  491: 'Request Pending',
  493: 'Undecipherable',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  505: 'Version Not Supported',
  513: 'Message Too Large',
  580: 'Precondition Failure',
  600: 'Busy Everywhere',
  603: 'Decline',
  604: 'Does Not Exist Anywhere',
  606: 'Not Acceptable',
}

/** @returns the reason phrase of a status. */
export function reasonOf(status: number): string {
  return REASONS[status] ?? (status < 200 ? 'Progress' : 'Refused')
}

/** @returns the request as octets, Content-Length added. */
export function writeRequest(parts: RequestParts): Buffer {
  let text = `${parts.method} ${parts.uri} SIP/2.0\r\nVia: ${parts.via}\r\n`
  for (const [name, value] of parts.headers) text += `${name}: ${value}\r\n`
  return join(text, parts.body)
}

/** @returns the response to a request as octets, Content-Length added. */
export function writeResponse(request: SipRequest, parts: ResponseParts): Buffer {
  let text = `SIP/2.0 ${parts.status} ${reasonOf(parts.status)}\r\n`
  const { names, values } = request
  for (let i = 0; i < names.length; i += 1) if (names[i] === 'via') text += `Via: ${values[i]}\r\n`
  let done = 0
  for (let i = 0; i < names.length; i += 1) {
    const value = values[i] ?? ''
    if (names[i] === 'from' && (done & 1) === 0) {
      text += `From: ${value}\r\n`
      done |= 1
    } else if (names[i] === 'to' && (done & 2) === 0) {
      const tagged = parts.toTag === undefined || parts.status === 100 || /;[\t ]*tag[\t ]*=/i.test(value)
      text += tagged ? `To: ${value}\r\n` : `To: ${value};tag=${parts.toTag}\r\n`
      done |= 2
    } else if (names[i] === 'call-id' && (done & 4) === 0) {
      text += `Call-ID: ${value}\r\n`
      done |= 4
    } else if (names[i] === 'cseq' && (done & 8) === 0) {
      text += `CSeq: ${value}\r\n`
      done |= 8
    }
  }
  for (const [name, value] of parts.headers ?? []) text += `${name}: ${value}\r\n`
  return join(text, parts.body ?? NO_BODY)
}

function join(text: string, body: Uint8Array): Buffer {
  const head = `${text}Content-Length: ${body.length}\r\n\r\n`
  if (body.length === 0) return Buffer.from(head, 'latin1')
  const octets = Buffer.allocUnsafe(head.length + body.length)
  octets.write(head, 0, 'latin1')
  octets.set(body, head.length)
  return octets
}
