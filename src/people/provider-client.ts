/**
 * The identity provider of the configuration, spoken to by OpenID Connect: authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0 section 3.1, RFC 9700). The
 * protocol is `openid-client`'s; here is what of it is used, and what its failures are called.
 *
 * What the provider says of itself is asked for again after a minute, its keys with every log-in: a key that was changed counts at once, and one that was withdrawn no more.
 */

import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  type CustomFetch,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type ServerMetadata,
} from 'openid-client'
import { Fault, fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import type { Secret } from '../base/secret.ts'
import { reasonWordOf, systemCodeOf } from '../base/system-error.ts'
import type { Milliseconds } from '../base/units.ts'
import type { Claims } from './provider-claims.ts'
import { type EndedThere, endedIn, isForUs, type ProviderKeys } from './provider-logout.ts'

export type ProviderTerms = {
  readonly issuer: string
  readonly clientId: string
  /** Undefined: a public client, which PKCE protects alone. */
  readonly clientSecret: Secret | undefined
  readonly redirectUri: string
  readonly scopes: readonly string[]
  /** Asked for, in the order of preference; none when empty. */
  readonly acrValues: readonly string[]
  /** Claims that are asked for at the UserInfo endpoint when the ID token does not have them. */
  readonly wanted: readonly string[]
}

/** What has to be known again when the browser comes back. */
export type Begun = { readonly state: string; readonly nonce: string; readonly verifier: string }

export type ProviderClient = {
  /** @returns where the browser has to go. @throws Fault `people.provider-down` */
  begin(): Promise<{ readonly goTo: string; readonly begun: Begun }>
  /** @param query what the browser came back with. @returns what the provider says of who it is. @throws Fault `people.provider-*`, `people.sign-on-failed` */
  redeem(query: string, begun: Begun): Promise<Claims>
  /** @returns where the browser goes to end the log-in at the provider too; undefined when it has no such place, or is not there. */
  endAt(returnTo: string): Promise<string | undefined>
  /** @param token that somebody sent as a logout token. @param wallMs the time. @returns whose log-in has ended there. @throws Fault `people.bad-logout-token`, `people.provider-down` */
  ended(token: string, wallMs: Milliseconds): Promise<EndedThere>
}

/** Of each request, from looking up the name to the end of the answer. */
const LIMIT_SECONDS = 5
const ASKED_AGAIN_MS: Milliseconds = 60_000
/** For the keys of logout tokens. */
const KEYS_ASKED_AGAIN_MS: Milliseconds = 10_000

/** @param now ms of a clock that never runs backwards. */
export function createProviderClient(terms: ProviderTerms, send: CustomFetch, now: () => Milliseconds): ProviderClient {
  let known: { readonly said: Promise<ServerMetadata>; readonly atMs: Milliseconds } | undefined

  let shown: { readonly keys: Promise<ProviderKeys>; readonly atMs: Milliseconds } | undefined

  const ask = async (): Promise<ServerMetadata> => {
    const found = await discovery(new URL(terms.issuer), terms.clientId, undefined, None(), {
      [customFetch]: send,
      timeout: LIMIT_SECONDS,
    })
    return found.serverMetadata()
  }
  /** What was refused is asked for again by the next; who comes meanwhile waits for the same answer. */
  const metadata = (): Promise<ServerMetadata> => {
    if (known !== undefined && now() - known.atMs < ASKED_AGAIN_MS) return known.said
    const said = ask()
    const asked = { said, atMs: now() }
    known = asked
    said.catch(() => {
      if (known === asked) known = undefined
    })
    return said
  }
  const configured = async () => {
    const said = await metadata()
    const config = new Configuration(said, terms.clientId, undefined, authenticationOf(terms.clientSecret, said))
    config[customFetch] = send
    config.timeout = LIMIT_SECONDS
    // Over TLS the signature may go unchecked (Core section 3.1.3.7); a proxy between us is no provider.
    enableNonRepudiationChecks(config)
    return config
  }

  const askKeys = async (): Promise<ProviderKeys> => {
    const { jwks_uri: address } = await metadata()
    if (address === undefined) throw fault('people.provider-down', { reason: 'no-keys' })
    const signal = AbortSignal.timeout(LIMIT_SECONDS * 1000)
    const headers = { accept: 'application/json' }
    const answer = await send(address, { method: 'GET', headers, body: undefined, redirect: 'manual', signal })
    if (answer.status !== 200) throw fault('people.provider-down', { reason: 'no-keys' })
    return (await answer.json()) as ProviderKeys
  }
  /** Anybody may send a logout token, and have the provider asked by that: so often at most. */
  const keys = (): Promise<ProviderKeys> => {
    if (shown !== undefined && now() - shown.atMs < KEYS_ASKED_AGAIN_MS) return shown.keys
    const asked = { keys: askKeys(), atMs: now() }
    shown = asked
    asked.keys.catch(() => {
      if (shown === asked) shown = undefined
    })
    return asked.keys
  }

  return {
    async begin() {
      const config = await told(configured)
      const begun = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() }
      const { redirectUri, scopes, acrValues } = terms
      const url = buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: [...new Set(['openid', ...scopes])].join(' '),
        code_challenge: await calculatePKCECodeChallenge(begun.verifier),
        code_challenge_method: 'S256',
        state: begun.state,
        nonce: begun.nonce,
        ...(acrValues.length === 0 ? {} : { acr_values: acrValues.join(' ') }),
      })
      return { goTo: url.href, begun }
    },
    redeem: (query, { state, nonce, verifier }) =>
      told(async () => {
        const config = await configured()
        const tokens = await authorizationCodeGrant(config, new URL(`${terms.redirectUri}?${query}`), {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        })
        const claims = tokens.claims()
        if (claims === undefined) throw fault('people.sign-on-failed', { reason: 'no-id-token' })
        const hasAll = terms.wanted.every((name) => name in claims)
        if (hasAll || config.serverMetadata().userinfo_endpoint === undefined) return claims
        return { ...(await fetchUserInfo(config, tokens.access_token, claims.sub)), ...claims }
      }),
    async endAt(returnTo) {
      const config = await configured().catch(() => undefined)
      if (config?.serverMetadata().end_session_endpoint === undefined) return undefined
      return buildEndSessionUrl(config, { post_logout_redirect_uri: returnTo }).href
    },
    async ended(token, wallMs) {
      const about = { issuer: terms.issuer, clientId: terms.clientId, wallMs }
      if (!isForUs(token, about)) throw fault('people.bad-logout-token')
      return endedIn(token, await told(keys), about)
    },
  }
}

/** As the provider says that it takes it; where it says nothing, as Core section 9 has it. */
function authenticationOf(secret: Secret | undefined, said: ServerMetadata): ClientAuth {
  if (secret === undefined) return None()
  const taken = said.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  const given = secret.reveal()
  return taken.includes('client_secret_basic') ? ClientSecretBasic(given) : ClientSecretPost(given)
}

/** @throws Fault for whatever the library throws; nothing of what the provider or the browser wrote goes along. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw faultIn(thrown) ?? fault(codeFor(thrown), { reason: reasonWordOf(thrown) }, thrown)
  }
}

/** Ours, whatever the library has wrapped it in. */
function faultIn(thrown: unknown): Fault | undefined {
  if (thrown instanceof Fault) return thrown
  return thrown instanceof Error ? faultIn(thrown.cause) : undefined
}

/** Errors of an authorization response by which the provider says that it cannot just now (RFC 6749 section 4.1.2.1). */
const NOT_NOW = new Set(['server_error', 'temporarily_unavailable'])
/** Errors of the token endpoint that are about us, and not about who logs in (RFC 6749 section 5.2). */
const ABOUT_US = new Set(['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope'])
/** What the library calls answers that are none. */
const NO_ANSWER = new Set([
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
])

function codeFor(thrown: unknown): FaultCode {
  if (thrown instanceof AuthorizationResponseError)
    return NOT_NOW.has(thrown.error) ? 'people.provider-down' : 'people.provider-refused'
  if (thrown instanceof ResponseBodyError)
    return ABOUT_US.has(thrown.error) ? 'people.provider-unknown-client' : 'people.sign-on-failed'
  return NO_ANSWER.has(systemCodeOf(thrown)) ? 'people.provider-down' : 'people.sign-on-failed'
}
