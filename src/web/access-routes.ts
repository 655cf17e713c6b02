/** The API for the access log: its records as they were signed, newest first. */

import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { fault } from '../base/fault.ts'
import { door } from './route.ts'

export type AccessReading = {
  /** Lines of the log, newest first, and the number before which the next page ends. */
  readonly page: (
    before: number | undefined,
    limit: number,
  ) => Promise<{ readonly lines: readonly string[]; readonly before: number | undefined }>
}

const PAGE_RECORDS = 100
const aQuestion = Type.Object(
  {
    before: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,14}$', description: '`before` of the page before.' })),
    limit: Type.Optional(Type.String({ pattern: '^(?:[1-9][0-9]{0,2}|1000)$' })),
  },
  { additionalProperties: false },
)
const aPage = Type.Object(
  {
    records: Type.Array(Type.Object({ record: Type.Object({ number: Type.Integer() }), signature: Type.String() })),
    before: Type.Optional(Type.Integer()),
  },
  { additionalProperties: false },
)

/** Adds the route. */
export function addAccessRoutes(api: FastifyInstance, log: AccessReading): void {
  api.get<{ Querystring: Static<typeof aQuestion> }>(
    '/api/v1/access-log',
    {
      ...door(
        'access:read',
        'Who did what, newest first: signed, and chained.',
        { 200: aPage },
        { does: 'access-log-read' },
      ),
      schema: { querystring: aQuestion },
    },
    async (request) => {
      const { before, limit } = request.query
      const page = await log
        .page(before === undefined ? undefined : Number(before), limit === undefined ? PAGE_RECORDS : Number(limit))
        .catch((thrown: unknown) => {
          throw fault('access.not-readable', {}, thrown)
        })
      return {
        records: page.lines.map((line) => JSON.parse(line)),
        ...(page.before === undefined ? {} : { before: page.before }),
      }
    },
  )
}
