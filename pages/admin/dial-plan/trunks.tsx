/** Trunks: carriers and PBXs, with whether we are registered there. */

import { useEffect, useState } from 'preact/hooks'
import type { RegistrationView, TrunkView } from '../../../src/sip/trunk-view.ts'
import type { Api } from '../../shared/api.ts'
import { useNews } from '../live.ts'
import type { SectionProps } from '../section.ts'
import { PlanSection } from './plan-section.tsx'

const WORDS: Readonly<Record<RegistrationView['state'], readonly [text: string, look: string]>> = {
  off: ['Does not register', ''],
  registering: ['Registers', 'warn'],
  registered: ['Registered', 'good'],
  waiting: ['Not registered', 'bad'],
}

export function Trunks({ api, rest }: SectionProps) {
  const states = useTrunks(api)
  const stateOf = (name: string) => {
    const view = states.find((each) => each.name === name)
    const [text, look] = WORDS[view?.registration?.state ?? 'off']
    return view && <span class={`badge ${look}`}>{text}</span>
  }
  return (
    <PlanSection
      api={api}
      rest={rest}
      terms={{
        kind: 'trunks',
        title: 'Trunks',
        noun: 'trunk',
        empty:
          'There is no trunk yet. Make one with the addresses that your carrier or PBX sends from, and then a route for its numbers.',
        nameHint: 'What routes call it: letters, digits, dot, dash and underscore. It never changes.',
        removeWarning: 'No call comes from it or goes to it any more; those that stand go on.',
        columns: [
          { title: 'Addresses', of: ({ addresses }) => (Array.isArray(addresses) ? addresses.join(', ') : '') },
          { title: 'Calls go to', of: ({ outbound }) => <bdi>{uriOf(outbound)}</bdi> },
          { title: 'Registration', of: ({ name }) => stateOf(name) },
        ],
        above: (name) => <p>{stateOf(name)}</p>,
      }}
    />
  )
}

function uriOf(outbound: unknown): string {
  if (typeof outbound !== 'object' || outbound === null || !('uri' in outbound)) return ''
  return String(outbound.uri)
}

/** @returns every trunk as it is now, kept up. */
function useTrunks(api: Api): readonly TrunkView[] {
  const [trunks, setTrunks] = useState<readonly TrunkView[]>([])
  const load = () =>
    void api.get<{ readonly trunks: readonly TrunkView[] }>('/api/v1/trunks').then(
      (answer) => setTrunks(answer.trunks),
      () => undefined,
    )
  useEffect(load, [])
  useNews(({ type }) => {
    if (type === 'reset' || type === 'directory.changed' || type.startsWith('trunk.')) load()
  })
  return trunks
}
