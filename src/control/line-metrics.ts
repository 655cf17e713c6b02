/** How busy trunks are, as metrics. */

import type { TrunkLoad } from '../call/index.ts'
import type { Family } from './exposition.ts'

export function lineFamilies(trunks: readonly TrunkLoad[]): readonly Family[] {
  return [
    {
      name: 'sotto_trunk_calls',
      type: 'gauge',
      help: 'Calls that a trunk carries, both directions together.',
      samples: trunks.map(({ trunk, calls }) => [{ trunk }, calls] as const),
    },
    {
      name: 'sotto_trunk_calls_refused_total',
      type: 'counter',
      help: 'Calls refused because a trunk had too many (full), or new ones came too fast (rate).',
      samples: trunks.flatMap(({ trunk, refused }) => [
        [{ trunk, why: 'full' }, refused['call.trunk-full']] as const,
        [{ trunk, why: 'rate' }, refused['call.trunk-too-fast']] as const,
      ]),
    },
  ]
}
