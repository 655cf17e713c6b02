/**
 * What the parts of one dialog's life share: the dialog, the way to its far end, and requests inside it with their one answer
 * to a 401 or 407. No rules about offers or endings; those are `offers.ts` and `mid-dialog.ts`.
 */

import type { Allowance } from './allowance.ts'
import type { ClientUser } from './client-transactions.ts'
import type { CredentialGuard } from './credential-guard.ts'
import { address, type Dialog, nextHop } from './dialog.ts'
import { paramOf } from './lexical.ts'
import { headerOf, listOf, type SipMessage, type SipResponse } from './message.ts'
import type { KeyHearing } from './session.ts'
import type { SessionIds } from './session-ids.ts'
import type { Pending, Stack, UnsentParts, Way } from './stack.ts'
import { defaultPort, type Flow, isSecure, isStream, isWebSocket } from './transport.ts'
import { parseUri } from './uri.ts'
import type { Line } from './write-message.ts'

export type Talk = {
  readonly stack: Stack
  /** Id of the session. */
  readonly session: string
  readonly dialog: Dialog
  /** The flow that the dialog began on, or its newest one for a phone. */
  flow: Flow
  /** The far end is reached on the flow whatever its Contact says: a phone behind NAT, or an outbound proxy. */
  readonly pinned: boolean
  /** Of a phone: who may follow it to another connection is its account. */
  readonly account: string | undefined
  readonly credentials: CredentialGuard | undefined
  /** Methods that the far end says it allows; undefined when it never said. */
  allowed: ReadonlySet<string> | undefined
  /** Whether keys that come by INFO are told, and how. */
  keys: KeyHearing
  /** Bounds what is sent until the far end has shown that it hears us, where its address may be forged. */
  readonly allowance: Allowance | undefined
  /** By which both ends of the call are known. */
  readonly ids: SessionIds
}

/** @returns the way of the next request or ACK inside the dialog. */
export function wayOf(talk: Talk): Way {
  const { dialog } = talk
  followPhone(talk)
  const { flow } = talk
  // Neither its Contact, which ends in .invalid, nor a name of its own would lead to it (RFC 7118 section 5).
  if (isWebSocket(flow.transport)) return { to: 'flow', flow }
  const uri = nextHop(dialog)
  const anew = anewOf(uri, flow)
  if (anew !== undefined) return { to: 'flow', flow, anew }
  return talk.pinned && dialog.routes.length === 0 ? { to: 'flow', flow } : { to: 'uri', uri, otherwise: flow }
}

/** The far end has sent something: a phone is where it comes from, and who had another connection has this one now (RFC 3261 section 18.2.2). */
export function follow(talk: Talk, source: Flow): void {
  const { flow, stack } = talk
  const isBack = () => source.transport === flow.transport && source.address === flow.address && !stack.stands(flow)
  if (talk.pinned || isBack()) talk.flow = source
}

/** A phone whose connection has gone registers again over another one: its calls go on there (RFC 5626 section 5.3). */
function followPhone(talk: Talk): void {
  const { account, stack, dialog } = talk
  if (account === undefined || stack.stands(talk.flow)) return
  talk.flow = stack.phoneAt(account, dialog.remoteTarget) ?? talk.flow
}

/** @param body SDP text, or octets with their type. @returns the headers and octets of a body. */
export function withBody(body: string | undefined): { readonly type: readonly Line[]; readonly octets: Uint8Array } {
  return body === undefined
    ? { type: [], octets: new Uint8Array(0) }
    : { type: [['Content-Type', 'application/sdp']], octets: Buffer.from(body, 'utf8') }
}

/** Remembers what the far end allows. */
export function noteAllowed(talk: Talk, message: SipMessage): void {
  if (headerOf(message, 'allow') === undefined) return
  const methods = listOf(message, 'allow')
  if (methods !== undefined) talk.allowed = new Set(methods.map((each) => each.toUpperCase()))
}

/** @returns the method of an offer of ours: UPDATE only where the far end said that it knows it. */
export function pick(talk: Talk, method: 'INVITE' | 'UPDATE' | undefined): 'INVITE' | 'UPDATE' {
  return method === 'UPDATE' && talk.allowed?.has('UPDATE') === true ? 'UPDATE' : 'INVITE'
}

/** An INVITE as far as its ACK has to know it: that has the same number and the same credentials (RFC 3261 section 13.2.2.4). */
export type SentInvite = {
  readonly cseq: number
  /** Credentials. */
  readonly extra: readonly Line[]
}

/** What is made of a request that got no answer. */
export type FailedStatus = 408 | 413 | 503

export function failedStatus(why: Parameters<ClientUser['onFailed']>[0]): FailedStatus {
  if (why === 'timedOut') return 408
  return why === 'tooLarge' ? 413 : 503
}

export type InDialog = {
  readonly method: string
  readonly headers: readonly Line[]
  readonly body: Uint8Array
}

/**
 * Sends a request inside the dialog, once more with credentials when it is challenged.
 * @param onResponse gets everything else, every repeated 2xx to an INVITE included, with what was sent.
 * @param onFailed 408, 413 or 503 made here.
 */
export function ask(
  talk: Talk,
  request: InDialog,
  onResponse: (response: SipResponse, sent: SentInvite) => void,
  onFailed: (status: FailedStatus) => void,
): Pending {
  const { allowance } = talk
  const send = (extra: readonly Line[], mayRetry: boolean): Pending => {
    const addressed = address(talk.dialog, request.method)
    const cseq = talk.dialog.localCSeq
    const parts: UnsentParts = {
      method: request.method,
      uri: addressed.uri,
      headers: [...addressed.headers, talk.ids.line(), ...request.headers, ...extra],
      body: request.body,
    }
    return talk.stack.request(wayOf(talk), () => parts, {
      maySend: allowance === undefined ? undefined : (octets) => allowance.takes(octets, 'request'),
      onResponse: (response) => {
        talk.ids.hear(response)
        if (mayRetry && talk.credentials !== undefined && (response.status === 401 || response.status === 407)) {
          const answer = talk.credentials.answer(response, parts, current.flow())
          if (answer !== undefined) {
            current = send([answer], false)
            return
          }
        }
        onResponse(response, { cseq, extra })
      },
      onFailed: (why) => onFailed(failedStatus(why)),
    })
  }
  let current = send([], true)
  return {
    flow: () => current.flow(),
    cancel: (extra) => current.cancel(extra),
    stay: () => current.stay(),
    abandon: () => current.abandon(),
  }
}

/**
 * Sends the ACK to a 2xx. @returns what sends it again, to where the far end is by then: the first one may have gone with its connection. It is made anew, since hardly
 * any is needed twice, and each would be kept as long as its call.
 */
export function acknowledge(talk: Talk, { cseq, extra }: SentInvite, body: string | undefined): () => void {
  const send = () => {
    const addressed = address(talk.dialog, 'ACK', cseq)
    const { type, octets } = withBody(body)
    const headers = [...addressed.headers, talk.ids.line(), ...extra, ...type]
    talk.stack.ack(wayOf(talk), { method: 'ACK', uri: addressed.uri, headers, body: octets })
  }
  send()
  return send
}

/**
 * A dialog that began over a stream stays on its connection when its target is the same host, or the same domain, and names no other transport. With sips the
 * transport behind TLS is meant (RFC 3261 section 26.2.2). @returns where a new connection leads when that one has gone, over the same transport: what was
 * said over TLS is never said in the clear; undefined when it does not stay there.
 */
function anewOf(uriText: string, flow: Flow): Flow | undefined {
  const uri = parseUri(uriText)
  if (uri === undefined || !isStream(flow.transport)) return undefined
  const transport = paramOf(uri.params, 'transport')?.toLowerCase()
  const isSame = uri.host === flow.address || uri.host === flow.domain
  const isMeant =
    uri.scheme === 'sips'
      ? isSecure(flow.transport) && transport !== 'udp'
      : transport === undefined || transport === flow.transport
  return isSame && isMeant ? { ...flow, port: uri.port ?? defaultPort(flow.transport), connection: 0 } : undefined
}
