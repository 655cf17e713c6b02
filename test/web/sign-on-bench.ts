/** Logging in by an identity provider, in tests: a server, a provider that it knows, and a browser. */

import { setDefaultCACertificates } from 'node:tls'
import type { Test } from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { makeDevelopmentCertificates } from '../../src/demo/certificate.ts'
import { claimsWanted, createProviderClient, createSignOn, providerRequests } from '../../src/people/index.ts'
import { createSealing } from '../../src/people/sealing.ts'
import type { SignOnTerms } from '../../src/people/sign-on.ts'
import { userOf } from '../../src/people/user.ts'
import { openWalker } from '../peers/cookie-walker.ts'
import { freePort } from '../peers/free-port.ts'
import { type Account, CLIENT, startIdentityProvider, type TokenParts } from '../peers/identity-provider.ts'
import { standing } from '../people/crew.ts'
import { checkedServer } from './checked-server.ts'
import { webBench } from './web-bench.ts'

/** Known to the provider. */
export const ANN: Account = { subject: 'subject-1', claims: { preferred_username: 'ann', name: 'Ann Example' } }
const TERMS = {
  title: 'Example Corp',
  nameClaim: 'preferred_username',
  nameDomain: undefined,
  requires: undefined,
  administrators: undefined,
  secondFactor: { amr: ['mfa'], acr: [] },
  unknownUsers: 'refuse',
  endsThere: false,
} as const

/** A server, a provider that it knows, and a browser. */
export async function signOnBench(
  t: Test,
  more: Partial<SignOnTerms> = {},
  secondFactorFor: Parameters<typeof webBench>[1] = [],
) {
  const port = await freePort()
  const own = `https://localhost:${port}`
  const redirectUri = `${own}/login/openid-connect/back`
  const certificates = await makeDevelopmentCertificates(Date.now())
  // The provider comes to us by itself.
  setDefaultCACertificates([certificates.authority])
  const provider = await startIdentityProvider([redirectUri], certificates)
  provider.account = ANN
  const web = webBench({ tls: certificates }, secondFactorFor)
  web.time.wallMs = Date.now()
  const begunMs = performance.now()
  const terms: SignOnTerms = { ...TERMS, issuer: provider.issuer, ownUrl: own, ...more }
  const client = createProviderClient(
    {
      ...{ issuer: provider.issuer, clientId: CLIENT.id, clientSecret: new Secret(CLIENT.secret), redirectUri },
      ...{ scopes: ['profile', 'email'], acrValues: [], wanted: claimsWanted(terms) },
    },
    providerRequests(certificates.authority),
    () => web.time.nowMs,
  )
  const put: string[] = []
  const signOn = createSignOn({
    ...{ terms, client, people: web.people, rows: web.rows, sealing: createSealing(Buffer.alloc(32, 9)) },
    users: {
      byId: (id) => found([...web.users.values()].find(({ userId }) => userId === id)),
      byName: (name) => found([...web.users.values()].find((user) => user.name === name)),
    },
    now: () => web.time.nowMs,
    // Goes on by itself, too: the provider's does, and what it signs is judged by ours.
    wallMs: () => web.time.wallMs + performance.now() - begunMs,
    putUser: async (name, body) => {
      put.push(JSON.stringify({ name, ...body }))
      const before = web.users.get(`user-${name}`) ?? standing(name)
      web.users.set(`user-${name}`, { ...before, ...body })
      return `user-${name}`
    },
  })
  const app = checkedServer({ ...web.options, signOn })
  await app.listen({ host: '127.0.0.1', port })
  t.teardown(async () => {
    app.server.closeAllConnections()
    await app.close()
    await provider.close()
  })
  const browser = openWalker(certificates.authority)
  /** Somebody else sits down at the browser, or the same comes anew. */
  const as = (account: Account) => {
    provider.account = account
    browser.forget(provider.issuer)
  }
  const me = async () => JSON.parse((await browser.ask('GET', `${own}/api/v1/me`)).text)
  return { ...web, own, provider, browser, as, me, put, begin: `${own}/login/openid-connect`, back: redirectUri }
}

function found(user: Parameters<typeof userOf>[0] | undefined) {
  return user === undefined ? undefined : userOf(user)
}

/** @returns what makes a claim of a token another one. */
export function claim(name: string, value: unknown) {
  return (parts: TokenParts) => {
    parts.claims[name] = value
  }
}

/** @returns what makes a header of a token another one. */
export function header(name: 'alg' | 'kid', value: string) {
  return (parts: TokenParts) => {
    parts.header[name] = value
  }
}
