/** Who calls or writes, and whom he wants, as far as his request says so. Pure. */

import { parseDigits } from './lexical.ts'
import { fromOf, headerOf, listOf, type SipRequest } from './message.ts'
import { type NameAddr, parseNameAddr, toParty } from './name-addr.ts'
import { wantedBy } from './registration-request.ts'
import type { IncomingSession, SipOrigin, SipParty } from './session.ts'

export type CallerNames = Pick<IncomingSession, 'from' | 'target' | 'assertedIdentity' | 'isPrivate' | 'maxForwards'>

const MAX_FORWARDS = 70

/** @param trustsIdentity its sender may say whose call it is (RFC 3325). @returns undefined when From cannot be read. */
export function callerIn(request: SipRequest, origin: SipOrigin, trustsIdentity: boolean): CallerNames | undefined {
  const from = fromOf(request)
  if (from === undefined) return undefined
  return {
    from: toParty(from),
    target: wantedBy(request, origin.kind === 'trunk' ? origin.registeredAs : undefined),
    assertedIdentity: trustsIdentity ? asserted(request) : undefined,
    isPrivate: wantsPrivacy(request),
    maxForwards: (parseDigits(headerOf(request, 'max-forwards') ?? '', 255) ?? MAX_FORWARDS) - 1,
  }
}

/** Every privacy but `none` and that of the session's own data withholds the identity. */
function wantsPrivacy(request: SipRequest): boolean {
  const wanted = request.values.filter((_, at) => request.names[at] === 'privacy').join(';')
  return wanted.split(/[;,]/).some((each) => /^\s*(?:id|user|header)\s*$/i.test(each))
}

/** The first sip, sips or tel identity (RFC 3325 section 9.1 allows one of each). */
function asserted(request: SipRequest): SipParty | undefined {
  const identities = listOf(request, 'p-asserted-identity') ?? []
  const found = identities.map(parseNameAddr).find((each): each is NameAddr => each !== undefined)
  return found === undefined ? undefined : toParty(found)
}
