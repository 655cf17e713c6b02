/** Who changed a prompt, and when. */

import type { Api } from '../../../shared/api.ts'
import { ProblemNotice } from '../../../shared/pieces.tsx'
import { useLoaded } from '../use-loaded.ts'

type Change = { readonly at: string; readonly by: string; readonly action: string }

export function PromptHistory({ api, path }: { readonly api: Api; readonly path: string }) {
  const { value, problem } = useLoaded(() => api.get<{ readonly changes: readonly Change[] }>(`${path}/history`), path)
  return (
    <div class="card stack">
      <h2>History</h2>
      <ProblemNotice problem={problem} />
      {value?.changes.length === 0 && <p class="quiet">Nothing was changed here.</p>}
      {value && value.changes.length > 0 && (
        <ul class="names">
          {value.changes.map(({ at, by, action }) => (
            <li key={`${at} ${action}`}>
              <time dateTime={at}>{new Date(at).toLocaleString()}</time>: {action} by {by}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
