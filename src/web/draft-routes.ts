/**
 * The API for what an agent has filled in and not sent yet: a key with which his browser seals it, so that a reload does not lose it and a disk does not have it. The key is made of a secret of this
 * run, the log-in and the call (HMAC-SHA-256, RFC 2104): another log-in gets another one, nobody gets it once the call is over, and it ends with this run.
 */

import { createHmac } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { fault } from '../base/fault.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { Calls } from '../call/index.ts'
import { paramsWithin } from './call-routes.ts'
import { door } from './route.ts'

const SECRET_OCTETS = 32
const aKey = Type.Object(
  { key: Type.String({ description: '256 bits as base64, for AES-GCM.' }) },
  { additionalProperties: false },
)

/** Adds the route. */
export function addDraftRoutes(api: FastifyInstance, calls: Pick<Calls, 'get'>, random: RandomBytes): void {
  const secret = random(SECRET_OCTETS)
  api.get<{ Params: { callId: string } }>(
    '/api/v1/calls/:callId/draft-key',
    door('secure:start', 'A key for what is filled in and not sent, for this log-in and as long as the call stands.', {
      200: aKey,
    }),
    async (request) => {
      const { callId } = paramsWithin(calls, request, 'is-agent')
      const call = calls.get(callId)
      if (call === undefined || call.endedAtMs !== undefined) throw fault('call.not-found')
      const whose = JSON.stringify([request.principal?.by, request.principal?.keyId, call.callId])
      return { key: createHmac('sha256', secret).update(whose).digest('base64') }
    },
  )
}
