/** Who changed an entry, what of it, and when; also of one that has gone. */

import { useEffect, useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../../shared/api.ts'
import { useNewer } from '../../shared/newer.ts'
import { ProblemNotice } from '../../shared/pieces.tsx'
import { isAbout, useNews } from '../live.ts'
import { When } from '../when.tsx'
import { isTelling, type Row, rowOf } from './difference.ts'
import { type Kind, pathOf } from './entries.ts'

type Change = {
  readonly revision: number
  readonly action: 'created' | 'changed' | 'removed'
  readonly at: string
  readonly by: string
  readonly difference: { readonly [member: string]: { readonly from?: unknown; readonly to?: unknown } }
}
type Changes = { readonly changes: readonly Change[]; readonly next?: number }

const PAGE = 20
const WORDS = { created: 'Made', changed: 'Changed', removed: 'Removed' } as const

type HistoryProps = {
  readonly api: Api
  readonly kind: Kind
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

export function History({ api, kind, name, labels }: HistoryProps) {
  const [shown, setShown] = useState<Changes>()
  const [problem, setProblem] = useState<ProblemBody>()
  const newer = useNewer()
  const load = async (skip: number, before: readonly Change[]) => {
    const isNewer = newer()
    try {
      const { changes, next } = await api.get<Changes>(`${pathOf(kind, name)}/history?skip=${skip}&limit=${PAGE}`)
      if (!isNewer()) return
      setShown({ changes: [...before, ...changes], ...(next === undefined ? {} : { next }) })
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  useEffect(() => void load(0, []), [])
  useNews((event) => {
    if (isAbout(event, kind)) void load(0, [])
  })
  const { changes = [], next } = shown ?? {}
  return (
    <section class="stack" aria-label="History">
      <ProblemNotice problem={problem} />
      <ol class="history" aria-label="Changes, newest first">
        {changes.map((change) => (
          <li key={`${change.at} ${change.revision} ${change.action}`} class="card">
            <p>
              <strong>{WORDS[change.action]}</strong> by <bdi>{change.by}</bdi>, <When at={change.at} />{' '}
              <span class="quiet">revision {change.revision}</span>
            </p>
            <Rows
              rows={Object.entries(change.difference)
                .map(([member, { from, to }]) => rowOf(member, from, to))
                .filter((row) => change.action === 'changed' || isTelling(row))}
              labels={labels}
            />
          </li>
        ))}
      </ol>
      {next !== undefined && (
        <div class="row">
          <button type="button" onClick={() => void load(next, changes)}>
            Show earlier changes
          </button>
        </div>
      )}
    </section>
  )
}

type RowsProps = { readonly rows: readonly Row[]; readonly labels: Readonly<Record<string, string>> }

/** What changed, member by member. */
export function Rows({ rows, labels }: RowsProps) {
  return (
    <dl class="rows">
      {rows.map(({ member, from, to, added, removed, isReordered }) => (
        <div key={member}>
          <dt>{labels[member] ?? member}</dt>
          <dd>
            {from !== undefined && (
              <div>
                <span class="quiet">was</span> <bdi>{from}</bdi>
              </div>
            )}
            {to !== undefined && (
              <div>
                <span class="quiet">{from === undefined ? 'set to' : 'is now'}</span> <bdi>{to}</bdi>
              </div>
            )}
            {removed?.map((each) => (
              <div key={each}>
                <span class="quiet">removed</span> <bdi>{each}</bdi>
              </div>
            ))}
            {added?.map((each) => (
              <div key={each}>
                <span class="quiet">added</span> <bdi>{each}</bdi>
              </div>
            ))}
            {isReordered && <span class="quiet">the order</span>}
          </dd>
        </div>
      ))}
    </dl>
  )
}
