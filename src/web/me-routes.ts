/** The API for one's own way in: logging in and out, password, second factor, where one is logged in. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { fault } from '../base/fault.ts'
import type { People, Principal, Sight, SignOn } from '../people/index.ts'
import { isSecure } from './door.ts'
import { cookieGone, cookieOf } from './gate.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import { door } from './route.ts'

const aPassword = Type.String({ minLength: 1, maxLength: 1024 })
export const aCode = Type.String({ minLength: 6, maxLength: 8, pattern: '^[0-9]{3} ?[0-9]{3}$' })
export const aRecoveryCode = Type.String({ minLength: 16, maxLength: 32, pattern: '^[A-Za-z2-7 -]*$' })
const closed = { additionalProperties: false } as const

const aProof = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64 }),
    password: aPassword,
    code: Type.Optional(aCode),
    recoveryCode: Type.Optional(aRecoveryCode),
  },
  closed,
)
const aSecondProof = Type.Omit(aProof, ['name'], closed)
const aChange = Type.Object({ old: aPassword, new: aPassword }, closed)
const aConfirmation = Type.Object({ code: aCode }, closed)

export const aPrincipal = Type.Object(
  {
    name: Type.String(),
    by: Type.Enum(['configured-token', 'login', 'token']),
    role: Type.Enum(['agent', 'supervisor', 'administrator']),
    scopes: Type.Array(Type.String()),
    sees: Type.Union([Type.Literal('all'), Type.Array(Type.String())], {
      description: 'Accounts of the phones whose calls he sees, or all.',
    }),
    acts: Type.Union([Type.Literal('all'), Type.Array(Type.String())], {
      description: 'Accounts of the phones in whose calls he may act, or all.',
    }),
    mustDo: Type.Enum(['nothing', 'change-password', 'enrol']),
  },
  closed,
)
const anEnrolment = Type.Object({ uri: Type.String(), key: Type.String() }, closed)
const someCodes = Type.Object({ recoveryCodes: Type.Array(Type.String()) }, closed)
export const aLogIn = Type.Object(
  {
    loginId: Type.String(),
    address: Type.String(),
    startedAt: Type.String(),
    lastUsedAt: Type.String(),
    current: Type.Boolean(),
  },
  closed,
)
const someLogIns = Type.Object({ logIns: Type.Array(aLogIn) }, closed)
const anOnward = Type.Object({ goTo: Type.String() }, closed)
const aCount = Type.Object({ ended: Type.Integer({ minimum: 0 }) }, closed)

/** Adds the routes. */
export function addMeRoutes(api: FastifyInstance, people: People, signOn: Pick<SignOn, 'endAt'> | undefined): void {
  const onTheWay = { onTheWay: true } as const

  api.post<{ Body: Static<typeof aProof> }>(
    '/api/v1/login',
    {
      ...door(
        'log-in',
        'Logs a user in; the cookie is the proof from then on.',
        { 200: aPrincipal },
        { does: 'log-in' },
      ),
      schema: { body: aProof },
    },
    async (request, reply) => {
      mustBePrivate(request)
      const outcome = await people.logIn({ ...request.body, address: request.ip })
      if (!outcome.ok) {
        request.aboutUser = outcome.userId ?? ''
        request.faultCode = outcome.code
        const problem = problemOf(fault(outcome.code))
        if (outcome.waitMs > 0) reply.header('retry-after', Math.ceil(outcome.waitMs / 1000))
        return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
      }
      const { cookie, principal } = outcome.loggedIn
      request.principal = principal
      return reply.header('set-cookie', cookieOf(cookie, isSecure(request))).send(shownPrincipal(principal))
    },
  )

  api.post(
    '/api/v1/logout',
    door(
      'anybody',
      'Ends this log-in; where the browser has to go to end it at the identity provider too, the answer says.',
      { 200: anOnward, 204: 'empty' },
      { does: 'log-out', ...onTheWay },
    ),
    async (request, reply) => {
      const { userId, keyId, provenBy } = user(request)
      await people.logIns.end(userId, ({ loginId }) => loginId === keyId)
      reply.header('set-cookie', cookieGone(isSecure(request)))
      const goTo = provenBy === 'password' ? undefined : await signOn?.endAt()
      return goTo === undefined ? reply.status(204).send() : { goTo }
    },
  )

  api.get('/api/v1/me', door('anybody', 'Who asks, and what he may.', { 200: aPrincipal }, onTheWay), async (request) =>
    shownPrincipal(asking(request)),
  )

  api.post<{ Body: Static<typeof aChange> }>(
    '/api/v1/me/password',
    {
      ...door(
        'anybody',
        "Changes one's password; every other log-in ends.",
        { 204: 'empty' },
        { does: 'password-changed', ...onTheWay },
      ),
      schema: { body: aChange },
    },
    async (request, reply) => {
      await people.changePassword(loggedIn(request), { ...request.body, address: request.ip })
      return reply.status(204).send()
    },
  )

  api.post(
    '/api/v1/me/second-factor',
    door(
      'anybody',
      'Begins to set up an authenticator program: the key, told once.',
      { 200: anEnrolment },
      { does: 'second-factor-begun', ...onTheWay },
    ),
    async (request) => people.beginSecondFactor(loggedIn(request)),
  )

  api.post<{ Body: Static<typeof aConfirmation> }>(
    '/api/v1/me/second-factor/confirm',
    {
      ...door(
        'anybody',
        'Confirms it by its first code; recovery codes, told once.',
        { 200: someCodes },
        { does: 'second-factor-enrolled', ...onTheWay },
      ),
      schema: { body: aConfirmation },
    },
    async (request) => ({ recoveryCodes: await people.confirmSecondFactor(loggedIn(request), request.body.code) }),
  )

  api.post<{ Body: Static<typeof aSecondProof> }>(
    '/api/v1/me/second-factor/remove',
    {
      ...door(
        'anybody',
        'Takes it away, with password and a code.',
        { 204: 'empty' },
        { does: 'second-factor-removed' },
      ),
      schema: { body: aSecondProof },
    },
    async (request, reply) => {
      await people.dropSecondFactor(loggedIn(request), { ...request.body, address: request.ip })
      return reply.status(204).send()
    },
  )

  api.get('/api/v1/me/log-ins', door('anybody', 'Where one is logged in.', { 200: someLogIns }), async (request) => {
    const { userId, keyId } = loggedIn(request)
    return { logIns: (await people.logIns.of(userId)).map((login) => logInShown(login, keyId)) }
  })

  api.delete(
    '/api/v1/me/log-ins',
    door('anybody', 'Logs out everywhere, here too.', { 200: aCount }, { does: 'log-out-everywhere', ...onTheWay }),
    async (request, reply) => {
      const ended = await people.logIns.end(loggedIn(request).userId)
      return reply.header('set-cookie', cookieGone(isSecure(request))).send({ ended })
    },
  )
}

export function logInShown(
  login: Awaited<ReturnType<People['logIns']['of']>>[number],
  keyId: string,
): Static<typeof aLogIn> {
  const { loginId, address, startedMs, seenMs } = login
  return {
    ...{ loginId, address },
    startedAt: new Date(startedMs).toISOString(),
    lastUsedAt: new Date(seenMs).toISOString(),
    current: loginId === keyId,
  }
}

/** @throws Fault `web.unauthorized`, which the door has thrown before */
export function asking({ principal }: FastifyRequest): Principal {
  if (principal === undefined) throw fault('web.unauthorized')
  return principal
}

/** @throws Fault `people.no-user` for a token of the configuration */
export function user(request: FastifyRequest): Principal & { readonly userId: string } {
  const principal = asking(request)
  const { userId } = principal
  if (userId === undefined) throw fault('people.no-user')
  return { ...principal, userId }
}

/** A token neither sees nor changes the way in of its user. @throws Fault `people.no-user`, `web.forbidden` */
function loggedIn(request: FastifyRequest): ReturnType<typeof user> {
  const principal = user(request)
  if (principal.by !== 'login') throw fault('web.forbidden')
  return principal
}

/** @throws Fault `people.not-encrypted` */
export function mustBePrivate(request: FastifyRequest): void {
  if (!isSecure(request) && !isLocal(request)) throw fault('people.not-encrypted')
}

function isLocal({ ip }: FastifyRequest): boolean {
  return ip === '::1' || /^(?:::ffff:)?127\./.test(ip)
}

export function shownPrincipal({ name, by, role, scopes, sees, acts, mustDo }: Principal): Static<typeof aPrincipal> {
  return { name, by, role, scopes: [...scopes], sees: accountsIn(sees), acts: accountsIn(acts), mustDo }
}

function accountsIn(sight: Sight): 'all' | string[] {
  return sight === 'all' ? 'all' : [...sight]
}
