/** Numbers in large: what stands just now, and the day that runs, as the history has it. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../shared/api.ts'
import { questionFor, type Stretch, todayOf } from './chart-data.ts'
import { type Live, runningIn } from './live-calls.ts'
import { supervisor } from './supervisor-words.ts'
import { durationText } from './time-text.ts'

/** The history is written four times a second. */
const WRITTEN_MS = 500
/** However much happens, it is asked no more often. */
const PAUSE_MS = 3000

type CountersProps = {
  readonly api: Api
  readonly live: Live
  readonly news: number
  readonly seesSecure: boolean
}

export function Counters({ api, live, news, seesSecure }: CountersProps) {
  const words = supervisor.value
  const today = useToday(api, news)
  const calls = [...live.calls.values()]
  const agents = new Set(calls.flatMap(({ agentLeg }) => agentLeg?.account ?? []))
  return (
    <div class="counters">
      <Numbers
        title={words.now}
        rows={[
          [words.callsNow, calls.length],
          [words.ringing, calls.filter(({ state }) => state === 'ringing').length],
          [words.inSecure, seesSecure ? calls.filter((call) => runningIn(call) !== undefined).length : undefined],
          [words.agentsOnCall, agents.size],
        ]}
      />
      {today && (
        <Numbers
          title={words.today}
          rows={[
            [words.calls, today.calls],
            [words.accepted, today.accepted],
            [words.declined, today.declined],
            [words.failed, today.failed],
            [words.secureTime, today.secureMs === undefined ? undefined : durationText(today.secureMs)],
          ]}
        />
      )}
    </div>
  )
}

type NumbersProps = {
  readonly title: string
  /** What one is not told of has no number. */
  readonly rows: readonly (readonly [string, number | string | undefined])[]
}

function Numbers({ title, rows }: NumbersProps) {
  return (
    <section class="card" aria-label={title}>
      <h2>{title}</h2>
      <dl class="numbers">
        {rows.map(
          ([name, value]) =>
            value !== undefined && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  )
}

/** @param news counts what changes it. @returns undefined as long as it is not known, or where no history is kept. */
function useToday(api: Api, news: number): Stretch | undefined {
  const [today, setToday] = useState<Stretch>()
  const [askedMs, setAskedMs] = useState(0)
  useEffect(() => {
    const waitMs = Math.max(askedMs === 0 ? 0 : WRITTEN_MS, askedMs + PAUSE_MS - performance.now())
    const timer = setTimeout(() => {
      setAskedMs(performance.now())
      api
        .get<{ readonly stretches: readonly Stretch[] }>(`/api/v1/call-statistics?${questionFor(todayOf(Date.now()))}`)
        .then(
          ({ stretches }) => setToday(stretches[0]),
          () => setToday(undefined),
        )
    }, waitMs)
    return () => clearTimeout(timer)
  }, [api, news])
  return today
}
