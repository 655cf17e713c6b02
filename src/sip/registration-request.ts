/** A REGISTER of ours (RFC 3261 section 10.2), and what calls to its contact say of whom they are for. Pure. */

import { headerOf, type SipRequest } from './message.ts'
import { parseNameAddr } from './name-addr.ts'
import { LINE_PARAM } from './registration-reply.ts'
import type { SipParty } from './session.ts'
import { firstLine } from './session-ids.ts'
import type { UnsentParts } from './stack.ts'
import { escapeUser, parseUri, partyOf, writeHost } from './uri.ts'
import type { Line } from './write-message.ts'

/** What stays the same over all REGISTERs of one registration. */
export type RegisterHead = {
  /** Request-URI. */
  readonly registrar: string
  readonly user: string
  readonly callId: string
  readonly tag: string
  /** Makes our contact known again. */
  readonly token: string
  /** By which the registration is known from end to end (RFC 7989). */
  readonly uuid: string
  readonly capabilities: readonly Line[]
}

const NO_BODY = new Uint8Array(0)

/** @param contact where we are reached, `<sip:host...>`. @param seconds 0 takes the contact away. */
export function registerParts(head: RegisterHead, cseq: number, seconds: number, contact: string): UnsentParts {
  const { registrar, user, callId, tag, token, uuid, capabilities } = head
  const uri = parseUri(registrar)
  const address = `${uri?.scheme ?? 'sip'}:${escapeUser(user)}@${writeHost(uri?.host ?? 'invalid')}`
  const ours = contact.replace(/^<(sips?:)/, `<$1${escapeUser(user)}@`).replace(/>$/, `;${LINE_PARAM}=${token}>`)
  return {
    method: 'REGISTER',
    uri: registrar,
    headers: [
      ['Max-Forwards', '70'],
      ['From', `<${address}>;tag=${tag}`],
      ['To', `<${address}>`],
      ['Call-ID', callId],
      ['CSeq', `${cseq} REGISTER`],
      firstLine(uuid),
      ['Contact', `${ours};expires=${seconds}`],
      ['Expires', String(seconds)],
      ...capabilities.filter(([name]) => name !== 'Supported'),
      // Proxies on the way may ask to be on the way back too (RFC 3327 section 5.1).
      ['Supported', 'path'],
    ],
    body: NO_BODY,
  }
}

/**
 * @param registeredAs user part of our contact; undefined when the call did not come by a registration.
 * @returns whom a caller wants: the Request-URI, unless a registrar put our contact there. Then it is what stood there before (P-Called-Party-ID, RFC 7315
 * section 4.2), else To.
 */
export function wantedBy(request: SipRequest, registeredAs: string | undefined): SipParty {
  const asked = partyOf(request.uri)
  if (registeredAs === undefined || asked.user !== registeredAs) return asked
  for (const name of ['p-called-party-id', 'to']) {
    const before = parseNameAddr(headerOf(request, name) ?? '')
    const party = before === undefined ? undefined : partyOf(before.uri)
    if (party !== undefined && party.user !== '') return { ...asked, user: party.user }
  }
  return asked
}
