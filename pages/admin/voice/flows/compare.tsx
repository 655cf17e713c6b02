/** Two versions of a flow, line by line. */

import type { Api } from '../../../shared/api.ts'
import { ProblemNotice } from '../../../shared/pieces.tsx'
import { addressOf } from '../../../shared/place.ts'
import { ScrolledTable } from '../../../shared/scrolled-table.tsx'
import { useLoaded } from '../use-loaded.ts'
import { type DiffLine, diffOf } from './line-diff.ts'

type CompareProps = { readonly api: Api; readonly id: string; readonly versions: readonly [number, number] }

const SIGNS = { same: ' ', gone: '−', new: '+' } as const
const WORDS = { same: '', gone: 'gone', new: 'new' } as const

export function Compare({ api, id, versions: [before, after] }: CompareProps) {
  const textOf = async (version: number) =>
    (await api.get<{ readonly text: string }>(`/api/v1/flows/${encodeURIComponent(id)}/versions/${version}`)).text
  const { value, problem } = useLoaded(
    async () => diffOf(...((await Promise.all([textOf(before), textOf(after)])) as [string, string])),
    `${id} ${before} ${after}`,
  )
  const differing = value?.filter(({ what }) => what !== 'same').length
  return (
    <section class="stack" aria-label={`Versions ${before} and ${after} of ${id}`}>
      <p>
        <a href={addressOf('flows', id)}>{id}</a>
      </p>
      <h1>
        What differs between version {before} and version {after}
      </h1>
      <ProblemNotice problem={problem} />
      {differing !== undefined && <p>{differing === 0 ? 'Nothing: the texts are the same.' : `${differing} lines`}</p>}
      {value && (
        <ScrolledTable caption="Lines" kind="diff" heads={[`Version ${before}`, `Version ${after}`, 'Line']}>
          {value.map((line) => (
            <Line key={`${line.before} ${line.after}`} line={line} />
          ))}
        </ScrolledTable>
      )}
    </section>
  )
}

function Line({ line: { what, text, before, after } }: { readonly line: DiffLine }) {
  return (
    <tr class={what}>
      <td class="number">{before}</td>
      <td class="number">{after}</td>
      <td>
        <span class="hidden-text">{WORDS[what]}</span>
        <span aria-hidden="true">{SIGNS[what]}</span> <code>{text}</code>
      </td>
    </tr>
  )
}
