/** The API for who is looked after: the workgroups that somebody supervises, with their members and the phones that these work at. Whoever sees all calls sees all of them. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Directory, Picture } from '../directory/index.ts'
import { door } from './route.ts'

const closed = { additionalProperties: false } as const
const aMember = Type.Object(
  {
    name: Type.String(),
    displayName: Type.String(),
    phone: Type.Optional(Type.String({ description: 'Account of the phone that he works at.' })),
  },
  closed,
)
const aWorkgroup = Type.Object(
  { name: Type.String(), displayName: Type.String(), members: Type.Array(aMember) },
  closed,
)
export const someWorkgroups = Type.Object({ workgroups: Type.Array(aWorkgroup) }, closed)

/** Adds the route. */
export function addTeamRoutes(api: FastifyInstance, directory: Pick<Directory, 'picture'>): void {
  api.get(
    '/api/v1/team',
    door('calls:read', 'Workgroups that one supervises, and their members.', { 200: someWorkgroups }),
    async (request) => ({ workgroups: workgroupsOf(directory.picture(), request.principal) }),
  )
}

type Asking = Pick<NonNullable<FastifyRequest['principal']>, 'name' | 'userId' | 'sees'>

/** @returns them in the order of their names; members who are disabled are left out. */
export function workgroupsOf(
  picture: Picture,
  asking: Asking | undefined,
): Static<typeof someWorkgroups>['workgroups'] {
  if (asking === undefined) return []
  const { users, workgroups } = picture.entries
  const looksAfter = (supervisors: readonly string[]) =>
    asking.sees === 'all' || (asking.userId !== undefined && supervisors.includes(asking.name))
  return [...workgroups.values()]
    .filter(({ body }) => looksAfter(body.supervisors))
    .map(({ name, body }) => ({
      name,
      displayName: body.displayName || name,
      members: body.members.flatMap((member) => {
        const user = users.get(member)
        if (user === undefined || user.body.disabled) return []
        const { displayName, phone } = user.body
        return [{ name: member, displayName: displayName || member, ...(phone === undefined ? {} : { phone }) }]
      }),
    }))
}
