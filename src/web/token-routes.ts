/** The API for API tokens: one's own, and for who administers everybody's. */

import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { NAME } from '../base/config-kinds.ts'
import { fault } from '../base/fault.ts'
import { type People, type Principal, type Scope, scopes, type TokenRow } from '../people/index.ts'
import { asking, user } from './me-routes.ts'
import { door } from './route.ts'

const DEFAULT_DAYS = 90
const LONGEST_DAYS = 366
const closed = { additionalProperties: false } as const

const aWish = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\p{Cc}\\p{Cs}]*$', description: 'What it is for.' }),
    scopes: Type.Array(Type.Unsafe<Scope>(Type.Enum([...scopes])), { minItems: 1, maxItems: 64, uniqueItems: true }),
    user: Type.Optional(
      Type.String({ pattern: NAME.pattern, description: "Name of the user whose it is to be; one's own when absent." }),
    ),
    days: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LONGEST_DAYS,
        description: `Until it expires; ${DEFAULT_DAYS} when absent.`,
      }),
    ),
  },
  closed,
)
const shownToken = {
  tokenId: Type.String(),
  name: Type.String(),
  prefix: Type.String({ description: 'Its first characters, to recognise it by.' }),
  userId: Type.String(),
  scopes: Type.Array(Type.String()),
  createdAt: Type.String(),
  expiresAt: Type.String(),
  lastUsedAt: Type.Optional(Type.String()),
}
const aToken = Type.Object(shownToken, closed)
const someTokens = Type.Object({ tokens: Type.Array(aToken) }, closed)
const aNewToken = Type.Object({ ...shownToken, token: Type.String({ description: 'Told once.' }) }, closed)
const aPath = Type.Object({ tokenId: Type.String({ pattern: '^token-[a-z]{20}$' }) }, closed)

/** Adds the routes. */
export function addTokenRoutes(api: FastifyInstance, people: People): void {
  api.get(
    '/api/v1/tokens',
    door(
      'anybody',
      "One's API tokens; everybody's for who administers users; a token without tokens:write or people:read is told of itself.",
      { 200: someTokens },
    ),
    async (request) => {
      const asks = asking(request)
      const isAll = asks.scopes.has('people:read')
      const rows = await people.tokens.list(isAll ? undefined : user(request).userId)
      return { tokens: rows.filter(({ tokenId }) => isAll || mayRule(asks, tokenId)).map(shown) }
    },
  )

  api.post<{ Body: Static<typeof aWish> }>(
    '/api/v1/tokens',
    {
      ...door(
        'tokens:write',
        "Creates one: one's own, or of who administers users anybody's.",
        { 201: aNewToken },
        { does: 'token-created' },
      ),
      schema: { body: aWish },
    },
    async (request, reply) => {
      const { name, scopes: wished, user: of, days = DEFAULT_DAYS } = request.body
      const asks = asking(request)
      if (of !== undefined && !asks.scopes.has('people:write')) throw fault('web.forbidden')
      const holder = of === undefined ? user(request) : people.holderOf(of, asks)
      const { token, row } = await people.tokens.create(holder, { name, scopes: wished, days })
      return reply.status(201).send({ ...shown(row), token })
    },
  )

  api.delete<{ Params: Static<typeof aPath> }>(
    '/api/v1/tokens/:tokenId',
    {
      ...door(
        'anybody',
        'Revokes one; what it was used for ends. A token without tokens:write or people:write revokes itself alone.',
        { 204: 'empty' },
        { does: 'token-revoked' },
      ),
      schema: { params: aPath },
    },
    async (request, reply) => {
      const { tokenId } = request.params
      const asks = asking(request)
      const mayAll = asks.scopes.has('people:write')
      if (!mayAll && !mayRule(asks, tokenId)) throw fault('web.forbidden')
      await people.tokens.revoke(tokenId, mayAll ? undefined : user(request).userId)
      return reply.status(204).send()
    },
  )
}

/** @returns whether somebody sees and revokes a token of his: what a token was not given the scope for, it does to itself alone. */
function mayRule({ by, keyId, scopes: held }: Principal, tokenId: string): boolean {
  return by !== 'token' || held.has('tokens:write') || keyId === tokenId
}

function shown({
  tokenId,
  name,
  prefix,
  userId,
  scopes: of,
  createdMs,
  expiresMs,
  usedMs,
}: TokenRow): Static<typeof aToken> {
  return {
    ...{ tokenId, name, prefix, userId, scopes: [...of] },
    createdAt: new Date(createdMs).toISOString(),
    expiresAt: new Date(expiresMs).toISOString(),
    ...(usedMs === undefined ? {} : { lastUsedAt: new Date(usedMs).toISOString() }),
  }
}
