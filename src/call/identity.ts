/**
 * Who the placed leg says is calling: From with the caller's number and name under our own address, and P-Asserted-Identity (RFC 3325)
 * only towards a trunk that is to get it. Pure. Whether an identity that came in may be believed was decided at the door of `sip`.
 */

import type { IncomingSession, SipParty } from '../sip/session.ts'
import { escapeUser } from './route.ts'

export type Identity = { readonly from: SipParty; readonly assertedIdentity?: SipParty; readonly isPrivate?: true }

const ANONYMOUS: SipParty = {
  displayName: 'Anonymous',
  user: 'anonymous',
  uri: 'sip:anonymous@anonymous.invalid',
}

/** RFC 3323 section 4.1.1.3: somebody who does not want to be known stays unknown. */
const ANONYMOUS_HOST = /@anonymous\.invalid\b/i

/**
 * @param session the leg that placed the call. @param ourHost an address of ours for URIs.
 * @param sendIdentity whether the target is to get an asserted identity.
 */
export function identityFor(
  session: Pick<IncomingSession, 'from' | 'assertedIdentity' | 'isPrivate' | 'origin'>,
  ourHost: string,
  sendIdentity: boolean,
): Identity {
  const { from } = session
  const ours = (user: string) => `sip:${escapeUser(user)}@${ourHost.includes(':') ? `[${ourHost}]` : ourHost}`
  const isUnknown = session.isPrivate || ANONYMOUS_HOST.test(from.uri)
  const named =
    isUnknown || from.user === '' ? ANONYMOUS : { displayName: from.displayName, user: from.user, uri: ours(from.user) }
  if (!sendIdentity) return { from: named }
  // A phone has proved its account; that is what we can assert.
  const account = session.origin.kind === 'phone' ? session.origin.account : undefined
  const asserted =
    account === undefined ? session.assertedIdentity : { displayName: '', user: account, uri: ours(account) }
  if (asserted === undefined) return { from: named }
  // Who is trusted with it shows it to nobody (RFC 3325 section 7).
  return { from: named, assertedIdentity: asserted, ...(isUnknown ? { isPrivate: true } : {}) }
}
