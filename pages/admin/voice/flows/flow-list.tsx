/** All flows, with the version that the next session takes. */

import type { FlowEntry } from '../../../../src/flow/index.ts'
import type { Api } from '../../../shared/api.ts'
import { ProblemNotice } from '../../../shared/pieces.tsx'
import { addressOf } from '../../../shared/place.ts'
import { ScrolledTable } from '../../../shared/scrolled-table.tsx'
import { useLoaded } from '../use-loaded.ts'

export function FlowList({ api }: { readonly api: Api }) {
  const { value, problem } = useLoaded(
    () => api.get<{ readonly flows: readonly FlowEntry[] }>('/api/v1/flows'),
    'flows',
  )
  return (
    <section class="stack" aria-label="Flows">
      <div class="row">
        <h1>Flows</h1>
        <a class="button end" href={addressOf('flows', '+new')}>
          New flow
        </a>
      </div>
      <p class="quiet">
        What a secure session asks the caller for, in which order, and what happens after the verdict.
      </p>
      <ProblemNotice problem={problem} />
      {value && (
        <ScrolledTable
          caption="List of flows"
          heads={['Flow', 'Title', 'Sessions take', 'Versions', 'Draft in a file']}
        >
          {value.flows.map((flow) => (
            <FlowRow key={flow.id} flow={flow} />
          ))}
        </ScrolledTable>
      )}
    </section>
  )
}

function FlowRow({ flow: { id, title, draft, versions } }: { readonly flow: FlowEntry }) {
  const taken = versions.find(({ state }) => state === 'published')
  return (
    <tr>
      <th scope="row">
        <a href={addressOf('flows', id)}>{id}</a>
      </th>
      <td>{title}</td>
      <td>
        {taken === undefined ? (
          <span class="badge warn">none</span>
        ) : (
          <span class="badge good">
            version {taken.version}, {taken.from === 'store' ? 'from the store' : 'from a file'}
          </span>
        )}
      </td>
      <td class="number">{versions.length}</td>
      <td>
        {draft === 'changed' ? <span class="badge warn">not published</span> : draft === 'none' ? '–' : 'published'}
      </td>
    </tr>
  )
}
