/** Each member against each right, with what results; for the workgroup as it is being edited. */

import { useEffect, useState } from 'preact/hooks'
import type { Bodies } from '../../../src/directory/bodies.ts'
import { type Api, type ProblemBody, problemOf } from '../../shared/api.ts'
import { useNewer } from '../../shared/newer.ts'
import { ProblemNotice } from '../../shared/pieces.tsx'
import { addressOf } from '../../shared/place.ts'
import { ScrolledTable } from '../../shared/scrolled-table.tsx'
import { everyEntry } from '../entries/entries.ts'
import { isAbout, useNews } from '../live.ts'
import { Outcome, Places } from '../rights/outcome.tsx'
import { type Group, matrixOf, type Person, RIGHTS } from '../rights/result.ts'

type All = { readonly users: readonly Person[]; readonly groups: readonly Group[] }

export function Matrix({ api, edited }: { readonly api: Api; readonly edited: Group }) {
  const [all, setAll] = useState<All>()
  const [problem, setProblem] = useState<ProblemBody>()
  const newer = useNewer()
  const load = () => {
    const isNewer = newer()
    const both = [
      everyEntry<Bodies['users']>(api, 'users'),
      everyEntry<Bodies['workgroups']>(api, 'workgroups'),
    ] as const
    Promise.all(both).then(
      ([users, groups]) => isNewer() && setAll({ users, groups }),
      (error: unknown) => setProblem(problemOf(error)),
    )
  }
  useEffect(load, [])
  useNews((event) => {
    if (isAbout(event, 'users') || isAbout(event, 'workgroups')) load()
  })
  const rows = all === undefined ? [] : matrixOf(edited, all.users, all.groups)
  return (
    <section class="stack" aria-label="What members may">
      <ProblemNotice problem={problem} />
      <p>With what is being changed in the settings, saved or not, and with what users and other workgroups say.</p>
      {all && rows.length === 0 && <p class="notice">It has no member yet: add some in the settings.</p>}
      {rows.length > 0 && (
        <ScrolledTable
          caption="What members may"
          kind="entries"
          heads={['Member', ...RIGHTS.map(({ title }) => title)]}
        >
          {rows.map(({ user, results }) => (
            <tr key={user.name}>
              <th scope="row">
                <a href={addressOf('users', user.name)}>{user.name}</a>
              </th>
              {results.map((result, at) => (
                <td key={RIGHTS[at]?.right} data-title={RIGHTS[at]?.title}>
                  <Outcome result={result} />
                  <Places from={result.from} />
                </td>
              ))}
            </tr>
          ))}
        </ScrolledTable>
      )}
    </section>
  )
}
