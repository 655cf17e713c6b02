/** What a user may as it stands, and where each right comes from. */

import { useEffect, useState } from 'preact/hooks'
import type { EffectiveRight } from '../../../src/directory/rights.ts'
import { type Api, type ProblemBody, problemOf } from '../../shared/api.ts'
import { useNewer } from '../../shared/newer.ts'
import { ProblemNotice } from '../../shared/pieces.tsx'
import { addressOf } from '../../shared/place.ts'
import { ScrolledTable } from '../../shared/scrolled-table.tsx'
import { pathOf } from '../entries/entries.ts'
import { isAbout, useNews } from '../live.ts'
import { Outcome, Places } from '../rights/outcome.tsx'
import { RIGHTS } from '../rights/result.ts'

type Rights = { readonly rights: readonly EffectiveRight[]; readonly workgroups: readonly string[] }

export function EffectiveRights({ api, name }: { readonly api: Api; readonly name: string }) {
  const [shown, setShown] = useState<Rights>()
  const [problem, setProblem] = useState<ProblemBody>()
  const newer = useNewer()
  const load = () => {
    const isNewer = newer()
    api.get<Rights>(`${pathOf('users', name)}/rights`).then(
      (rights) => isNewer() && setShown(rights),
      (error: unknown) => setProblem(problemOf(error)),
    )
  }
  useEffect(load, [])
  useNews((event) => {
    if (isAbout(event, 'users') || isAbout(event, 'workgroups')) load()
  })
  return (
    <section class="stack" aria-label="Effective rights">
      <ProblemNotice problem={problem} />
      {shown && (
        <>
          <p>
            {shown.workgroups.length === 0
              ? 'The user is in no workgroup.'
              : 'As it is saved, with what the workgroups give: '}
            {shown.workgroups.map((group, at) => (
              <span key={group}>
                {at > 0 && ', '}
                <a href={addressOf('workgroups', group)}>{group}</a>
              </span>
            ))}
          </p>
          <ScrolledTable caption="Effective rights" kind="entries" heads={['Right', 'Results in', 'Said by']}>
            {shown.rights.map((right) => (
              <tr key={right.right}>
                <th scope="row">{RIGHTS.find((each) => each.right === right.right)?.title ?? right.right}</th>
                <td data-title="Results in">
                  <Outcome result={right} />
                </td>
                <td data-title="Said by">
                  <Places from={right.from} />
                </td>
              </tr>
            ))}
          </ScrolledTable>
        </>
      )}
    </section>
  )
}
