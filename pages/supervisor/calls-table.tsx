/** The calls that stand: those that are looked for, a page at a time, so that hundreds of them can be worked with. */

import { useState } from 'preact/hooks'
import { Field } from '../shared/pieces.tsx'
import { addressOf } from '../shared/place.ts'
import { ScrolledTable } from '../shared/scrolled-table.tsx'
import { CallState } from './call-state.tsx'
import { fitting, pageOf } from './choosing.ts'
import { type Call, runningIn } from './live-calls.ts'
import { Pager } from './pager.tsx'
import { SecureMark } from './secure-mark.tsx'
import { supervisor } from './supervisor-words.ts'
import { durationText } from './time-text.ts'

const PAGE_CALLS = 50

type CallsTableProps = {
  readonly calls: ReadonlyMap<string, Call>
  readonly nowMs: number
  readonly agentOf: (account: string | undefined) => string | undefined
  readonly seesSecure: boolean
}

export function CallsTable({ calls, nowMs, agentOf, seesSecure }: CallsTableProps) {
  const words = supervisor.value
  const [text, setText] = useState('')
  const [secureOnly, setSecureOnly] = useState(false)
  const [at, setAt] = useState(0)
  const page = pageOf(fitting(calls.values(), { text, secureOnly }, agentOf), at, PAGE_CALLS)
  const heads = [
    ...[words.since, words.from, words.to, words.agent, words.state],
    ...(seesSecure ? [words.secureInput] : []),
    words.details,
  ]
  return (
    <section class="card stack" aria-labelledby="live-calls">
      <h2 id="live-calls">{words.liveCalls}</h2>
      <div class="row">
        <Field label={words.find}>
          {(of) => (
            <input
              {...of}
              type="search"
              value={text}
              onInput={({ currentTarget: { value } }) => {
                setText(value)
                setAt(0)
              }}
            />
          )}
        </Field>
        {seesSecure && (
          <label class="tick">
            <input
              type="checkbox"
              checked={secureOnly}
              onChange={({ currentTarget: { checked } }) => {
                setSecureOnly(checked)
                setAt(0)
              }}
            />
            {words.secureOnly}
          </label>
        )}
      </div>
      {page.all === 0 ? (
        <p class="quiet">{calls.size === 0 ? words.noCalls : words.noneFits}</p>
      ) : (
        <ScrolledTable caption={words.liveCalls} heads={heads}>
          {page.rows.map((call) => (
            <tr key={call.callId}>
              <td class="number">{durationText(nowMs - call.startedAtMs)}</td>
              <td class="far">{call.from}</td>
              <td class="far">{call.to}</td>
              <td>{agentOf(call.agentLeg?.account)}</td>
              <td>
                <CallState call={call} />
              </td>
              {seesSecure && (
                <td>
                  <SecureMark times={call.secureSessions.length} runs={runningIn(call) !== undefined} />
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
      )}
      <Pager page={page} of={words.liveCalls} onPage={setAt} />
    </section>
  )
}
