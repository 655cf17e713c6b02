/**
 * Guards against calls at our cost. A call leaves by a trunk only for a number that the trunk allows and does not deny, and that the phone which
 * dials may call; only as digits, so that nothing can hide behind a separator or an escape; and only if its Request-URI names this server: whoever
 * asks for another host's user wants to be relayed there. Pure.
 */

import type { Config } from '../base/config-schema.ts'
import { matchesNumber } from '../base/number-pattern.ts'
import type { IncomingSession, SipOrigin } from '../sip/session.ts'
import { isNumericHost, parseUri } from '../sip/uri.ts'

const PHONE_NUMBER = /^\+?[0-9*#]{1,32}$/

/** @returns whether a text is a phone number and nothing else. */
export function isPhoneNumber(text: string): boolean {
  return PHONE_NUMBER.test(text)
}

/** @returns whether a number may be called through a trunk by whoever dials it. */
export function mayCall(
  { phones }: Pick<Config, 'phones'>,
  trunk: Config['trunks'][number],
  origin: SipOrigin,
  number: string,
): boolean {
  const isIn = (patterns: readonly string[]) => patterns.some((pattern) => matchesNumber(pattern, number))
  const phone = origin.kind === 'phone' ? phones.find(({ account }) => account === origin.account) : undefined
  // Of an account that is gone calls may go on, and no further ones are made, such as by a transfer.
  if (origin.kind === 'phone' && phone === undefined) return false
  return (
    isPhoneNumber(number) &&
    isIn(trunk.allowDestinations) &&
    !isIn(trunk.denyDestinations) &&
    (phone?.allowDestinations === undefined || isIn(phone.allowDestinations))
  )
}

/**
 * @returns whether a Request-URI names another host than this server. A name that nothing is known of is ours where no domains are configured, if
 * it is the one the caller himself is under, as phones dial that are set up with a name in DNS.
 * @param addresses of this machine, and those it listens on.
 */
export function isForeign(
  { sip }: Pick<Config, 'sip'>,
  { target, from, origin, localAddress }: Pick<IncomingSession, 'target' | 'from' | 'origin' | 'localAddress'>,
  addresses: readonly string[],
): boolean {
  const host = parseUri(target.uri)?.host
  // A tel URI names no host.
  if (host === undefined || host === '') return false
  const ours = [...addresses, localAddress, sip.realm, sip.announcedAddress, ...sip.domains]
  if (ours.some((each) => each?.toLowerCase() === host)) return false
  if (isNumericHost(host) || sip.domains.length > 0) return true
  return origin.kind === 'phone' && parseUri(from.uri)?.host !== host
}
