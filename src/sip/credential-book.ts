/**
 * The challenges that one client has met, by realm, so that the next request answers them unasked (RFC 7616 section 3.6) and only a challenge
 * that is new is answered: credentials that were refused are not sent again.
 */

import { authorize, type ClientChallenge, type ClientCredentials, chooseChallenges, mayRetry } from './digest-client.ts'
import type { SipResponse } from './message.ts'
import type { UnsentParts } from './stack.ts'
import type { Line } from './write-message.ts'

export type CredentialBook = {
  /** The headers that answer every challenge known. */
  headers(request: UnsentParts): readonly Line[]
  /** Takes the challenges of a 401 or 407. @returns whether trying again makes sense. */
  take(response: SipResponse): boolean
  /** A new exchange begins: nonces that it inherits may be old, and are no proof that the password is wrong. */
  begin(): void
}

type Entry = { challenge: ClientChallenge; readonly header: string; isInherited: boolean; stales: number }

/** Nonces that may run out one after the other in one exchange. */
const MOST_STALES = 2
const MOST_REALMS = 4

/** @param cnonce draws unpredictable text. */
export function createCredentialBook(credentials: ClientCredentials, cnonce: () => string): CredentialBook {
  const entries = new Map<string, Entry>()
  return {
    headers: (request) =>
      [...entries.values()].map((entry): Line => {
        const { value, challenge } = authorize(entry.challenge, credentials, request, cnonce())
        entry.challenge = challenge
        return [entry.header, value]
      }),
    take: (response) => {
      const isProxy = response.status === 407
      const name = isProxy ? 'proxy-authenticate' : 'www-authenticate'
      const header = isProxy ? 'Proxy-Authorization' : 'Authorization'
      let isNew = false
      for (const challenge of chooseChallenges(response.values.filter((_, at) => response.names[at] === name))) {
        const key = `${header} ${challenge.realm}`
        const old = entries.get(key)
        if (old === undefined && entries.size >= MOST_REALMS) continue
        const isStale = old !== undefined && mayRetry(old.challenge, challenge) && old.stales < MOST_STALES
        if (old !== undefined && !old.isInherited && !isStale) {
          entries.delete(key)
          return false
        }
        entries.set(key, { challenge, header, isInherited: false, stales: (old?.stales ?? 0) + (isStale ? 1 : 0) })
        isNew = true
      }
      return isNew
    },
    begin: () => {
      for (const entry of entries.values()) Object.assign(entry, { isInherited: true, stales: 0 })
    },
  }
}
