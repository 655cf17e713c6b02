/** State of trunks as metrics: by the names of the configuration. */

import type { TargetView, TrunkView } from '../sip/index.ts'
import type { Family } from './exposition.ts'

/** @param trunks as they are now, and the places that calls are sent to. */
export function trunkFamilies(trunks: readonly TrunkView[], targets: readonly TargetView[]): readonly Family[] {
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
    {
      name: 'sotto_target_up',
      type: 'gauge',
      help: 'Whether a place that calls are sent to answers OPTIONS; 1 while that is not known.',
      samples: targets
        .filter(({ state }) => state !== 'not-pinged')
        .map(({ trunk = '', uri, state }) => [{ trunk, target: uri }, Number(state !== 'down')]),
    },
    {
      name: 'sotto_target_set_aside',
      type: 'gauge',
      help: 'Whether a place is asked after the others because a call to it failed.',
      samples: targets.map(({ trunk = '', uri, setAsideSeconds }) => [
        { trunk, target: uri },
        Number(setAsideSeconds > 0),
      ]),
    },
  ]
}
