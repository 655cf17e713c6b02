/** The API for the media processes: how busy each is, and its replacement while calls run. */

import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { door } from './route.ts'

export type MediaDoor = {
  /** Every process as it is now, in numbers. */
  readonly list: () => readonly object[]
  /** Has a fresh process take the calls to come. @throws Fault `media.unknown-process` and the like */
  readonly replace: (pid: number) => Promise<{ readonly pid: number; readonly calls: number }>
}

const aProcess = Type.Object({ pid: Type.String({ pattern: '^[1-9][0-9]{0,9}$' }) }, { additionalProperties: false })

const someProcesses = Type.Object({ processes: Type.Array(Type.Object({})) }, { additionalProperties: false })
const aReplacement = Type.Object(
  { pid: Type.Integer(), callsOnTheOld: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
)

/** Adds the routes. */
export function addMediaRoutes(api: FastifyInstance, media: MediaDoor): void {
  api.get('/api/v1/media', door('media:read', 'How busy each media process is.', { 200: someProcesses }), async () => ({
    processes: media.list(),
  }))

  api.post<{ Params: { pid: string } }>(
    '/api/v1/media/:pid/replace',
    {
      ...door(
        'media:write',
        'Has a fresh process take the new calls.',
        { 200: aReplacement },
        { does: 'media-process-replaced', once: true },
      ),
      schema: { params: aProcess },
    },
    async (request) => {
      const { pid, calls } = await media.replace(Number(request.params.pid))
      return { pid, callsOnTheOld: calls }
    },
  )
}
