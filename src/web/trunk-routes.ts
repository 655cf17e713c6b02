/** The API for trunks: whether we are registered there, and whether calls can be sent. */

import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { door } from './route.ts'

/** An event of a trunk; its type names it in the stream. */
type TrunkEvent = { readonly type: string }

export type TrunkDoor = {
  /** Every trunk, and every place that calls are sent to, as they are now. */
  readonly list: () => { readonly trunks: readonly object[]; readonly targets: readonly object[] }
  /** @returns the function that ends the subscription. */
  readonly subscribe: (listener: (event: TrunkEvent) => void) => () => void
}

const someTrunks = Type.Object(
  { trunks: Type.Array(Type.Object({ name: Type.String() })), targets: Type.Array(Type.Object({})) },
  { additionalProperties: false },
)

/** Adds the routes. */
export function addTrunkRoutes(api: FastifyInstance, trunks: TrunkDoor): void {
  api.get(
    '/api/v1/trunks',
    door('trunks:read', 'Registrations at trunks, and which targets answer.', { 200: someTrunks }),
    async () => trunks.list(),
  )
}
