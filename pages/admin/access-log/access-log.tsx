/** The access log: who did what, newest first; searched, and exported as CSV. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../../shared/api.ts'
import { ProblemNotice } from '../../shared/pieces.tsx'
import { ScrolledTable } from '../../shared/scrolled-table.tsx'
import { SelectField, TextField } from '../fields.tsx'
import { saveFile } from '../save-file.ts'
import type { SectionProps } from '../section.ts'
import { namesByIds } from '../user-names.ts'
import { When } from '../when.tsx'
import { csvOf, EVERYTHING, type Filter, isBefore, isMeant, type Sealed } from './records.ts'

type Page = { readonly records: readonly Sealed[]; readonly before?: number }
type Read = { readonly records: readonly Sealed[]; readonly before: number | undefined }

const PAGE = 100
const LONGEST_PAGE = 1000
/** Read in one go in search of what is meant. */
const MOST_READ = 5000

export function AccessLog({ api }: SectionProps) {
  const [read, setRead] = useState<Read>()
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map())
  const [filter, setFilter] = useState<Filter>(EVERYTHING)
  const [busy, setBusy] = useState('')
  const [problem, setProblem] = useState<ProblemBody>()
  const ended = useRef(new AbortController())
  const attempt = async (what: string, act: () => Promise<void>) => {
    setBusy(what)
    setProblem(undefined)
    await act().catch((error: unknown) => setProblem(problemOf(error)))
    setBusy('')
  }
  const begin = () =>
    void attempt('Reading …', async () => {
      // Together: without the names everybody would have gone.
      const [page, names] = await Promise.all([pageOf(api, undefined, PAGE, ended.current.signal), namesByIds(api)])
      setRead({ records: page.records, before: page.before })
      setNames(names)
    })
  useEffect(() => {
    begin()
    return () => ended.current.abort()
  }, [])

  const { records = [], before } = read ?? {}
  const meant = records.filter((sealed) => isMeant(sealed, filter, names))
  const goOn = (until: (found: readonly Sealed[], count: number) => boolean) =>
    attempt('Reading …', async () => {
      const more = await readUntil(api, before, until, ended.current.signal)
      setRead({ records: [...records, ...more.records], before: more.before })
    })
  const isFiltered = filter !== EVERYTHING
  const older = () =>
    void goOn((found, count) => {
      if (!isFiltered) return true
      const isEnough = found.filter((sealed) => isMeant(sealed, filter, names)).length >= PAGE / 2
      return isEnough || count >= MOST_READ || found.some((sealed) => isBefore(sealed, filter))
    })
  const exportAll = () =>
    void attempt('Reading the whole log …', async () => {
      const done = (found: readonly Sealed[]) => found.some((sealed) => isBefore(sealed, filter))
      const whole = await readUntil(api, undefined, done, ended.current.signal)
      const chosen = whole.records.filter((sealed) => isMeant(sealed, filter, names))
      saveFile('access-log.csv', 'text/csv', csvOf(chosen, names))
    })
  const set = (part: Partial<Filter>) => setFilter({ ...filter, ...part })
  const hasOlder = before !== undefined && !records.some((sealed) => isBefore(sealed, filter))
  return (
    <section class="stack" aria-label="Access log">
      <div class="row">
        <h1>Access log</h1>
        <span class="row tight end">
          <button type="button" disabled={busy !== ''} onClick={begin}>
            Read it anew
          </button>
          <button type="button" disabled={busy !== ''} onClick={exportAll}>
            Export as CSV
          </button>
        </span>
      </div>
      <p class="quiet">
        Every log-in and try, every change, every reading of records. Each record is signed and names the one before;
        reading is written down too. <code>sotto audit access</code> checks it.
      </p>
      <ProblemNotice problem={problem} />
      <form class="columns" aria-label="What is shown" onSubmit={(event) => event.preventDefault()}>
        <TextField
          label="Search"
          type="search"
          hint="User, what was done, address, path."
          value={filter.text}
          onValue={(text) => set({ text })}
        />
        <SelectField
          label="Outcome"
          value={filter.succeeded}
          choices={[
            { value: '', text: 'All' },
            { value: 'yes', text: 'Succeeded' },
            { value: 'no', text: 'Refused or failed' },
          ]}
          onValue={(value) => set({ succeeded: value === 'yes' || value === 'no' ? value : '' })}
        />
        <TextField label="From the day (UTC)" type="date" value={filter.from} onValue={(from) => set({ from })} />
        <TextField label="To the day (UTC)" type="date" value={filter.to} onValue={(to) => set({ to })} />
      </form>
      <div role="status" class="quiet">
        {busy || `${meant.length} of ${records.length} records that have been read`}
      </div>
      {read !== undefined && meant.length === 0 && (
        <p class="notice">
          None of what has been read is meant.{' '}
          {hasOlder ? 'Search further back, or ask for less.' : 'The log goes no further back.'}
        </p>
      )}
      {meant.length > 0 && <Records meant={meant} names={names} />}
      {hasOlder && (
        <div class="row">
          <button type="button" disabled={busy !== ''} onClick={older}>
            {isFiltered ? 'Search further back' : 'Show earlier records'}
          </button>
        </div>
      )}
    </section>
  )
}

function Records({ meant, names }: { readonly meant: readonly Sealed[]; readonly names: ReadonlyMap<string, string> }) {
  return (
    <ScrolledTable
      caption="Records, newest first"
      kind="entries"
      heads={['When', 'Who', 'What', 'Outcome', 'From', 'About']}
    >
      {meant.map(({ record: { number, at, event } }) => (
        <tr key={number}>
          <th scope="row">
            <When at={at} />
          </th>
          <td data-title="Who">
            {whoOf(event, names)} <span class="quiet">by {BY[event.by] ?? event.by}</span>
          </td>
          <td data-title="What">{event.type}</td>
          <td data-title="Outcome">
            <span class={`badge ${event.succeeded === 'yes' ? 'good' : 'bad'}`}>
              {event.succeeded === 'yes' ? 'Succeeded' : 'Failed'}
            </span>{' '}
            {event.fault && <a href={`/problems#${event.fault}`}>{event.fault}</a>}
          </td>
          <td data-title="From">{event.from}</td>
          <td data-title="About">
            <code>{event.resource}</code>
          </td>
        </tr>
      ))}
    </ScrolledTable>
  )
}

const BY: Readonly<Record<string, string>> = {
  login: 'log-in',
  token: 'API token',
  'configured-token': 'token of the configuration',
  server: 'the server itself',
  nobody: 'nobody known',
}

function whoOf({ user, key, by }: Sealed['record']['event'], names: ReadonlyMap<string, string>): string {
  if (user !== '') return names.get(user) ?? `${user} (gone)`
  return by === 'configured-token' ? key : '–'
}

function pageOf(api: Api, before: number | undefined, limit: number, signal: AbortSignal): Promise<Page> {
  const question = new URLSearchParams({
    limit: String(limit),
    ...(before === undefined ? {} : { before: String(before) }),
  })
  return api.get<Page>(`/api/v1/access-log?${question}`, signal)
}

async function readUntil(
  api: Api,
  from: number | undefined,
  isEnough: (found: readonly Sealed[], count: number) => boolean,
  signal: AbortSignal,
): Promise<Read> {
  const found: Sealed[] = []
  for (let before = from; ; ) {
    const page = await pageOf(api, before, LONGEST_PAGE, signal)
    found.push(...page.records)
    before = page.before
    if (before === undefined || isEnough(found, found.length)) return { records: found, before }
  }
}
