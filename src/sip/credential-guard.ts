/**
 * Who may have an answer to a 401 or 407: the peer that the INVITE went to, or another address of the same trunk, and one realm alone. A Contact, a
 * Record-Route or a redirection can lead requests of a call anywhere, and whoever is there could ask for a proof of our password to work on, or
 * to use at the trunk (RFC 3261 section 22, RFC 7616 section 5).
 */

import { parseDigest } from './digest-fields.ts'
import type { SipResponse } from './message.ts'
import { createTrunkFinder } from './origin.ts'
import type { Credentials, Stack, UnsentParts } from './stack.ts'
import type { Flow } from './transport.ts'
import type { Line } from './write-message.ts'

export type CredentialGuard = {
  /** A request that began the call went there. */
  met(peer: Flow): void
  /** @param sentTo where the request went. @returns the header that answers the challenge; undefined when it is not to be answered. */
  answer(challenge: SipResponse, request: UnsentParts, sentTo: Flow | undefined): Line | undefined
}

export function createCredentialGuard(
  stack: Pick<Stack, 'authorize' | 'count'>,
  credentials: Credentials,
): CredentialGuard {
  const met = new Set<string>()
  const isTrunk = createTrunkFinder([{ name: '', addresses: credentials.peers ?? [] }])
  let { realm } = credentials
  return {
    met: ({ address }) => void met.add(address),
    answer: (challenge, request, sentTo) => {
      const isKnown = sentTo !== undefined && (met.has(sentTo.address) || isTrunk(sentTo) !== undefined)
      const line = isKnown
        ? stack.authorize(challenge, request, realm === undefined ? credentials : { ...credentials, realm })
        : undefined
      if (line === undefined) stack.count('challenge-not-answered')
      else realm ??= parseDigest(line[1])?.get('realm')
      return line
    },
  }
}
