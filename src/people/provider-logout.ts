/**
 * What an identity provider sends when somebody's log-in has ended there: a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.4), which is checked as its section 2.6 says. Signatures and
 * times are `jose`'s business. No ID token is one: it names no such event, and what names a nonce is refused.
 */

import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import { fault } from '../base/fault.ts'
import type { Milliseconds } from '../base/units.ts'

/** Whose log-ins end: all of a subject, those of one session at the provider, or those of that session which are of the subject. */
export type EndedThere = {
  /** Names this message, so that it counts once. */
  readonly id: string
  readonly subject: string | undefined
  readonly session: string | undefined
}

/** As the provider shows them (RFC 7517 section 5). */
export type ProviderKeys = JSONWebKeySet

export type LogoutTerms = { readonly issuer: string; readonly clientId: string; readonly wallMs: Milliseconds }

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** Those of a key that the provider alone has. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
/** Clocks differ by so much, and a message is on its way for as long at most. */
const TOLERANCE_SECONDS = 60
const OLDEST_SECONDS = 300
const MOST_CHARS = 255

/** @returns whether it may be one for us, before anybody is asked for keys. */
export function isForUs(token: string, { issuer, clientId }: LogoutTerms): boolean {
  try {
    const { iss, aud } = decodeJwt(token)
    return iss === issuer && [aud].flat().includes(clientId)
  } catch {
    return false
  }
}

/** @param keys of the provider, as it shows them now. @throws Fault `people.bad-logout-token` */
export async function endedIn(token: string, keys: ProviderKeys, terms: LogoutTerms): Promise<EndedThere> {
  const claims = await verified(token, keys, terms)
  const { jti, sub, sid } = claims
  const isOne = isRecord(claims['events']) && isRecord(claims['events'][EVENT]) && !('nonce' in claims)
  if (!isOne || !isName(jti) || !(isName(sub) || isName(sid))) throw fault('people.bad-logout-token')
  if (![sub, sid].every((name) => name === undefined || isName(name))) throw fault('people.bad-logout-token')
  return { id: jti, subject: sub, session: sid as string | undefined }
}

async function verified(token: string, keys: ProviderKeys, terms: LogoutTerms): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      issuer: terms.issuer,
      audience: terms.clientId,
      algorithms: ALGORITHMS,
      requiredClaims: ['iat', 'exp', 'jti'],
      clockTolerance: TOLERANCE_SECONDS,
      maxTokenAge: OLDEST_SECONDS,
      currentDate: new Date(terms.wallMs),
    })
    return payload
  } catch (thrown) {
    throw fault('people.bad-logout-token', {}, thrown)
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MOST_CHARS
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
