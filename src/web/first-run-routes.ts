/** The API for the first run: the one-time link makes the administrator, and what a first secure call needs is told to him. */

import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { fault } from '../base/fault.ts'
import { type Change, type Directory, decideChanges, decideFirstEntries, type Outside } from '../directory/index.ts'
import type { FirstRun, People } from '../people/index.ts'
import { refuse } from './directory-writing.ts'
import { isSecure } from './door.ts'
import { cookieOf } from './gate.ts'
import { aPrincipal, mustBePrivate, shownPrincipal } from './me-routes.ts'
import { door } from './route.ts'

const closed = { additionalProperties: false } as const
const aBeginning = Type.Object(
  {
    secret: Type.String({ minLength: 1, maxLength: 128, description: 'What stands behind the # of the link.' }),
    name: Type.String({ minLength: 1, maxLength: 64 }),
    displayName: Type.Optional(Type.String({ maxLength: 128 })),
    password: Type.String({ minLength: 1, maxLength: 1024 }),
    sample: Type.Boolean({ description: 'Whether a form and a workgroup are made, to try with.' }),
  },
  closed,
)
const aState = Type.Object({ open: Type.Boolean({ description: 'Whether a link is good just now.' }) }, closed)
export const aGuide = Type.Object(
  {
    sip: Type.Array(Type.Object({ transport: Type.String(), address: Type.String(), port: Type.Integer() }, closed)),
    phones: Type.Array(
      Type.Object(
        {
          account: Type.String(),
          displayName: Type.String(),
          password: Type.Optional(
            Type.String({ description: 'Only that of a sample account, which anybody can read in the source.' }),
          ),
          numbers: Type.Array(Type.String(), { description: 'What leads to it.' }),
        },
        closed,
      ),
    ),
    featureCode: Type.String(),
    validates: Type.Boolean({ description: 'There is a validation service, with everything that it needs.' }),
  },
  closed,
)
export type Guide = Static<typeof aGuide>

export type FirstRunDoor = {
  readonly gate: FirstRun
  readonly guide: () => Guide
}

type Parts = {
  readonly people: People
  readonly directory: Pick<Directory, 'change'>
  readonly outside: Outside
  readonly firstRun: FirstRunDoor
}

/** Adds the routes. */
export function addFirstRunRoutes(api: FastifyInstance, { people, directory, outside, firstRun }: Parts): void {
  const { gate, guide } = firstRun
  api.get(
    '/api/v1/first-run',
    door('nothing', 'Whether the first administrator is still to be made.', { 200: aState }),
    async () => ({ open: gate.isOpen }),
  )

  api.get(
    '/api/v1/first-run/guide',
    door('config:read', 'What a first secure call needs: phones, numbers, the feature code.', { 200: aGuide }),
    async () => guide(),
  )

  api.post<{ Body: Static<typeof aBeginning> }>(
    '/api/v1/first-run',
    {
      ...door(
        'log-in',
        'Makes the first administrator by the one-time link, and logs him in.',
        { 200: aPrincipal },
        { does: 'first-administrator-made' },
      ),
      schema: { body: aBeginning },
    },
    async (request, reply) => {
      mustBePrivate(request)
      const { secret, name, displayName = '', password, sample } = request.body
      const giveBack = gate.take(secret, request.ip)
      try {
        const setPasswordOf = await people.preparePassword(password, [name, displayName])
        const phone = guide().phones[0]?.account
        const done = await directory.change('first-run', (picture) =>
          decideFirstEntries(picture, { name, displayName, phone: sample ? phone : undefined, sample }, outside),
        )
        if ('refused' in done) {
          giveBack()
          return refuse(reply, done)
        }
        try {
          const userId = people.idOf(name)
          if (userId === undefined) throw fault('people.unknown-user')
          await setPasswordOf(userId)
        } catch (thrown) {
          // An administrator whom no password lets in would be in the way of every other link.
          const gone = done.changes.map(({ kind, name }) => ({ kind, name, body: undefined }) as Change)
          await directory.change('first-run', (picture) => decideChanges(picture, gone, outside))
          throw thrown
        }
      } catch (thrown) {
        giveBack()
        throw thrown
      }
      const outcome = await people.logIn({ name, password, address: request.ip })
      if (!outcome.ok) throw fault(outcome.code)
      const { cookie, principal } = outcome.loggedIn
      request.principal = principal
      return reply.header('set-cookie', cookieOf(cookie, isSecure(request))).send(shownPrincipal(principal))
    },
  )
}
