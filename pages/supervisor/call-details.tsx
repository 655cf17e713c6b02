/** A call by itself: who, when, how it ended, whether and how often it used Secure Input, and each session of it. Follows the call while it stands. */

import { useEffect, useState } from 'preact/hooks'
import { type Api, Problem, type ProblemBody, problemOf } from '../shared/api.ts'
import { language } from '../shared/language.ts'
import { ProblemNotice } from '../shared/pieces.tsx'
import { shared } from '../shared/shared-words.ts'
import { StageText } from './call-state.tsx'
import { type CallDetail, detailOfCall, detailOfKept, type KeptCall } from './details.ts'
import type { Call } from './live-calls.ts'
import { SecureMark } from './secure-mark.tsx'
import { SessionDetails } from './session-details.tsx'
import { supervisor, wordFor } from './supervisor-words.ts'
import { durationText, momentText } from './time-text.ts'
import type { Watch } from './watch.ts'

type CallDetailsProps = {
  readonly api: Api
  readonly watch: Watch
  readonly callId: string
  readonly agentOf: (account: string | undefined) => string | undefined
  readonly seesSecure: boolean
}

export function CallDetails({ api, watch, callId, agentOf, seesSecure }: CallDetailsProps) {
  const words = supervisor.value
  const standing = watch.live.value.calls.get(callId)
  const [past, setPast] = useState<CallDetail>()
  const [problem, setProblem] = useState<ProblemBody>()
  const isStanding = standing !== undefined
  const isKnown = watch.isRead.value
  useEffect(() => {
    if (isStanding || !isKnown) return
    setProblem(undefined)
    readPast(api, callId, watch.wallMsOf).then(setPast, (error: unknown) => setProblem(problemOf(error)))
  }, [api, callId, isStanding, isKnown])
  const call = standing === undefined ? past : detailOfCall(standing, watch.wallMsOf)
  return (
    <div class="stack">
      <h1>{words.callTitle}</h1>
      {problem?.status === 404 ? <p class="notice warn">{words.noCall}</p> : <ProblemNotice problem={problem} />}
      {call === undefined && problem === undefined && <p role="status">{shared.value.loading}</p>}
      {call && (
        <Facts call={call} agentOf={agentOf} nowMs={watch.wallMsOf(watch.nowMs.value)} seesSecure={seesSecure} />
      )}
      {call && seesSecure && <Sessions call={call} api={api} />}
      <div class="row">
        <button type="button" onClick={() => history.back()}>
          {words.back}
        </button>
      </div>
    </div>
  )
}

/** What the server remembers says more than what it has kept. */
async function readPast(api: Api, callId: string, wallMsOf: Watch['wallMsOf']): Promise<CallDetail> {
  const id = encodeURIComponent(callId)
  try {
    return detailOfCall(await api.get<Call>(`/api/v1/calls/${id}`), wallMsOf)
  } catch (error) {
    if (!(error instanceof Problem) || error.body.status !== 404) throw error
    return detailOfKept(await api.get<KeptCall>(`/api/v1/call-history/${id}`))
  }
}

type FactsProps = Pick<CallDetailsProps, 'agentOf' | 'seesSecure'> & {
  readonly call: CallDetail
  readonly nowMs: number
}

function Facts({ call, agentOf, nowMs, seesSecure }: FactsProps) {
  const words = supervisor.value
  const moment = (ms: number | undefined) => (ms === undefined ? undefined : momentText(ms, language.value))
  const running = call.sessions.find((session) => session.running !== undefined)?.running
  const rows: readonly (readonly [string, string | undefined])[] = [
    [words.from, call.from],
    [words.to, call.to],
    [words.agent, agentOf(call.agent)],
    [words.trunk, call.trunk],
    [words.began, moment(call.startedMs)],
    [words.talkedSince, moment(call.bridgedMs)],
    [words.ended, moment(call.endedMs)],
    [words.duration, durationText((call.endedMs ?? nowMs) - call.startedMs)],
    [words.ending, call.ending && wordFor(words.endings, call.ending)],
  ]
  return (
    <section class="card" aria-label={words.callTitle}>
      <dl class="facts">
        {rows.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd class="far">{value}</dd>
              </div>
            ),
        )}
        {call.state && (
          <div>
            <dt>{words.state}</dt>
            <dd>{running ? <StageText {...running} /> : wordFor(words.states, call.state)}</dd>
          </div>
        )}
        {seesSecure && (
          <div>
            <dt>{words.secureInput}</dt>
            <dd>
              {call.sessions.length === 0 ? (
                words.notUsed
              ) : (
                <SecureMark times={call.sessions.length} runs={running !== undefined} />
              )}
            </dd>
          </div>
        )}
      </dl>
    </section>
  )
}

function Sessions({ call, api }: { readonly call: CallDetail; readonly api: Api }) {
  const words = supervisor.value
  return (
    <section class="stack" aria-labelledby="sessions">
      <h2 id="sessions">{words.sessions}</h2>
      {call.sessions.length === 0 && <p class="quiet">{words.noSessions}</p>}
      {call.sessions.map((session, at) => (
        <SessionDetails key={session.sessionId} api={api} callId={call.callId} session={session} place={at + 1} />
      ))}
    </section>
  )
}
