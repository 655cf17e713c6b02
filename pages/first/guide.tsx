/** The way to a first secure call, step by step; each is ticked off as the server tells of it. */

import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Guide } from '../../src/web/first-run-routes.ts'
import { type Api, type ProblemBody, problemOf } from '../shared/api.ts'
import { listen } from '../shared/events.ts'
import { ProblemNotice } from '../shared/pieces.tsx'
import { shared } from '../shared/shared-words.ts'
import { first } from './first-words.ts'
import { NOTHING_YET, type PhoneState, withEvent, withPhones } from './progress.ts'

/** No event tells of a registration. */
const PHONES_MS = 1500

type GuideViewProps = { readonly api: Api; readonly onLine: (isOn: boolean) => void }

export function GuideView({ api, onLine }: GuideViewProps) {
  const words = first.value
  const [guide, setGuide] = useState<Guide>()
  const [problem, setProblem] = useState<ProblemBody>()
  const [progress, setProgress] = useState(NOTHING_YET)
  useEffect(() => {
    api.get<Guide>('/api/v1/first-run/guide').then(setGuide, (error: unknown) => setProblem(problemOf(error)))
    const readPhones = () =>
      void api.get<{ readonly phones: readonly PhoneState[] }>('/api/v1/phones').then(
        ({ phones }) => setProgress((before) => withPhones(before, phones)),
        () => undefined,
      )
    readPhones()
    const timer = setInterval(readPhones, PHONES_MS)
    const end = listen(api, {
      onEvent: (event) => setProgress((before) => withEvent(before, event)),
      onReset: readPhones,
      onLine,
    })
    return () => {
      clearInterval(timer)
      end()
    }
  }, [api])
  const { registered, called, begun, result } = progress
  const [agent, caller] = guide?.phones ?? []
  return (
    <div class="stack">
      <h1>{words.guideTitle}</h1>
      <ProblemNotice problem={problem} />
      {guide === undefined && problem === undefined && <p role="status">{shared.value.loading}</p>}
      {guide && !guide.validates && <p class="notice warn">{words.noValidation}</p>}
      {guide && (agent === undefined || caller === undefined) && <p class="notice warn">{words.noPhones}</p>}
      {guide && agent && caller && (
        <>
          <p>{words.guideWhy}</p>
          <ol class="steps">
            {[agent, caller].map((phone) => (
              <Step key={phone.account} isDone={registered.has(phone.account)} title={words.register(phone.account)}>
                <PhoneFacts phone={phone} sip={guide.sip} />
              </Step>
            ))}
            <Step isDone={called} title={words.call(caller.account, agent.numbers[0] ?? agent.account)} />
            <Step isDone={begun} title={words.begin}>
              <p>
                <a href="/desk/" target="_blank" rel="noreferrer">
                  {words.desk}
                </a>
                . {words.orKeys(guide.featureCode)}
              </p>
            </Step>
            <Step isDone={result !== undefined} title={words.key}>
              <p>{words.keyWhat}</p>
              <p role="status">{result !== undefined && words.outcome[result]}</p>
            </Step>
          </ol>
          <div role="status">{result === 'accepted' && <p class="notice good">{words.allDone}</p>}</div>
        </>
      )}
      <p>
        <a href="/admin/">{words.onward}</a>
      </p>
    </div>
  )
}

type StepProps = { readonly isDone: boolean; readonly title: string; readonly children?: ComponentChildren }

function Step({ isDone, title, children }: StepProps) {
  const words = first.value
  return (
    <li class="card">
      <div class="row">
        <h2>{title}</h2>
        <span class={`badge ${isDone ? 'good' : ''}`} role="status">
          {isDone ? words.done : words.open}
        </span>
      </div>
      {children}
    </li>
  )
}

function PhoneFacts({ phone, sip }: { readonly phone: Guide['phones'][number]; readonly sip: Guide['sip'] }) {
  const words = first.value
  const [listener] = sip
  const transports = sip
    .filter(({ address, port }) => address === listener?.address && port === listener.port)
    .map(({ transport }) => transport.toUpperCase())
  return (
    <dl class="facts">
      <div>
        <dt>{words.user}</dt>
        <dd class="mono">{phone.account}</dd>
      </div>
      <div>
        <dt>{words.password}</dt>
        <dd>{phone.password === undefined ? words.ownPassword : <code>{phone.password}</code>}</dd>
      </div>
      {listener && (
        <div>
          <dt>{words.server}</dt>
          <dd class="mono">
            {listener.address}:{listener.port} ({transports.join(', ')})
          </dd>
        </div>
      )}
    </dl>
  )
}
