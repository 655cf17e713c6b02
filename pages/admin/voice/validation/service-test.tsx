/** A try of a validation service with published test cards: whether it is trusted, the certificates it shows, and each outcome. It takes a while with a service that answers late. */

import { useEffect, useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../../../shared/api.ts'
import { useNewer } from '../../../shared/newer.ts'
import { Field, ProblemNotice } from '../../../shared/pieces.tsx'
import { ScrolledTable } from '../../../shared/scrolled-table.tsx'
import { Chain } from './chain.tsx'
import { remedyFor, type TestRow, type Try } from './validation-terms.ts'

type TestProps = { readonly api: Api; readonly name: string; readonly mayTest: boolean }

/** How long until it is looked again whether a try has ended. */
const PAUSE_MS = 1000

export function ServiceTest({ api, name, mayTest }: TestProps) {
  const path = `/api/v1/validation/${encodeURIComponent(name)}/test`
  const [last, setLast] = useState<Try>()
  const [cardName, setCardName] = useState('credit card')
  const [problem, setProblem] = useState<ProblemBody>()
  const isRunning = last?.state === 'running'
  const failed = (error: unknown) => setProblem(problemOf(error))

  const newer = useNewer()
  const look = () => {
    const isNewer = newer()
    api.get<Try>(path).then((found) => isNewer() && setLast(found), failed)
  }
  useEffect(look, [path])
  useEffect(() => {
    if (!isRunning) return
    const timer = setInterval(look, PAUSE_MS)
    return () => clearInterval(timer)
  }, [isRunning])

  const begin = () => {
    const isNewer = newer()
    // What was asked for before is of the try before.
    isNewer()
    setProblem(undefined)
    setLast({ state: 'running' })
    api.ask<Try>('POST', path, { body: { cardName } }).then(
      ({ value }) => isNewer() && setLast(value),
      (error: unknown) => {
        failed(error)
        setLast({ state: 'none' })
      },
    )
  }
  return (
    <>
      <form
        class="row ends"
        onSubmit={(event) => {
          event.preventDefault()
          begin()
        }}
      >
        <Field label="Name of the card number in requests">
          {(of) => (
            <input
              {...of}
              required
              maxLength={64}
              value={cardName}
              onInput={({ currentTarget }) => setCardName(currentTarget.value)}
            />
          )}
        </Field>
        <button type="submit" class="main" disabled={!mayTest || isRunning}>
          Try it
        </button>
      </form>
      <p class="quiet">
        Published test cards are sent, and requests that a service has to refuse. A service that takes payments has to
        know that they are no customers’.
      </p>
      <ProblemNotice problem={problem} />
      <div role="status">
        {isRunning && <p class="notice">The service is being tried …</p>}
        {last?.state === 'failed' && (
          <p class="notice bad">The try itself failed. Try again; the log of the server says more.</p>
        )}
        {last?.state === 'done' && (
          <p class={`notice ${last.passed ? 'good' : 'bad'}`}>
            {last.passed
              ? 'Everything holds'
              : `${last.rows.filter(({ holds }) => !holds).length} of ${last.rows.length} do not hold`}
            {last.verified ? '' : ', and the service is not trusted'}. Tried{' '}
            <time dateTime={last.at}>{new Date(last.at).toLocaleString()}</time>, in {(last.tookMs / 1000).toFixed(1)}{' '}
            s.
          </p>
        )}
      </div>
      {last?.state === 'done' && (
        <>
          {last.whyNot !== undefined && (
            <div class="notice bad">
              <p>
                <strong>Not trusted:</strong> <code>{last.whyNot}</code>
              </p>
              <p>{remedyFor(last.whyNot)}</p>
            </div>
          )}
          {last.chain.length > 0 && <Chain chain={last.chain} />}
          <Rows rows={last.rows} />
        </>
      )}
    </>
  )
}

function Rows({ rows }: { readonly rows: readonly TestRow[] }) {
  return (
    <>
      <h3>Outcomes</h3>
      <ScrolledTable caption="Outcomes" heads={['Holds', 'What', 'Figure']}>
        {rows.map(({ what, holds, figure, advice }) => (
          <tr key={what}>
            <td>
              <span class={`badge ${holds ? 'good' : 'bad'}`}>{holds ? 'yes' : 'no'}</span>
            </td>
            <td>
              {what}
              {!holds && advice !== '' && <p class="quiet">{advice}</p>}
            </td>
            <td>{figure}</td>
          </tr>
        ))}
      </ScrolledTable>
    </>
  )
}
