/** An INVITE of ours as it is sent, again with other credentials or intervals when it must be (RFC 3261 sections 13.2.1 and 22.2). */

import { isSipsUri } from './dialog.ts'
import { writeParty } from './name-addr.ts'
import type { InviteOptions, SipPeer } from './session.ts'
import { timerHeaders } from './session-timer.ts'
import type { Stack, UnsentParts } from './stack.ts'
import { withBody } from './talk.ts'
import type { Flow } from './transport.ts'
import type { Line } from './write-message.ts'

/** What stays the same over all attempts of one call. */
export type InviteHead = {
  /** From with our tag. */
  readonly from: string
  readonly callId: string
  /** Headers of the owner, such as P-Asserted-Identity. */
  readonly identity: readonly Line[]
}

export type Attempt = {
  readonly cseq: number
  /** Credentials. */
  readonly extra: readonly Line[]
  /** Seconds that a 422 asked for. */
  readonly minSe: number | undefined
  readonly mayAuthorize: boolean
}

/** @param flow undefined only to work out credentials, which need no Contact. */
export function inviteParts(
  stack: Stack,
  options: Omit<InviteOptions, 'events'>,
  head: InviteHead,
  attempt: Attempt,
  flow: Flow | undefined,
): UnsentParts {
  const { target, body } = options
  const { type, octets } = withBody(body)
  const routes = (target.route ?? []).map((each): Line => ['Route', each])
  const contact: Line[] = flow === undefined ? [] : [['Contact', stack.contact(flow, isSipsUri(target.uri))]]
  return {
    method: 'INVITE',
    uri: target.uri,
    headers: [
      ['Max-Forwards', String(options.maxForwards ?? 70)],
      ...routes,
      ['From', head.from],
      ['To', `<${target.uri}>`],
      ['Call-ID', head.callId],
      ['CSeq', `${attempt.cseq} INVITE`],
      ...contact,
      ...head.identity,
      ...stack.capabilities,
      ...timerHeaders(undefined, attempt.minSe),
      ...attempt.extra,
      ...type,
    ],
    body: octets,
  }
}

/** @returns where a call goes; an empty address while DNS is asked. */
export function peerOf(flow: Flow | undefined): SipPeer {
  return { transport: flow?.transport ?? 'udp', address: flow?.address ?? '', port: flow?.port ?? 0 }
}

/** Who calls or writes, for whom is trusted with it. */
export function identityLines({
  assertedIdentity,
  isPrivate,
}: Pick<InviteOptions, 'assertedIdentity' | 'isPrivate'>): Line[] {
  const lines: Line[] = assertedIdentity === undefined ? [] : [['P-Asserted-Identity', writeParty(assertedIdentity)]]
  return isPrivate === true ? [...lines, ['Privacy', 'id']] : lines
}
