/** State of trunks as metrics: by the names of the configuration. */

import type { TrunkView } from '../sip/index.ts'
import type { Family } from './exposition.ts'

/** @param trunks as they are now. */
export function trunkFamilies(trunks: readonly TrunkView[]): readonly Family[] {
  const registered = trunks.flatMap(({ name, registration }) =>
    registration === undefined ? [] : { name, registration },
  )
  return [
    {
      name: 'sotto_trunk_registered',
      type: 'gauge',
      help: 'Whether we are registered at the trunk, where it needs that.',
      samples: registered.map(({ name, registration }) => [
        { trunk: name },
        Number(registration.state === 'registered'),
      ]),
    },
    {
      name: 'sotto_trunk_registration_failures',
      type: 'gauge',
      help: 'Registrations in a row that failed; 0 after one that succeeded.',
      samples: registered.map(({ name, registration }) => [{ trunk: name }, registration.failures]),
    },
  ]
}
