/** Phones: accounts that softphones register with, and where they are registered now. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../shared/api.ts'
import { useNewer } from '../../shared/newer.ts'
import { useNews } from '../live.ts'
import type { SectionProps } from '../section.ts'
import { PlanSection } from './plan-section.tsx'

type Phone = {
  readonly name: string
  readonly registered: boolean
  readonly busy: boolean
  readonly contacts: readonly {
    readonly uri: string
    readonly transport: string
    readonly address: string
    readonly port: number
    readonly expiresInSeconds: number
  }[]
}

export function Phones({ api, rest }: SectionProps) {
  const phones = usePhones(api)
  const phoneOf = (name: string) => phones.find((phone) => phone.name === name)
  return (
    <PlanSection
      api={api}
      rest={rest}
      terms={{
        kind: 'phones',
        title: 'Phones',
        noun: 'phone',
        empty:
          'There is no phone yet. Make one with a password, set a softphone up with both, and give the phone to a user.',
        nameHint: 'Account that the phone registers with: letters, digits, dot, dash and underscore. It never changes.',
        removeWarning: 'Its registration ends at once; a call that stands goes on.',
        columns: [
          { title: 'Display name', of: ({ displayName }) => displayName !== '' && <bdi>{String(displayName)}</bdi> },
          { title: 'Is', of: ({ name }) => <Badges phone={phoneOf(name)} /> },
        ],
        above: (name) => <Contacts phone={phoneOf(name)} />,
      }}
    />
  )
}

function Badges({ phone }: { readonly phone: Phone | undefined }) {
  if (phone === undefined) return null
  return (
    <span class="row tight">
      <span class={`badge ${phone.registered ? 'good' : 'warn'}`}>
        {phone.registered ? 'Registered' : 'Not registered'}
      </span>
      {phone.busy && <span class="badge">In a call</span>}
    </span>
  )
}

/** Addresses are what somebody's phone says. */
function Contacts({ phone }: { readonly phone: Phone | undefined }) {
  if (phone === undefined) return null
  if (!phone.registered) return <p class="notice">It is registered nowhere just now: calls do not reach it.</p>
  return (
    <div class="notice good">
      <p>
        <strong>Registered.</strong>
      </p>
      <ul class="plain-list">
        {phone.contacts.map(({ uri, transport, address, port, expiresInSeconds }) => (
          <li key={uri}>
            <bdi>{uri}</bdi> over {transport} from {address} port {port}, for {expiresInSeconds} s
          </li>
        ))}
      </ul>
    </div>
  )
}

/** @returns every phone as it is now, kept up. */
function usePhones(api: Api): readonly Phone[] {
  const [phones, setPhones] = useState<readonly Phone[]>([])
  const newer = useNewer()
  const load = () => {
    const isNewer = newer()
    api.get<{ readonly phones: readonly Phone[] }>('/api/v1/phones').then(
      (answer) => isNewer() && setPhones(answer.phones),
      () => undefined,
    )
  }
  useEffect(load, [])
  useNews(({ type }) => {
    if (type === 'reset' || type === 'directory.changed' || type === 'phone.changed') load()
  })
  return phones
}
