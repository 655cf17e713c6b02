/**
 * What a route says of itself beside its path and its schemas: who may take it, what it is for, what it answers, and what the access log calls it. The door reads it to let
 * people in, the API document is made of it, and no route without it is registered.
 */

import { type TSchema, Type } from 'typebox'
import type { Scope } from '../people/index.ts'

/** `nothing`: everybody. `log-in`: whoever is about to prove himself. `anybody`: whoever has, whatever he may. */
export type Demand = Scope | 'nothing' | 'log-in' | 'anybody'

/** A body by its schema, another one by its media type, or none. */
export type Answer = TSchema | { readonly media: string } | 'empty'

export type RouteTerms = {
  readonly requires: Demand
  readonly says: string
  /** By status; problems go without saying. */
  readonly answers: Readonly<Record<number, Answer>>
  /** What it takes, where the room behind it checks that and not the route. */
  readonly takes?: TSchema
  /** Its word in the access log; every route that changes something has one. */
  readonly does?: string
  /** Whether a request that comes again with the same `Idempotency-Key` gets the same answer and does nothing. */
  readonly once?: true
  /** Whether who has to change his password or to enrol first may take it. */
  readonly onTheWay?: true
  /** Whether another site sends browsers here, so that what they bring has to show that it was meant. */
  readonly fromElsewhere?: true
  /** Whether people look at it: what goes wrong is a page, and no JSON. */
  readonly page?: true
}

/** For the options of a route. */
export function door(
  requires: Demand,
  says: string,
  answers: RouteTerms['answers'],
  more: Omit<RouteTerms, 'requires' | 'says' | 'answers'> = {},
): { readonly config: { readonly door: RouteTerms } } {
  return { config: { door: { requires, says, answers, ...more } } }
}

export const aProblem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What to do.' }),
    code: Type.String({ pattern: '^[a-z]+\\.[a-z-]+$' }),
    gate: Type.Optional(Type.String({ description: 'Of the four gates of a secure session, the one that is closed.' })),
    problems: Type.Optional(Type.Array(Type.Object({}))),
  },
  { additionalProperties: false, title: 'Problem', description: 'RFC 9457. /problems lists every one.' },
)

export const EVENT_STREAM = { media: 'text/event-stream' } as const

declare module 'fastify' {
  interface FastifyContextConfig {
    door?: RouteTerms
  }
}
