/** The API for whoever works at a call: which forms its agent may choose from, and each of the four gates with what closes it (PC-22, PC-56). */

import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { fault } from '../base/fault.ts'
import type { Calls } from '../call/index.ts'
import { askGates, type Directory, type Entry } from '../directory/index.ts'
import { paramsWithin } from './call-routes.ts'
import { problemOf } from './problem.ts'
import { aProblem, door } from './route.ts'

const someForms = Type.Object(
  {
    inCharge: Type.Boolean(),
    agent: Type.Optional(Type.String()),
    gates: Type.Array(
      Type.Object(
        { gate: Type.String(), open: Type.Boolean(), whyNot: Type.Optional(aProblem) },
        { additionalProperties: false },
      ),
    ),
    rights: Type.Array(Type.Object({})),
    forms: Type.Array(Type.Object({ name: Type.String(), revision: Type.Integer() })),
  },
  { additionalProperties: false },
)

/** Adds the route. @param isEnabled whether secure sessions are switched on. */
export function addFormRoutes(
  api: FastifyInstance,
  calls: Pick<Calls, 'get'>,
  directory: Pick<Directory, 'picture'>,
  isEnabled: () => boolean,
): void {
  api.get<{ Params: { callId: string } }>(
    '/api/v1/calls/:callId/forms',
    door('secure:read', 'Which forms the agent of a call may choose from, and the four gates.', { 200: someForms }),
    async (request) => {
      const { callId } = paramsWithin(calls, request, 'sees')
      const call = calls.get(callId)
      if (call === undefined) throw fault('call.not-found')
      const picture = directory.picture()
      const account = call.agentLeg?.account
      const { gates, user, rights, forms } = askGates(picture, { enabled: isEnabled(), account, form: undefined })
      return {
        inCharge: picture.inCharge,
        agent: user?.name,
        gates: gates.map(({ gate, closedBy }) => ({
          gate,
          open: closedBy === undefined,
          ...(closedBy === undefined ? {} : { whyNot: problemOf(fault(closedBy)) }),
        })),
        rights,
        forms: forms.map(shownForm),
      }
    },
  )
}

/** What an agent sees of a form; notes and attributes are not his. */
function shownForm({ name, revision, body }: Entry<'forms'>): object {
  const { notes: _notes, attributes: _attributes, ...shown } = body
  return { name, revision, ...shown }
}
