/**
 * Dialogs (RFC 3261 section 12): what two ends agree on after the first response with a tag, and how a request inside it is
 * addressed. Knows RFC 2543 peers (no tag) and strict routers (section 12.2.1.1). No I/O, no time.
 */

import { paramOf } from './lexical.ts'
import { callIdOf, contactOf, cseqOf, headerOf, routesOf, type SipRequest, type SipResponse, toOf } from './message.ts'
import { type NameAddr, parseNameAddr, tagOf } from './name-addr.ts'
import { isLooseRoute, parseUri } from './uri.ts'
import type { Line } from './write-message.ts'

export type Dialog = {
  readonly callId: string
  readonly localTag: string
  /** Empty for a peer without tags. */
  readonly remoteTag: string
  /** Our side as it stands in From of what we send, tag included. */
  readonly local: string
  /** The far side as it stands in To of what we send. */
  readonly remote: string
  /** URI of the far end's newest Contact. */
  remoteTarget: string
  /** The far end's Contact says that it is a conference (RFC 4579 section 5.2). */
  isFocus: boolean
  /** Route values, first hop first. */
  readonly routes: readonly string[]
  /** It was begun with sips, and must not leave TLS (RFC 3261 section 12.1). */
  readonly isSips: boolean
  /** CSeq of the newest request we sent. */
  localCSeq: number
  /** CSeq of the newest request we got; undefined before the first. */
  remoteCSeq: number | undefined
}

/** Everything of an in-dialog request but Via, Contact and body. */
export type Addressed = { readonly uri: string; readonly headers: readonly Line[] }

const MAX_FORWARDS: Line = ['Max-Forwards', '70']

/** The dialog that an INVITE opens at its far end (section 12.1.1). @returns undefined when its Record-Route is malformed. */
export function dialogOfRequest(request: SipRequest, localTag: string): Dialog | undefined {
  const [from, to] = [headerOf(request, 'from') ?? '', headerOf(request, 'to') ?? '']
  const [remote, contact, routes] = [parseNameAddr(from), contactOf(request), routesOf(request, 'record-route')]
  if (remote === undefined || routes === undefined) return undefined
  return {
    callId: callIdOf(request),
    localTag,
    remoteTag: tagOf(remote),
    local: `${to};tag=${localTag}`,
    remote: from,
    remoteTarget: contact?.uri ?? remote.uri,
    isFocus: isFocusContact(contact),
    routes,
    isSips: isSipsUri(request.uri),
    localCSeq: 0,
    remoteCSeq: cseqOf(request)?.number,
  }
}

/**
 * The dialog that a response to our INVITE opens (section 12.1.2).
 * @param sent what we sent: From with its tag, Request-URI, CSeq number. @returns undefined when To or Record-Route is malformed.
 */
export function dialogOfResponse(
  sent: { readonly from: string; readonly localTag: string; readonly uri: string; readonly cseq: number },
  response: SipResponse,
): Dialog | undefined {
  const [to, contact, routes] = [toOf(response), contactOf(response), routesOf(response, 'record-route')]
  if (to === undefined || routes === undefined) return undefined
  return {
    callId: callIdOf(response),
    localTag: sent.localTag,
    remoteTag: tagOf(to),
    local: sent.from,
    remote: headerOf(response, 'to') ?? '',
    // A 180 without Contact is common among gateways; until a better target comes, the one we called is right.
    remoteTarget: contact?.uri ?? sent.uri,
    isFocus: isFocusContact(contact),
    routes: routes.reverse(),
    isSips: isSipsUri(sent.uri),
    localCSeq: sent.cseq,
    remoteCSeq: undefined,
  }
}

/** A dialog's name among all. */
export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${localTag} ${remoteTag} ${callId}`
}

/** @returns the dialog's name in a request from the far end. */
export function dialogKeyOf(request: SipRequest): string | undefined {
  const [to, from] = [toOf(request), headerOf(request, 'from')]
  const parsed = from === undefined ? undefined : parseNameAddr(from)
  if (to === undefined || parsed === undefined) return undefined
  return dialogKey(callIdOf(request), tagOf(to), tagOf(parsed))
}

/**
 * Addresses a request inside the dialog (section 12.2.1.1).
 * @param cseq for ACK and CANCEL the number of their INVITE; else the next number is taken.
 */
export function address(dialog: Dialog, method: string, cseq?: number): Addressed {
  if (cseq === undefined) dialog.localCSeq += 1
  const first = dialog.routes[0]
  const strict = first !== undefined && !isLoose(first)
  const routes = strict ? [...dialog.routes.slice(1), `<${dialog.remoteTarget}>`] : dialog.routes
  const headers: Line[] = [MAX_FORWARDS]
  for (const route of routes) headers.push(['Route', route])
  headers.push(
    ['From', dialog.local],
    ['To', dialog.remote],
    ['Call-ID', dialog.callId],
    ['CSeq', `${cseq ?? dialog.localCSeq} ${method}`],
  )
  return { uri: strict ? (parseNameAddr(first)?.uri ?? dialog.remoteTarget) : dialog.remoteTarget, headers }
}

/** @returns the URI that says where a request inside the dialog is sent: the first route, else the far end itself. */
export function nextHop(dialog: Dialog): string {
  const first = dialog.routes[0]
  return (first === undefined ? undefined : parseNameAddr(first)?.uri) ?? dialog.remoteTarget
}

/** Takes the Contact of a request or a 2xx that refreshes the target (section 12.2). */
export function refreshTarget(dialog: Dialog, message: SipRequest | SipResponse): void {
  const contact = contactOf(message)
  if (contact === undefined || parseUri(contact.uri) === undefined) return
  dialog.remoteTarget = contact.uri
  dialog.isFocus = isFocusContact(contact)
}

/**
 * Takes the CSeq of a request from the far end (section 12.2.2).
 * @returns false when it is out of order: 500.
 */
export function takeCSeq(dialog: Dialog, request: SipRequest): boolean {
  const number = cseqOf(request)?.number ?? 0
  if (dialog.remoteCSeq !== undefined && number <= dialog.remoteCSeq) return false
  dialog.remoteCSeq = number
  return true
}

/** @returns whether a URI is one that must not leave TLS. */
export function isSipsUri(uri: string): boolean {
  return /^sips:/i.test(uri)
}

function isFocusContact(contact: NameAddr | undefined): boolean {
  return contact !== undefined && paramOf(contact.params, 'isfocus') !== undefined
}

function isLoose(route: string): boolean {
  const uri = parseUri(parseNameAddr(route)?.uri ?? '')
  return uri !== undefined && isLooseRoute(uri)
}
