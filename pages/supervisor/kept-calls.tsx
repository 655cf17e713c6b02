/** The call history: looked for by number, agent, day and outcome, page by page, and taken along as CSV. What is looked for stands in the address. */

import { useEffect, useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../shared/api.ts'
import { language } from '../shared/language.ts'
import { ProblemNotice } from '../shared/pieces.tsx'
import { addressOf, goTo } from '../shared/place.ts'
import { ScrolledTable } from '../shared/scrolled-table.tsx'
import { shared } from '../shared/shared-words.ts'
import type { KeptCall } from './details.ts'
import { HistoryFilter } from './history-filter.tsx'
import { partsOfWanted, questionOf, type Wanted, wantedIn } from './history-query.ts'
import { OutcomeBadge, SecureMark } from './secure-mark.tsx'
import { supervisor, wordFor } from './supervisor-words.ts'
import { durationText, momentText } from './time-text.ts'

type KeptCallsProps = {
  readonly api: Api
  readonly rest: readonly string[]
  readonly agentOf: (account: string | undefined) => string | undefined
  readonly seesSecure: boolean
}
type Answer = { readonly calls: readonly KeptCall[]; readonly next?: string }

const PAGE_CALLS = '50'

export function KeptCalls({ api, rest, agentOf, seesSecure }: KeptCallsProps) {
  const words = supervisor.value
  const address = rest.join('/')
  const wanted = wantedIn(rest)
  /** Where each page begins that was come by; the first one begins nowhere. */
  const [pages, setPages] = useState<readonly string[]>([])
  const [answer, setAnswer] = useState<Answer>()
  const [problem, setProblem] = useState<ProblemBody>()
  useEffect(() => setPages([]), [address])
  useEffect(() => {
    const left = new AbortController()
    const after = pages.at(-1)
    const question = questionOf(wanted, { limit: PAGE_CALLS, ...(after === undefined ? {} : { after }) })
    api.get<Answer>(`/api/v1/call-history${question}`, left.signal).then(
      (read) => {
        setAnswer(read)
        setProblem(undefined)
      },
      (error: unknown) => left.signal.aborted || setProblem(problemOf(error)),
    )
    return () => left.abort()
  }, [api, address, pages])
  const { next } = answer ?? {}
  return (
    <div class="stack">
      <h1>{words.history}</h1>
      <HistoryFilter
        {...{ wanted, seesSecure }}
        key={address}
        onWanted={(chosen) => goTo('history', ...partsOfWanted(chosen))}
      />
      <ProblemNotice problem={problem} />
      {answer === undefined && problem === undefined && <p role="status">{shared.value.loading}</p>}
      {answer && <Rows calls={answer.calls} agentOf={agentOf} seesSecure={seesSecure} />}
      {answer && (
        <div class="row">
          {(pages.length > 0 || next !== undefined) && (
            <nav class="row" aria-label={words.pagesOf(words.history)}>
              <button type="button" disabled={pages.length === 0} onClick={() => setPages(pages.slice(0, -1))}>
                {words.before}
              </button>
              <button
                type="button"
                disabled={next === undefined}
                onClick={() => next !== undefined && setPages([...pages, next])}
              >
                {words.next}
              </button>
            </nav>
          )}
          <Export api={api} wanted={wanted} onProblem={setProblem} />
        </div>
      )}
    </div>
  )
}

type RowsProps = Pick<KeptCallsProps, 'agentOf' | 'seesSecure'> & { readonly calls: readonly KeptCall[] }

function Rows({ calls, agentOf, seesSecure }: RowsProps) {
  const words = supervisor.value
  if (calls.length === 0) return <p class="quiet">{words.nothingKept}</p>
  const heads = [
    ...[words.began, words.duration, words.from, words.to, words.agent, words.ending],
    ...(seesSecure ? [words.secureInput] : []),
    words.details,
  ]
  return (
    <ScrolledTable caption={words.history} heads={heads}>
      {calls.map((call) => (
        <tr key={call.callId}>
          <td>{momentText(Date.parse(call.startedAt), language.value)}</td>
          <td class="number">{call.endedAt && durationText(Date.parse(call.endedAt) - Date.parse(call.startedAt))}</td>
          <td class="far">{call.from}</td>
          <td class="far">{call.to}</td>
          <td>{agentOf(call.agent)}</td>
          <td>{call.ending === undefined ? words.stands : wordFor(words.endings, call.ending)}</td>
          {seesSecure && (
            <td>
              <div class="row">
                <SecureMark times={call.secureSessions.length} runs={false} />
                {call.secureSessions.map(
                  ({ sessionId, outcome }) => outcome && <OutcomeBadge key={sessionId} result={outcome} />,
                )}
              </div>
            </td>
          )}
          <td>
            <a href={addressOf('call', call.callId)} aria-label={words.detailsOf(call.from)}>
              {words.details}
            </a>
          </td>
        </tr>
      ))}
    </ScrolledTable>
  )
}

type ExportProps = {
  readonly api: Api
  readonly wanted: Wanted
  readonly onProblem: (problem: ProblemBody) => void
}

function Export({ api, wanted, onProblem }: ExportProps) {
  const words = supervisor.value
  const [said, setSaid] = useState('')
  const take = async () => {
    setSaid('')
    try {
      const response = await api.fetch('GET', `/api/v1/call-history${questionOf(wanted)}`, { accept: 'text/csv' })
      const url = URL.createObjectURL(await response.blob())
      const link = Object.assign(document.createElement('a'), { href: url, download: 'calls.csv' })
      link.click()
      URL.revokeObjectURL(url)
      setSaid(words.exported)
    } catch (error) {
      onProblem(problemOf(error))
    }
  }
  return (
    <>
      <button type="button" onClick={() => void take()}>
        {words.export}
      </button>
      <span role="status">{said}</span>
    </>
  )
}
