/** Figures over time, out of the call history: charts, each as a table too. */

import { useEffect, useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../shared/api.ts'
import { Field, ProblemNotice } from '../shared/pieces.tsx'
import { shared } from '../shared/shared-words.ts'
import { Chart } from './chart.tsx'
import { PERIODS, type Period, questionFor, type Span, type Stretch, spansOf } from './chart-data.ts'
import { supervisor } from './supervisor-words.ts'

const MINUTE_MS = 60_000
/** Figures of days need not be newer. */
const AGAIN_MS = 30_000

export function Figures({ api }: { readonly api: Api }) {
  const words = supervisor.value
  const [period, setPeriod] = useState<Period>('day')
  const [stretches, setStretches] = useState<readonly Stretch[]>()
  const [problem, setProblem] = useState<ProblemBody>()
  useEffect(() => {
    const left = new AbortController()
    const readSpan = async (span: Span) => {
      const path = `/api/v1/call-statistics?${questionFor(span)}`
      return (await api.get<{ readonly stretches: readonly Stretch[] }>(path, left.signal)).stretches
    }
    const read = () =>
      void Promise.all(spansOf(period, Date.now()).map(readSpan)).then(
        (answers) => {
          setStretches(answers.flat())
          setProblem(undefined)
        },
        (error: unknown) => left.signal.aborted || setProblem(problemOf(error)),
      )
    read()
    const timer = setInterval(read, AGAIN_MS)
    return () => {
      clearInterval(timer)
      left.abort()
    }
  }, [api, period])
  return (
    <div class="stack">
      <h1>{words.figures}</h1>
      <div class="row">
        <Field label={words.period}>
          {(of) => (
            <select
              {...of}
              value={period}
              onChange={({ currentTarget: { value } }) => setPeriod(PERIODS.find((each) => each === value) ?? 'day')}
            >
              {PERIODS.map((each) => (
                <option key={each} value={each}>
                  {words.periods[each]}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <ProblemNotice problem={problem} />
      {stretches === undefined && problem === undefined && <p role="status">{shared.value.loading}</p>}
      {stretches && <Charts stretches={stretches} period={period} />}
    </div>
  )
}

function Charts({ stretches, period }: { readonly stretches: readonly Stretch[]; readonly period: Period }) {
  const words = supervisor.value
  const fromMs = stretches.map(({ from }) => Date.parse(from))
  const of = (value: (stretch: Stretch) => number) => stretches.map(value)
  const charts = [
    {
      title: words.callsChart,
      series: [
        { name: words.bridgedCalls, colour: 'accent', values: of(({ bridged }) => bridged) },
        { name: words.otherCalls, colour: 'quiet', values: of(({ calls, bridged }) => calls - bridged) },
      ],
    },
    {
      title: words.outcomesChart,
      series: [
        { name: words.accepted, colour: 'good', values: of(({ accepted = 0 }) => accepted) },
        { name: words.declined, colour: 'warn', values: of(({ declined = 0 }) => declined) },
        { name: words.failed, colour: 'bad', values: of(({ failed = 0 }) => failed) },
      ],
    },
    {
      title: words.timeChart,
      series: [
        {
          name: words.minutes,
          colour: 'secure',
          values: of(({ secureMs = 0 }) => Math.round((secureMs / MINUTE_MS) * 10) / 10),
        },
      ],
    },
  ] as const
  // Whoever may not see secure sessions is told of calls alone.
  const told = stretches.some(({ secureMs }) => secureMs !== undefined) ? charts : charts.slice(0, 1)
  return (
    <>
      {told.map(({ title, series }) => (
        <Chart key={title} title={title} fromMs={fromMs} series={series} isHours={period === 'day'} />
      ))}
    </>
  )
}
