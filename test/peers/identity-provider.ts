/**
 * An identity provider over HTTPS for tests: `oidc-provider`, which asks nobody for a password but takes whoever a test names. What it answers at its token endpoint can be spoilt on the
 * way out, with its own key, so that whoever checks it meets a provider that is right in everything else.
 */

import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { Provider } from 'oidc-provider'
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js'
import type { Identity } from './authority.ts'

export const CLIENT = { id: 'sotto', secret: 'a-secret-between-the-two' }

export type Account = {
  readonly subject: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly amr?: readonly string[]
}

/** What an ID token is made of, to be changed; `alg: none` leaves it unsigned. */
export type TokenParts = { header: { alg: string; kid: string }; claims: Record<string, unknown> }

export type IdentityProvider = {
  readonly issuer: string
  /** Who logs in next. */
  account: Account
  /** Spoils the ID tokens from now on; undefined leaves them as they are. */
  spoil: ((parts: TokenParts) => void) | undefined
  /** Another key signs from now on, and the one before is withdrawn. */
  rotate(): Promise<void>
  /** Tells the client that a log-in has ended, as the provider does when somebody logs out there. @throws Error when that is not taken */
  tellEnd(subject: string, session: string): Promise<void>
  /** A logout token of its own hand, changed. */
  logoutToken(change?: (parts: TokenParts) => void): Promise<string>
  /** Nothing is answered any more; what stands is cut. */
  goDown(): Promise<void>
  close(): Promise<void>
}

/** @param redirectUris of the client. @param identity for localhost. */
export async function startIdentityProvider(
  redirectUris: readonly string[],
  { certificate, key }: Identity,
): Promise<IdentityProvider> {
  const server = createServer({ cert: certificate, key })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  const current = { account: { subject: '', claims: {} } as Account, spoil: undefined as IdentityProvider['spoil'] }
  let signing = await makeSigningKey(1)
  let keys = 1
  let tokens = 0
  let provider = providerWith(issuer, signing, redirectUris, () => current.account)
  let answer = provider.callback()
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/') === true) {
      const { subject, amr } = current.account
      const login = { accountId: subject, ...(amr === undefined ? {} : { amr }) }
      void provider.interactionFinished(request, response, { login })
      return
    }
    if (request.url === '/token') spoilTokens(request, response, signing, () => current.spoil)
    answer(request, response)
  })
  const close = async () => {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  return Object.assign(current, {
    issuer,
    async rotate() {
      keys += 1
      signing = await makeSigningKey(keys)
      provider = providerWith(issuer, signing, redirectUris, () => current.account)
      answer = provider.callback()
    },
    tellEnd: async (subject: string, session: string) =>
      (await provider.Client.find(CLIENT.id)).backchannelLogout(subject, session),
    async logoutToken(change: (parts: TokenParts) => void = () => undefined) {
      const now = Math.floor(Date.now() / 1000)
      tokens += 1
      const claims = {
        ...{ iss: issuer, aud: CLIENT.id, iat: now, exp: now + 120, jti: `token-${tokens}` },
        sub: current.account.subject,
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      }
      const parts: TokenParts = { header: { alg: 'ES256', kid: signing.kid }, claims }
      change(parts)
      return signed(parts, signing)
    },
    goDown: close,
    close,
  })
}

async function makeSigningKey(number: number): Promise<JWK & { readonly kid: string }> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: `key-${number}`, alg: 'ES256', use: 'sig' }
}

function providerWith(issuer: string, key: JWK, redirectUris: readonly string[], account: () => Account): Provider {
  const provider: Provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: redirectUris,
        post_logout_redirect_uris: redirectUris.map((uri) => `${new URL(uri).origin}/`),
        response_types: ['code'],
        grant_types: ['authorization_code'],
        id_token_signed_response_alg: 'ES256',
        backchannel_logout_uri: `${new URL(redirectUris[0] ?? issuer).origin}/login/openid-connect/logout`,
        backchannel_logout_session_required: true,
      },
    ],
    adapter: createMemoryAdapter(),
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 60, IdToken: 60 },
    jwks: { keys: [key] },
    cookies: { keys: ['of this test'] },
    // Its own way goes to no address of loopback.
    fetch: (to: string, { dispatcher: _its, ...options }: RequestInit & { dispatcher?: unknown }) => fetch(to, options),
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    claims: {
      openid: ['sub', 'amr'],
      profile: ['name', 'preferred_username', 'groups'],
      email: ['email', 'email_verified'],
    },
    pkce: { required: () => true },
    findAccount: async (_context: unknown, subject: string) => ({
      accountId: subject,
      claims: async () => ({ sub: subject, ...account().claims }),
    }),
    loadExistingGrant: async ({ oidc }: { oidc: { client: { clientId: string }; session: { accountId: string } } }) => {
      const grant = new provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId })
      grant.addOIDCScope('openid profile email')
      await grant.save()
      return grant
    },
  })
  return provider
}

/** Changes the ID token in an answer that is about to leave. */
function spoilTokens(
  request: IncomingMessage,
  response: ServerResponse,
  key: JWK & { readonly kid: string },
  spoil: () => IdentityProvider['spoil'],
): void {
  const end = response.end.bind(response)
  const spoilt = async (text: string) => {
    const body = JSON.parse(text)
    const change = spoil()
    if (change === undefined || typeof body.id_token !== 'string') return text
    const claims = JSON.parse(Buffer.from(String(body.id_token.split('.')[1]), 'base64url').toString())
    const parts: TokenParts = { header: { alg: 'ES256', kid: key.kid }, claims }
    change(parts)
    return JSON.stringify({ ...body, id_token: await signed(parts, key) })
  }
  response.end = (chunk?: unknown) => {
    void spoilt(String(chunk)).then((text) => {
      response.setHeader('content-length', Buffer.byteLength(text))
      end(text)
    })
    return response
  }
  request.on('error', () => undefined)
}

async function signed({ header, claims }: TokenParts, key: JWK): Promise<string> {
  if (header.alg !== 'none') return new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(key, 'ES256'))
  const encoded = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  return `${encoded.join('.')}.`
}
