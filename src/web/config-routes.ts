/** The API for the configuration: reading it anew while calls run. */

import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import { door } from './route.ts'

export type ConfigDoor = {
  /** Takes the configuration as it is now, or nothing of it. */
  readonly reload: () => Promise<ReloadAnswer>
}

type ReloadAnswer =
  /** Settings by their names, and whether each was added, removed or changed. */
  | { readonly result: 'reloaded'; readonly applied: readonly object[]; readonly needsRestart: readonly object[] }
  /** Nothing was changed. */
  | { readonly result: 'refused'; readonly fault: FaultCode; readonly problems: readonly object[] }

const someSettings = Type.Array(Type.Object({ setting: Type.String(), change: Type.String() }))
const aReload = Type.Object({ applied: someSettings, needsRestart: someSettings }, { additionalProperties: false })

/** Adds the route. */
export function addConfigRoutes(api: FastifyInstance, config: ConfigDoor): void {
  const terms = door(
    'config:write',
    'Takes the changed configuration, prompts, certificates and add-ins while calls run.',
    { 200: aReload },
    { does: 'config-reloaded' },
  )
  api.post('/api/v1/config/reload', terms, async (_request, reply) => {
    const answer = await config.reload()
    if (answer.result === 'reloaded') return { applied: answer.applied, needsRestart: answer.needsRestart }
    // What is wrong with each setting stands beside the members of RFC 9457 (section 3.2).
    const problem = { ...problemOf(fault(answer.fault)), problems: answer.problems }
    return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
  })
}
