/** Routes: where a dialled number leads. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../shared/api.ts'
import { useNews } from '../live.ts'
import type { SectionProps } from '../section.ts'
import { useNames } from '../use-names.ts'
import { PlanSection } from './plan-section.tsx'

export function Routes({ api, rest }: SectionProps) {
  const trunks = useNames(api, 'trunks')
  const phones = useNames(api, 'phones')
  const groups = useRingGroups(api)
  return (
    <PlanSection
      api={api}
      rest={rest}
      terms={{
        kind: 'routes',
        title: 'Routes',
        noun: 'route',
        empty: 'There is no route yet. Make a trunk and a phone first, then a route from the number to the phone.',
        nameHint: 'What it is called here: letters, digits, dot, dash and underscore. It never changes.',
        removeWarning: 'Calls that would have taken it take the next one that fits, or are refused.',
        columns: [
          { title: 'Number', of: ({ number }) => <bdi>{String(number)}</bdi> },
          { title: 'Calls from', of: ({ from }) => (from === undefined ? 'anybody' : String(from)) },
          { title: 'Leads to', of: ({ to }) => <bdi>{targetOf(to)}</bdi> },
          { title: 'Tried', of: ({ origin, rank }) => (origin === 'file' ? 'first' : `at ${rank}`) },
        ],
        offered: { from: ['phones', ...trunks], 'to.trunk': trunks, 'to.phone': phones, 'to.workgroup': groups },
      }}
    />
  )
}

function targetOf(to: unknown): string {
  if (typeof to !== 'object' || to === null) return ''
  return Object.entries(to)
    .map(([kind, name]) => `${kind} ${name}`)
    .join(', ')
}

/** @returns names of those of the configuration file; none until they are there: any name can be typed all the same. */
function useRingGroups(api: Api): readonly string[] {
  const [names, setNames] = useState<readonly string[]>([])
  const load = () =>
    void api.get<{ readonly ringGroups: readonly { readonly name: string }[] }>('/api/v1/ring-groups').then(
      ({ ringGroups }) => setNames(ringGroups.map(({ name }) => name)),
      () => undefined,
    )
  useEffect(load, [])
  useNews(({ type }) => {
    if (type === 'reset' || type === 'directory.changed') load()
  })
  return names
}
