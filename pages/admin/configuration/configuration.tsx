/** The configuration: taking the file as it is now, what of it counts at once and what needs a restart; and who did so before. */

import { useEffect, useState } from 'preact/hooks'
import { type ProblemBody, problemOf } from '../../shared/api.ts'
import { useNewer } from '../../shared/newer.ts'
import { ProblemNotice } from '../../shared/pieces.tsx'
import type { Sealed } from '../access-log/records.ts'
import type { SectionProps } from '../section.ts'
import { namesByIds } from '../user-names.ts'
import { When } from '../when.tsx'

type Setting = { readonly setting: string; readonly change: string }
type Answer = { readonly applied: readonly Setting[]; readonly needsRestart: readonly Setting[]; readonly at: string }

/** So far back is looked for what was reloaded. */
const LOOKED_AT = 1000

export function Configuration({ api }: SectionProps) {
  const [answer, setAnswer] = useState<Answer>()
  const [problem, setProblem] = useState<ProblemBody>()
  const [isBusy, setBusy] = useState(false)
  const reload = async () => {
    setBusy(true)
    setProblem(undefined)
    setAnswer(undefined)
    try {
      const { value } = await api.ask<Answer>('POST', '/api/v1/config/reload')
      setAnswer({ ...value, at: new Date().toISOString() })
    } catch (error) {
      setProblem(problemOf(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <section class="stack" aria-label="Configuration">
      <h1>Configuration</h1>
      <p>
        What stands in <code>sotto.yaml</code> is changed there. Reloading takes the file as it is now, with prompts and
        certificates, while calls run: all of it that can be, or, when anything is wrong with it, nothing. What is made
        on these pages needs no reload.
      </p>
      <div class="row">
        <button type="button" class="main" disabled={isBusy} onClick={() => void reload()}>
          Reload the configuration
        </button>
        <span role="status">{isBusy && 'It is read and checked …'}</span>
      </div>
      <ProblemNotice problem={problem} />
      <div role="status">{answer && <Outcome answer={answer} />}</div>
      <Before api={api} after={answer?.at ?? problem?.code} />
    </section>
  )
}

function Outcome({ answer: { applied, needsRestart, at } }: { readonly answer: Answer }) {
  return (
    <div class="stack">
      <div class="notice good">
        <p>
          <strong>{applied.length === 0 ? 'Nothing had to be applied.' : `Applied: ${applied.length}.`}</strong>{' '}
          <When at={at} />
        </p>
        <Settings settings={applied} />
      </div>
      {needsRestart.length > 0 && (
        <div class="notice warn">
          <p>
            <strong>{`Needs a restart: ${needsRestart.length}.`}</strong> These stay as they were until the server is
            started anew; it lets calls finish first.
          </p>
          <Settings settings={needsRestart} />
        </div>
      )}
    </div>
  )
}

function Settings({ settings }: { readonly settings: readonly Setting[] }) {
  if (settings.length === 0) return null
  return (
    <ul>
      {settings.map(({ setting, change }) => (
        <li key={setting}>
          <code>{setting}</code> {change}
        </li>
      ))}
    </ul>
  )
}

type BeforeProps = Pick<SectionProps, 'api'> & { readonly after: string | undefined }

/** Out of the access log, which has every reload and every try. */
function Before({ api, after }: BeforeProps) {
  const [shown, setShown] = useState<readonly Sealed[]>()
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map())
  const [problem, setProblem] = useState<ProblemBody>()
  const newer = useNewer()
  const load = async () => {
    const isNewer = newer()
    const [page, names] = await Promise.all([
      api.get<{ readonly records: readonly Sealed[] }>(`/api/v1/access-log?limit=${LOOKED_AT}`),
      namesByIds(api),
    ])
    if (!isNewer()) return
    setShown(page.records.filter(({ record }) => record.event.type === 'config-reloaded'))
    setNames(names)
  }
  useEffect(() => void load().catch((error: unknown) => setProblem(problemOf(error))), [after])
  return (
    <>
      <h2>Reloaded before</h2>
      <ProblemNotice problem={problem} />
      {shown?.length === 0 && <p class="quiet">Not among the last {LOOKED_AT} records of the access log.</p>}
      <ol class="plain-list">
        {shown?.map(({ record: { number, at, event } }) => (
          <li key={number}>
            <When at={at} /> by <bdi>{names.get(event.user) ?? (event.user || event.key)}</bdi>{' '}
            <span class={`badge ${event.succeeded === 'yes' ? 'good' : 'bad'}`}>
              {event.succeeded === 'yes' ? 'Taken' : 'Refused'}
            </span>
          </li>
        ))}
      </ol>
    </>
  )
}
