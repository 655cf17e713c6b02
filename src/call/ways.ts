/**
 * From a target of a route to the INVITEs it takes: one to each phone that is signed in to the account (RFC 3261 section 16.6, forking done
 * here), one to a PBX or a trunk. Pure over what is registered just now.
 */

import { isOverTls, leadsOverTls } from '../base/sip-uri-words.ts'
import type { InviteTarget, Sip, SipPeer } from '../sip/session.ts'
import type { RouteConfig, RouteTarget } from './route.ts'

/** One INVITE to send. */
export type Way = {
  readonly target: InviteTarget
  /** Account of the phone; undefined for a trunk or a PBX. */
  readonly account: string | undefined
  /** Name of the trunk; absent for a phone or a PBX. */
  readonly trunk?: string
  readonly sendIdentity: boolean
  /** A 3xx led here (`redirect.ts`). */
  readonly redirect?: { readonly hops: number; readonly others: readonly string[]; readonly visited: readonly string[] }
}

/** @returns the ways to a target; none when nobody is there, or when it leads back to this server. */
export function waysTo(
  target: RouteTarget,
  sip: Pick<Sip, 'contacts' | 'listening'>,
  trunks: RouteConfig['trunks'],
): readonly Way[] {
  switch (target.kind) {
    case 'phone':
      return sip.contacts(target.account).map((contact) => ({
        target: contact,
        account: target.account,
        sendIdentity: false,
      }))
    case 'uri':
      if ([target, ...(target.choices ?? [])].some(({ uri }) => leadsHere(uri, sip.listening))) return []
      return [{ target: invited(target), account: undefined, sendIdentity: false }]
    case 'trunk': {
      const trunk = trunks.find((each) => each.name === target.trunk)
      // Gone since the call was routed: it is called no more.
      if (trunk === undefined) return []
      const { credentials } = trunk
      const known = { ...invited(target), trunk: target.trunk }
      const invite =
        credentials === undefined ? known : { ...known, credentials: { ...credentials, peers: trunk.addresses } }
      return [{ target: invite, account: undefined, trunk: target.trunk, sendIdentity: trunk.sendIdentity }]
    }
  }
}

function invited({ uri, choices }: { readonly uri: string; readonly choices?: InviteTarget['choices'] }): InviteTarget {
  return choices === undefined ? { uri } : { uri, choices }
}

/** @returns whether nobody on the way can read the signalling of an INVITE that goes there. */
export function isSecureWay({ target }: Way): boolean {
  const first = target.route?.[0]?.replace(/^[^<]*<|>.*$/g, '')
  return target.peer === undefined ? leadsOverTls(first ?? target.uri) : isOverTls(target.peer.transport)
}

/** @returns whether a URI names a listener of ours: the shortest of all loops, which Max-Forwards alone would run seventy times. */
export function leadsHere(uri: string, listening: readonly SipPeer[]): boolean {
  const [, bracketed, plain, givenPort] = /^sips?:(?:[^@]*@)?(?:\[([^\]]+)\]|([^:;?>]+))(?::(\d+))?/.exec(uri) ?? []
  const host = bracketed ?? plain
  return listening.some(
    (own) => own.address === host && own.port === Number(givenPort ?? (leadsOverTls(uri) ? 5061 : 5060)),
  )
}
