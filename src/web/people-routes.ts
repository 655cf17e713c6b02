/** The API for the ways in of others: setting a password, taking away a lost second factor, ending log-ins. Users themselves are entries of the directory. */

import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { fault } from '../base/fault.ts'
import type { People } from '../people/index.ts'
import { aLogIn, asking, logInShown } from './me-routes.ts'
import { door } from './route.ts'

const closed = { additionalProperties: false } as const
const aPath = Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) }, closed)
const aPassword = Type.Object({ password: Type.String({ minLength: 1, maxLength: 1024 }) }, closed)
const aWayIn = Type.Object(
  {
    password: Type.Boolean(),
    secondFactor: Type.Boolean(),
    recoveryCodes: Type.Integer({ minimum: 0 }),
    provider: Type.Boolean({ description: 'Tied to an account at the identity provider.' }),
    logIns: Type.Array(aLogIn),
  },
  closed,
)
const aCount = Type.Object({ ended: Type.Integer({ minimum: 0 }) }, closed)
type Named = { Params: Static<typeof aPath> }

/** Adds the routes. */
export function addPeopleRoutes(api: FastifyInstance, people: People): void {
  /** @throws Fault `people.unknown-user` */
  const idOf = (name: string): string => {
    const userId = people.idOf(name)
    if (userId === undefined) throw fault('people.unknown-user')
    return userId
  }

  api.get<Named>(
    '/api/v1/directory/users/:name/way-in',
    {
      ...door('people:read', 'How somebody may log in, and where he has.', { 200: aWayIn }),
      schema: { params: aPath },
    },
    async (request) => {
      const userId = idOf(request.params.name)
      const logIns = (await people.logIns.of(userId)).map((login) => logInShown(login, asking(request).keyId))
      return { ...(await people.wayIn(userId)), logIns }
    },
  )

  api.put<Named & { Body: Static<typeof aPassword> }>(
    '/api/v1/directory/users/:name/password',
    {
      ...door(
        'people:write',
        'Sets a password, which its user has to change; all his log-ins end.',
        { 204: 'empty' },
        { does: 'password-set' },
      ),
      schema: { params: aPath, body: aPassword },
    },
    async (request, reply) => {
      await people.setPassword(idOf(request.params.name), request.body.password)
      return reply.status(204).send()
    },
  )

  api.delete<Named>(
    '/api/v1/directory/users/:name/second-factor',
    {
      ...door('people:write', 'Takes a lost second factor away.', { 204: 'empty' }, { does: 'second-factor-reset' }),
      schema: { params: aPath },
    },
    async (request, reply) => {
      await people.resetSecondFactor(idOf(request.params.name))
      return reply.status(204).send()
    },
  )

  api.delete<Named>(
    '/api/v1/directory/users/:name/openid-connect',
    {
      ...door(
        'people:write',
        'Unties somebody from his account at the identity provider; all his log-ins end.',
        { 204: 'empty' },
        { does: 'provider-untied' },
      ),
      schema: { params: aPath },
    },
    async (request, reply) => {
      await people.untie(idOf(request.params.name))
      return reply.status(204).send()
    },
  )

  api.delete<Named>(
    '/api/v1/directory/users/:name/log-ins',
    {
      ...door('people:write', 'Ends every log-in of somebody.', { 200: aCount }, { does: 'log-ins-ended' }),
      schema: { params: aPath },
    },
    async (request) => ({ ended: await people.logIns.end(idOf(request.params.name)) }),
  )
}
