/** A secure session: flow, outcome, duration, attempts of each field, and whether its signed record holds. No value of it. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../shared/api.ts'
import { language } from '../shared/language.ts'
import { ScrolledTable } from '../shared/scrolled-table.tsx'
import { StageText } from './call-state.tsx'
import type { SessionDetail } from './details.ts'
import { OutcomeBadge } from './secure-mark.tsx'
import { supervisor, wordFor } from './supervisor-words.ts'
import { durationText, momentText } from './time-text.ts'
import { type Verification, VerificationView } from './verification.tsx'

type SessionDetailsProps = {
  readonly api: Api
  readonly callId: string
  readonly session: SessionDetail
  readonly place: number
}

export function SessionDetails({ api, callId, session, place }: SessionDetailsProps) {
  const words = supervisor.value
  const { startedMs, endedMs, result, reason, running, startedBy } = session
  const [verification, setVerification] = useState<Verification>()
  const nowMs = useSeconds(running !== undefined)
  return (
    <article class="card stack" aria-label={words.session(place)}>
      <div class="row">
        <h3>{words.session(place)}</h3>
        {result === undefined ? <span class="badge secure">{words.running}</span> : <OutcomeBadge result={result} />}
      </div>
      <dl class="facts">
        <Fact name={words.flow}>{session.flow}</Fact>
        {startedBy && <Fact name={words.startedBy}>{wordFor(words.starters, startedBy)}</Fact>}
        <Fact name={words.began}>{momentText(startedMs, language.value)}</Fact>
        <Fact name={words.duration}>{durationText((endedMs ?? nowMs) - startedMs)}</Fact>
        {reason && (
          <Fact name={words.reason}>
            <code>{reason}</code>
          </Fact>
        )}
        {running && (
          <Fact name={words.state}>
            <StageText {...running} />
          </Fact>
        )}
      </dl>
      <Attempts session={session} asked={verification?.asked} caption={`${words.session(place)}: ${words.fields}`} />
      {running === undefined && (
        <VerificationView
          api={api}
          path={`/api/v1/calls/${encodeURIComponent(callId)}/secure-sessions/${encodeURIComponent(session.sessionId)}/verification`}
          verification={verification}
          onVerification={setVerification}
        />
      )}
    </article>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

type AttemptsProps = {
  readonly session: SessionDetail
  /** Out of the signed record, for a session of the history. */
  readonly asked: readonly number[] | undefined
  readonly caption: string
}

function Attempts({ session: { fields }, asked, caption }: AttemptsProps) {
  const words = supervisor.value
  if (fields !== undefined)
    return (
      <ScrolledTable caption={caption} heads={[words.field, words.state, words.attempts, words.refused]}>
        {fields.map(({ name, status, attempt, attempts, refusals }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{wordFor(words.fieldStates, status)}</td>
            <td class="number">{words.attemptsOf(attempt, attempts)}</td>
            <td class="number">{refusals}</td>
          </tr>
        ))}
      </ScrolledTable>
    )
  if (asked === undefined || asked.length === 0) return null
  return (
    <ScrolledTable caption={caption} heads={[words.field, words.attempts]}>
      {asked.map((times, at) => (
        <tr key={words.fieldNumber(at + 1)}>
          <th scope="row">{words.fieldNumber(at + 1)}</th>
          <td class="number">{times}</td>
        </tr>
      ))}
    </ScrolledTable>
  )
}

/** @returns the time, anew each second while it matters. */
function useSeconds(isRunning: boolean): number {
  const [nowMs, setNowMs] = useState(Date.now())
  useEffect(() => {
    if (!isRunning) return
    const timer = setInterval(() => setNowMs(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [isRunning])
  return nowMs
}
