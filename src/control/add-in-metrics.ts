/** How lookups of add-ins go, as metrics. */

import type { AddIns } from '../add-ins/index.ts'
import type { Family } from './exposition.ts'

export type AddInLoad = Pick<AddIns, 'list' | 'health'>

export function addInFamilies({ list, health }: AddInLoad): readonly Family[] {
  const all = list().map(({ name, addIn }) => ({ name, isThere: addIn !== undefined, ...health(name) }))
  return [
    {
      name: 'sotto_add_in_loaded',
      type: 'gauge',
      help: 'Whether a version of an add-in is in use.',
      samples: all.map(({ name, isThere }) => [{ addin: name }, Number(isThere)]),
    },
    {
      name: 'sotto_lookups_total',
      type: 'counter',
      help: 'Lookups of an add-in.',
      samples: all.map(({ name, count }) => [{ addin: name }, count]),
    },
    {
      name: 'sotto_lookups_failed_total',
      type: 'counter',
      help: 'Lookups of an add-in that came to nothing through no fault of whoever asked.',
      samples: all.map(({ name, failed }) => [{ addin: name }, failed]),
    },
  ]
}
