/** The API for trunks: whether we are registered there, and whether calls can be sent. */

import type { FastifyInstance } from 'fastify'

/** An event of a trunk; its type names it in the stream. */
type TrunkEvent = { readonly type: string }

export type TrunkDoor = {
  /** Every trunk, and every place that calls are sent to, as they are now. */
  readonly list: () => { readonly trunks: readonly object[]; readonly targets: readonly object[] }
  /** @returns the function that ends the subscription. */
  readonly subscribe: (listener: (event: TrunkEvent) => void) => () => void
}

/** Adds the routes to an instance that has checked the token already. */
export function addTrunkRoutes(api: FastifyInstance, trunks: TrunkDoor): void {
  api.get('/api/v1/trunks', async () => trunks.list())
}
