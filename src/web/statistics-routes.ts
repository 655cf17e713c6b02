/** The API for counts out of the call history over time, of the calls that somebody sees. */

import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { fault } from '../base/fault.ts'
import { accountsSeenBy, type HistoryDoor } from './history-routes.ts'
import { door } from './route.ts'

const MOST_STRETCHES = 400
const aTime = Type.String({ minLength: 1, maxLength: 40 })
const aQuestion = Type.Object(
  {
    since: aTime,
    until: aTime,
    step: Type.String({ pattern: '^[1-9][0-9]{0,6}$', description: 'Length of a stretch, seconds.' }),
  },
  { additionalProperties: false },
)
const aCount = Type.Integer({ minimum: 0 })
const aStretch = Type.Object(
  {
    from: Type.String({ description: 'When it begins; calls count where they began.' }),
    calls: aCount,
    bridged: aCount,
    withSession: Type.Optional(aCount),
    accepted: Type.Optional(aCount),
    declined: Type.Optional(aCount),
    failed: Type.Optional(aCount),
    secureMs: Type.Optional(
      Type.Integer({ minimum: 0, description: 'From the request of each secure session to its end, together.' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'What is about secure sessions is told to whoever may see them (`secure:read`).',
  },
)
export const someStretches = Type.Object({ stretches: Type.Array(aStretch) }, { additionalProperties: false })

/** Adds the route. */
export function addStatisticsRoutes(api: FastifyInstance, history: Pick<HistoryDoor, 'count'>): void {
  api.get<{ Querystring: Static<typeof aQuestion> }>(
    '/api/v1/call-statistics',
    {
      ...door('history:read', 'Calls and secure sessions over time, counted out of the call history.', {
        200: someStretches,
      }),
      schema: { querystring: aQuestion },
    },
    async (request): Promise<Static<typeof someStretches>> => {
      const { since, until, step } = request.query
      const [sinceMs, untilMs, stepMs] = [Date.parse(since), Date.parse(until), Number(step) * 1000]
      const count = (untilMs - sinceMs) / stepMs
      if (!(count > 0 && count <= MOST_STRETCHES)) throw fault('web.bad-request')
      const stretches = await history.count({ sinceMs, untilMs, stepMs, ...accountsSeenBy(request.principal) })
      return {
        stretches: stretches.map(({ fromMs, calls, bridged, ...ofSessions }) => ({
          ...{ from: new Date(fromMs).toISOString(), calls, bridged },
          ...(request.principal?.scopes.has('secure:read') === true ? ofSessions : {}),
        })),
      }
    },
  )
}
