/**
 * Which requests are let in (RFC 3261 sections 8.2 and 16.3), before any of them costs more than its reading. Pure: gives the
 * status that refuses, never a response; the agent says it without keeping anything.
 *
 * A Via that names nobody to answer has its request dropped, and so is every ACK that is not in order; neither is judged here.
 */

import type { KeySlip } from '../base/info-key.ts'
import { isToken, parseDigits } from './lexical.ts'
import {
  callIdOf,
  contactOf,
  contentTypeOf,
  countOf,
  cseqOf,
  fromOf,
  headerOf,
  listOf,
  requestUriOf,
  routesOf,
  type SipRequest,
  toOf,
  viaOf,
} from './message.ts'
import { parseNameAddrList, tagOf } from './name-addr.ts'
import { REGISTER_EXTENSIONS } from './outbound.ts'
import { MAGIC_COOKIE } from './via.ts'
import type { Line } from './write-message.ts'

export type Refusal = { readonly status: number; readonly why: RefusalReason; readonly headers?: readonly Line[] }

/** Names of counters, too. */
export type RefusalReason =
  | 'bad-header'
  | 'bad-cseq'
  | 'bad-uri'
  | 'scheme'
  | 'hops'
  | 'method'
  | 'event'
  | 'extension'
  | 'media-type'
  | 'encoding'
  | 'too-long'
  | 'accept'
  | 'no-contact'

/** Methods we take, in the order of our Allow. */
export const METHODS = [
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'INFO',
  'UPDATE',
  'PRACK',
  'REGISTER',
  'REFER',
  'SUBSCRIBE',
] as const
/** Option tags we understand in Require. */
export const EXTENSIONS = ['100rel', 'timer', 'replaces', 'norefersub'] as const
const ALLOW: Line = ['Allow', METHODS.join(', ')]
const ALLOW_TEXT: Line = ['Allow', [...METHODS, 'MESSAGE'].join(', ')]
export const SUPPORTED: Line = ['Supported', EXTENSIONS.join(', ')]
/** What we tell of (RFC 6665 section 8.2.2): how a REFER goes, and the dialogs of phones. */
export const ALLOW_EVENTS: Line = ['Allow-Events', 'refer, dialog']
export const ACCEPT: Line = ['Accept', 'application/sdp']
/** What a MESSAGE may carry. */
export const ACCEPT_TEXT: Line = ['Accept', 'text/plain']
/** Bodies of INFO that keys come in. */
const KEY_TYPES = ['application/dtmf-relay', 'application/dtmf'] as const

/** What an INFO may carry. @param keySlip there is one where keys are taken. */
export function infoTypes(keySlip: KeySlip | undefined): Line {
  return ['Accept', [...(keySlip === undefined ? [] : KEY_TYPES), 'application/media_control+xml'].join(', ')]
}

/** What we take in all, for OPTIONS. @param keySlip there is one where keys are taken. @param takesText texts are passed on. */
export function accepted(keySlip: KeySlip | undefined, takesText: boolean): Line {
  const keys = keySlip === undefined ? [] : KEY_TYPES
  return ['Accept', ['application/sdp', ...keys, ...(takesText ? ['text/plain'] : [])].join(', ')]
}

/** The methods that we take. @param takesText texts are passed on (MESSAGE, RFC 3428). */
export function allowed(takesText: boolean): Line {
  return takesText ? ALLOW_TEXT : ALLOW
}

/** Headers that stand once at most. */
const SINGLE = ['from', 'to', 'call-id', 'cseq', 'max-forwards'] as const
const EVENT_METHODS: readonly string[] = ['SUBSCRIBE', 'PUBLISH']
const GOING_ON: readonly string[] = ['INVITE', 'MESSAGE']

/** Judges what every request must have to be matched and answered. @returns undefined when it is in order. */
export function judgeForm(request: SipRequest): Refusal | undefined {
  const bad: Refusal = { status: 400, why: 'bad-header' }
  if (viaOf(request)?.version !== '2.0') return bad
  for (const name of SINGLE) if (countOf(request, name) > 1) return bad
  if (
    fromOf(request) === undefined ||
    toOf(request) === undefined ||
    callIdOf(request) === '' ||
    /\s/.test(callIdOf(request))
  )
    return bad
  const cseq = cseqOf(request)
  if (cseq === undefined || cseq.method !== request.method) return { status: 400, why: 'bad-cseq' }
  const forwards = headerOf(request, 'max-forwards')
  return forwards !== undefined && parseDigits(forwards, 255) === undefined ? bad : undefined
}

/**
 * Judges a request that is in form and neither an ACK nor a CANCEL.
 * @param isSecure it came over TLS. @param takesText texts are passed on. @returns undefined when it may come in.
 */
export function judgeContent(request: SipRequest, isSecure: boolean, takesText: boolean): Refusal | undefined {
  return (
    judgeUri(request, isSecure) ??
    judgeHops(request) ??
    judgeMethod(request, takesText) ??
    judgeRequire(request) ??
    judgeHeaders(request) ??
    judgeBody(request)
  )
}

function judgeUri(request: SipRequest, isSecure: boolean): Refusal | undefined {
  const uri = requestUriOf(request)
  if (uri === undefined) return { status: 400, why: 'bad-uri' }
  // Headers in a Request-URI could smuggle a Route in (RFC 4475 section 3.1.2.11).
  if (uri.headers !== undefined) return { status: 400, why: 'bad-uri' }
  // Without TLS there is no promise that sips could keep.
  const isKnown = uri.scheme === 'sip' || uri.scheme === 'tel' || (uri.scheme === 'sips' && isSecure)
  return isKnown ? undefined : { status: 416, why: 'scheme' }
}

/** A call or a text would go on from here. Everything else ends here, and takes no hop more (RFC 4475 section 3.3.11). */
function judgeHops(request: SipRequest): Refusal | undefined {
  if (!GOING_ON.includes(request.method) || isInDialog(request)) return undefined
  return headerOf(request, 'max-forwards')?.match(/^0+$/) ? { status: 483, why: 'hops' } : undefined
}

function judgeMethod(request: SipRequest, takesText: boolean): Refusal | undefined {
  const { method } = request
  if (EVENT_METHODS.includes(method)) {
    const event = method === 'SUBSCRIBE' ? eventOf(request) : undefined
    // A REFER has made the subscription; SUBSCRIBE may prolong and end it (RFC 3515 section 2.4.4).
    if (event === 'dialog' || (event === 'refer' && isInDialog(request))) return undefined
    return { status: 489, why: 'event', headers: [allowed(takesText), ALLOW_EVENTS] }
  }
  if ((METHODS as readonly string[]).includes(method) || (takesText && method === 'MESSAGE')) return undefined
  // Also to a method that nobody knows: 501 says no more, and has no Allow by which the sender could find another way (RFC 3261 section 21.4.6).
  return { status: 405, why: 'method', headers: [allowed(takesText)] }
}

function judgeRequire(request: SipRequest): Refusal | undefined {
  const required = listOf(request, 'require')
  if (required === undefined || !required.every(isToken)) return { status: 400, why: 'bad-header' }
  const known = request.method === 'REGISTER' ? [...EXTENSIONS, ...REGISTER_EXTENSIONS] : EXTENSIONS
  const unknown = required.filter((tag) => !(known as readonly string[]).includes(tag.toLowerCase()))
  return unknown.length === 0
    ? undefined
    : { status: 420, why: 'extension', headers: [['Unsupported', unknown.join(', ')]] }
}

function judgeHeaders(request: SipRequest): Refusal | undefined {
  const bad: Refusal = { status: 400, why: 'bad-header' }
  for (let i = 0; i < request.names.length; i += 1) {
    const value = request.values[i] ?? ''
    if (request.names[i] === 'contact' && value !== '*' && parseNameAddrList(value) === undefined) return bad
  }
  if (routesOf(request, 'record-route') === undefined || routesOf(request, 'route') === undefined) return bad
  if (request.method !== 'INVITE') return undefined
  if (contactOf(request) === undefined && !isOfOldPeer(request)) return { status: 400, why: 'no-contact' }
  const accepted = listOf(request, 'accept')
  const takesSdp = (each: string) => /^(?:\*|application)\/(?:\*|sdp)\s*(?:;|$)/i.test(each)
  // An empty Accept takes nothing but the default, which for INVITE is SDP (RFC 3261 section 20.1).
  return accepted !== undefined && accepted.length > 0 && !accepted.some(takesSdp)
    ? { status: 406, why: 'accept', headers: [ACCEPT] }
    : undefined
}

/** RFC 2543 knew no magic cookie, and where there was no Contact called back to From (section 3.4.1 of RFC 4475). */
function isOfOldPeer(request: SipRequest): boolean {
  return viaOf(request)?.branch.startsWith(MAGIC_COOKIE) === false && headerOf(request, 'contact') === undefined
}

function judgeBody(request: SipRequest): Refusal | undefined {
  if (request.body.length === 0 || (request.method !== 'INVITE' && request.method !== 'UPDATE')) return undefined
  const encoding = headerOf(request, 'content-encoding')?.toLowerCase()
  if (encoding !== undefined && encoding !== 'identity')
    return { status: 415, why: 'encoding', headers: [['Accept-Encoding', 'identity']] }
  const type = contentTypeOf(request)
  return type === 'application/sdp' || type.startsWith('multipart/')
    ? undefined
    : { status: 415, why: 'media-type', headers: [ACCEPT] }
}

/** @returns the package that a request is about, in lower case and without its parameters. */
export function eventOf(request: SipRequest): string | undefined {
  return headerOf(request, 'event')?.split(';', 1)[0]?.trim().toLowerCase()
}

/** @returns whether the request says that it is inside a dialog. */
export function isInDialog(request: SipRequest): boolean {
  const to = toOf(request)
  return to !== undefined && tagOf(to) !== ''
}
