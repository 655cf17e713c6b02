/** Trunks: whether we are registered there, and whether what calls are sent to answers. */

import type { TargetView, TrunkView } from '../../../src/sip/trunk-view.ts'
import { ScrolledTable } from '../../shared/scrolled-table.tsx'

type TrunksProps = { readonly trunks: readonly TrunkView[]; readonly targets: readonly TargetView[] }

const REGISTRATIONS = {
  off: ['Does not register', ''],
  registering: ['Registers', 'warn'],
  registered: ['Registered', 'good'],
  waiting: ['Not registered', 'bad'],
} as const
const TARGETS = {
  'not-pinged': ['Not asked', ''],
  unknown: ['Not known yet', 'warn'],
  up: ['Answers', 'good'],
  down: ['Does not answer', 'bad'],
} as const

export function Trunks({ trunks, targets }: TrunksProps) {
  if (trunks.length === 0 && targets.length === 0)
    return (
      <>
        <h2>Trunks</h2>
        <p class="quiet">There is none.</p>
      </>
    )
  return (
    <>
      <h2>Trunks</h2>
      <ScrolledTable
        caption="Trunks and where calls are sent"
        kind="entries"
        heads={['Trunk', 'Registration', 'Targets']}
      >
        {trunks.map(({ name, registration }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td data-title="Registration">
              {registration === undefined ? (
                <span class="badge">Does not register</span>
              ) : (
                <Registration registration={registration} />
              )}
            </td>
            <td data-title="Targets">
              <Targets targets={targets.filter((target) => target.trunk === name)} />
            </td>
          </tr>
        ))}
        {targets.some(({ trunk }) => trunk === undefined) && (
          <tr>
            <th scope="row">PBXs of routes</th>
            <td />
            <td data-title="Targets">
              <Targets targets={targets.filter(({ trunk }) => trunk === undefined)} />
            </td>
          </tr>
        )}
      </ScrolledTable>
    </>
  )
}

function Registration({ registration }: { readonly registration: NonNullable<TrunkView['registration']> }) {
  const { state, registrar, expiresInSeconds, failures, lastStatus, fault } = registration
  const [text, look] = REGISTRATIONS[state]
  return (
    <>
      <span class={`badge ${look}`}>{text}</span> at <bdi>{registrar}</bdi>
      {expiresInSeconds !== undefined && `, for ${expiresInSeconds} s`}
      {failures > 0 && `, ${failures} failures in a row${lastStatus === undefined ? '' : `, last ${lastStatus}`}`}{' '}
      {fault && <a href={`/problems#${fault}`}>{fault}</a>}
    </>
  )
}

function Targets({ targets }: Pick<TrunksProps, 'targets'>) {
  return (
    <ul class="plain-list">
      {targets.map(({ uri, state, setAsideSeconds }) => (
        <li key={uri}>
          <bdi>{uri}</bdi> <span class={`badge ${TARGETS[state][1]}`}>{TARGETS[state][0]}</span>
          {setAsideSeconds > 0 && ` set aside for ${setAsideSeconds} s`}
        </li>
      ))}
    </ul>
  )
}
