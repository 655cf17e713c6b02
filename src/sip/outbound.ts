/**
 * What a REGISTER says of the way to the phone, beyond its Contact: proxies that stand before it (Path, RFC 3327), and flows that it keeps open to
 * us (RFC 5626). Pure.
 *
 * Outbound is done where the phone supports it and numbers its flow (`reg-id` beside `+sip.instance`). When a proxy is between, the first of
 * them must keep the flow, and says so by `ob` in its Path; if it does not, the phone is told (439).
 */

import { paramOf, parseDigits, quote } from './lexical.ts'
import { countOf, listOf, lists, type SipRequest } from './message.ts'
import { type NameAddr, parseNameAddr } from './name-addr.ts'
import type { AnsweredContact, RegisterContact } from './registrar.ts'
import type { InviteTarget } from './session.ts'
import { parseUri } from './uri.ts'
import type { Line } from './write-message.ts'

/** More proxies than this are none. */
const MOST_HOPS = 8
const MOST_CHARS = 1024
const MAX_REG_ID = 2 ** 31 - 1

/** Option tags that a REGISTER may require beside those of every request. */
export const REGISTER_EXTENSIONS: readonly string[] = ['path', 'outbound']
/** Our answer to a REGISTER knows these. */
export const REGISTER_SUPPORTED: Line = ['Supported', REGISTER_EXTENSIONS.join(', ')]

export type PhoneWay = {
  readonly path: readonly string[]
  /** The phone keeps numbered flows. */
  readonly isOutbound: boolean
}

/** @returns the way to a phone, or the status that refuses its REGISTER. */
export function readPhoneWay(
  request: SipRequest,
  contacts: readonly NameAddr[],
): PhoneWay | { readonly status: number } {
  const path = listOf(request, 'path')
  if (path === undefined || path.length > MOST_HOPS || path.some((each) => !isHop(each))) return { status: 400 }
  const isOutbound = lists(request, 'supported', 'outbound') && contacts.some((each) => regIdOf(each) !== undefined)
  // The first proxy of all has put its own at the end.
  const first = parseNameAddr(path.at(-1) ?? '')
  const keepsFlow = first !== undefined && hasOb(first.uri)
  if (isOutbound && hopsOf(request) > 1 && !keepsFlow) return { status: 439 }
  return { path, isOutbound }
}

/** @returns the number of the flow that a contact is for; undefined where it has no instance, and means nothing. */
export function regIdOf({ params }: NameAddr): RegisterContact['regId'] {
  const regId = parseDigits(paramOf(params, 'reg-id') ?? '', MAX_REG_ID)
  return regId === 0 || !paramOf(params, '+sip.instance') ? undefined : regId
}

/** @returns the headers of the 200 beside its contacts: a phone that does not know of Path is not told of it. */
export function answerLines(request: SipRequest, { path, isOutbound }: PhoneWay): Line[] {
  const isTold = lists(request, 'supported', 'path') || lists(request, 'require', 'path')
  return [
    REGISTER_SUPPORTED,
    ...(isTold ? path.map((each): Line => ['Path', each]) : []),
    ...(isOutbound ? [['Require', 'outbound'] as const] : []),
  ]
}

/** @returns a contact as the answer names it. */
export function writeContact({ uri, instance, regId, expiresSeconds }: AnsweredContact): Line {
  const ofInstance = instance === undefined ? '' : `;+sip.instance=${quote(instance)}`
  const ofFlow = regId === undefined ? '' : `;reg-id=${regId}`
  return ['Contact', `<${uri}>;expires=${expiresSeconds}${ofInstance}${ofFlow}`]
}

/**
 * @param peer the flow that the REGISTER came over. @returns how a contact is reached: over that flow; through a proxy where its Path says, as long
 * as that is the host that sent the REGISTER. Anybody else there would be somebody whom a phone has us write to.
 */
export function targetOf(uri: string, path: readonly string[], peer: NonNullable<InviteTarget['peer']>): InviteTarget {
  const [first] = path
  if (first === undefined) return { uri, peer }
  const isSender = parseUri(parseNameAddr(first)?.uri ?? '')?.host === peer.address
  return isSender ? { uri, route: path } : { uri, route: path, peer }
}

function isHop(text: string): boolean {
  const uri = parseUri(parseNameAddr(text)?.uri ?? '')
  return (uri?.scheme === 'sip' || uri?.scheme === 'sips') && text.length <= MOST_CHARS && text.trim().startsWith('<')
}

function hasOb(uriText: string): boolean {
  const uri = parseUri(uriText)
  return uri !== undefined && paramOf(uri.params, 'ob') !== undefined
}

/** How many have sent the request on, the phone among them. */
function hopsOf(request: SipRequest): number {
  return listOf(request, 'via')?.length ?? countOf(request, 'via')
}
