/**
 * The ways to log in, and the one by an identity provider. Three addresses are for the browser itself: where it begins, where the provider sends it back to, and from there onward; the
 * code of a second factor, where one is needed, goes through the API like a password.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { fault } from '../base/fault.ts'
import type { SignOn, SignOnOutcome } from '../people/index.ts'
import { nothingMore } from './answers.ts'
import { isSecure } from './door.ts'
import { cookieOf, ticketCookieOf, ticketIn } from './gate.ts'
import { aCode, aPrincipal, aRecoveryCode, mustBePrivate, shownPrincipal } from './me-routes.ts'
import { door } from './route.ts'
import { HTML_TYPE, onwardPage } from './sign-on-page.ts'

export const SIGN_ON_PATH = '/login/openid-connect'
const closed = { additionalProperties: false } as const
export const someWays = Type.Object(
  {
    ways: Type.Array(
      Type.Object(
        {
          way: Type.Enum(['password', 'openid-connect']),
          displayName: Type.Optional(Type.String()),
          begin: Type.Optional(
            Type.String({ description: 'Where the browser goes, with ?returnTo=/the/page behind it.' }),
          ),
        },
        closed,
      ),
    ),
    needsCode: Type.Boolean({
      description:
        'The identity provider knows who it is, and the code of the second factor goes to POST /api/v1/login/openid-connect.',
    }),
  },
  closed,
)
const aBeginning = Type.Object({ returnTo: Type.Optional(Type.String({ maxLength: 512 })) }, closed)
const aGivenCode = Type.Object({ code: Type.Optional(aCode), recoveryCode: Type.Optional(aRecoveryCode) }, closed)
const aLogout = Type.Object({ logout_token: Type.String({ minLength: 1, maxLength: 16_384 }) })
const FORM_TYPE = 'application/x-www-form-urlencoded'
const MOST_FORM_OCTETS = 32_768
const aPage = { media: HTML_TYPE } as const

/** Adds the routes. */
export function addSignOnRoutes(api: FastifyInstance, signOn: SignOn | undefined): void {
  const there = (): SignOn => {
    if (signOn === undefined) throw fault('people.no-provider')
    return signOn
  }
  const ticketOf = (request: FastifyRequest) => ticketIn(request.headers.cookie, isSecure(request))

  api.get('/api/v1/login', door('log-in', 'The ways to log in.', { 200: someWays }), async (request) => ({
    ways: [
      { way: 'password' },
      ...(signOn === undefined ? [] : [{ way: 'openid-connect', displayName: signOn.title, begin: SIGN_ON_PATH }]),
    ],
    needsCode: signOn?.needsCode(ticketOf(request)) ?? false,
  }))

  api.get<{ Querystring: Static<typeof aBeginning> }>(
    SIGN_ON_PATH,
    {
      ...door('log-in', 'Sends a browser to the identity provider.', { 303: 'empty' }, { page: true }),
      schema: { querystring: aBeginning },
    },
    async (request, reply) => {
      mustBePrivate(request)
      const { goTo, ticket } = await there().begin(request.query.returnTo)
      return reply
        .header('set-cookie', ticketCookieOf(ticket, isSecure(request), 'Lax'))
        .header('location', goTo)
        .status(303)
        .send()
    },
  )

  api.get(
    `${SIGN_ON_PATH}/back`,
    door(
      'log-in',
      'Where the identity provider sends a browser back to.',
      { 200: aPage },
      { does: 'log-in', page: true, fromElsewhere: true },
    ),
    async (request, reply) => {
      mustBePrivate(request)
      const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?') + 1) : ''
      const outcome = admitted(request, reply, await there().back(ticketOf(request), query, request.ip))
      return reply.type(HTML_TYPE).send(onwardPage(outcome.returnTo))
    },
  )

  api.post<{ Body: Static<typeof aGivenCode> }>(
    '/api/v1/login/openid-connect',
    {
      ...door(
        'log-in',
        'Logs in whom the identity provider knows, by the code of the second factor.',
        { 200: aPrincipal },
        { does: 'log-in' },
      ),
      schema: { body: aGivenCode },
    },
    async (request, reply) => {
      mustBePrivate(request)
      const outcome = admitted(request, reply, await there().finish(ticketOf(request), request.body, request.ip))
      if (outcome.is === 'needs-code') throw fault('people.code-needed')
      return shownPrincipal(outcome.loggedIn.principal)
    },
  )
  addLogoutRoute(api, there)
}

/** OpenID Connect Back-Channel Logout 1.0 section 2.5: the provider itself comes, with a form, no browser and no cookie. */
function addLogoutRoute(api: FastifyInstance, there: () => SignOn): void {
  void api.register(async (scope) => {
    scope.addContentTypeParser(FORM_TYPE, { parseAs: 'string', bodyLimit: MOST_FORM_OCTETS }, (_request, body, done) =>
      done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    scope.post<{ Body: Static<typeof aLogout> }>(
      `${SIGN_ON_PATH}/logout`,
      {
        ...door(
          'log-in',
          'Where the identity provider tells that a log-in has ended there: those that came of it end here too.',
          { 200: nothingMore },
          { does: 'log-out-by-provider', fromElsewhere: true },
        ),
        schema: { body: aLogout },
      },
      async (request) => {
        request.aboutUser = (await there().endedThere(request.body.logout_token)) ?? ''
        return {}
      },
    )
  })
}

/** Says on request and answer what became of a log-in. @throws Fault for who is not let in */
function admitted(
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: SignOnOutcome,
): Exclude<SignOnOutcome, { is: 'refused' }> {
  const secure = isSecure(request)
  if (outcome.is === 'refused') {
    request.aboutUser = outcome.userId ?? ''
    // A code that was wrong may be given again; whatever else there was is spent.
    if (outcome.userId === undefined) reply.header('set-cookie', ticketCookieOf('', secure, 'Lax'))
    throw outcome.cause
  }
  if (outcome.is === 'needs-code') {
    request.aboutUser = outcome.userId
    request.faultCode = 'people.code-needed'
    reply.header('set-cookie', ticketCookieOf(outcome.ticket, secure, 'Strict'))
    return outcome
  }
  const { cookie, principal } = outcome.loggedIn
  request.principal = principal
  reply.header('set-cookie', [cookieOf(cookie, secure), ticketCookieOf('', secure, 'Lax')])
  return outcome
}
