/** Entries of a kind by name, with search, page by page; kept up with what others change. */

import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../../shared/api.ts'
import { ProblemNotice } from '../../shared/pieces.tsx'
import { addressOf } from '../../shared/place.ts'
import { ScrolledTable } from '../../shared/scrolled-table.tsx'
import { shared } from '../../shared/shared-words.ts'
import { TextField } from '../fields.tsx'
import { isAbout, useNews } from '../live.ts'
import { type About, type Kind, type Listed, NEW, pathOf } from './entries.ts'

export type Column<B> = { readonly title: string; readonly of: (entry: About & B) => ComponentChildren }

type ListProps<B> = {
  readonly api: Api
  readonly kind: Kind
  readonly title: string
  /** What one of them is called. */
  readonly noun: string
  readonly columns: readonly Column<B>[]
  /** What to do first, where there is none. */
  readonly empty: string
  readonly children?: ComponentChildren
}

const PAGE = 50
const MOST = 1000
const PAUSE_MS = 200

export function EntryList<B>({ api, kind, title, noun, columns, empty, children }: ListProps<B>) {
  const [search, setSearch] = useState('')
  const [listed, setListed] = useState<Listed<B> & { readonly search: string }>()
  const [problem, setProblem] = useState<ProblemBody>()
  const asked = useRef(0)
  /** As many as somebody has asked to see: what is read anew meanwhile has them too. */
  const wanted = useRef(PAGE)
  const ask = async (limit: number, after: string, before: readonly (About & B)[]) => {
    asked.current += 1
    const turn = asked.current
    const question = new URLSearchParams({ limit: String(limit), after, ...(search === '' ? {} : { search }) })
    try {
      const { entries, next } = await api.get<Listed<B>>(`${pathOf(kind)}?${question}`)
      // Somebody typed on meanwhile.
      if (turn !== asked.current) return
      setProblem(undefined)
      setListed({ search, entries: [...before, ...entries], ...(next === undefined ? {} : { next }) })
    } catch (error) {
      if (turn === asked.current) setProblem(problemOf(error))
    }
  }
  useEffect(() => {
    wanted.current = PAGE
    const timer = setTimeout(() => void ask(PAGE, '', []), listed === undefined ? 0 : PAUSE_MS)
    return () => clearTimeout(timer)
  }, [search])
  useNews((event) => {
    if (isAbout(event, kind)) void ask(Math.min(MOST, wanted.current), '', [])
  })

  const { entries = [], next } = listed ?? {}
  const isBare = listed !== undefined && entries.length === 0 && listed.search === ''
  return (
    <section class="stack" aria-label={title}>
      <div class="row">
        <h1>{title}</h1>
        <a class="button end" href={addressOf(kind, NEW)}>
          New {noun}
        </a>
      </div>
      {children}
      <ProblemNotice problem={problem} />
      {isBare ? (
        <p class="notice">{empty}</p>
      ) : (
        <TextField label="Search" type="search" maxLength={80} value={search} onValue={setSearch} />
      )}
      <div role="status" class="quiet">
        {listed === undefined ? shared.value.loading : countOf(entries.length, next, listed.search)}
      </div>
      {entries.length > 0 && (
        <ScrolledTable caption={title} kind="entries" heads={['Name', ...columns.map((column) => column.title)]}>
          {entries.map((entry) => (
            <tr key={entry.name}>
              <th scope="row">
                <a href={addressOf(kind, entry.name)}>{entry.name}</a>
              </th>
              {columns.map((column) => (
                <td key={column.title} data-title={column.title}>
                  {column.of(entry)}
                </td>
              ))}
            </tr>
          ))}
        </ScrolledTable>
      )}
      {next !== undefined && (
        <div class="row">
          <button
            type="button"
            onClick={() => {
              wanted.current = entries.length + PAGE
              void ask(PAGE, next, entries)
            }}
          >
            Show more
          </button>
        </div>
      )}
    </section>
  )
}

function countOf(count: number, next: string | undefined, search: string): string {
  if (count === 0) return search === '' ? '' : 'Nothing has this in its name.'
  return next === undefined ? `${count} in all` : `The first ${count}`
}
