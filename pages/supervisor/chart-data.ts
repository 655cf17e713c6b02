/** What charts are drawn of: periods, stretches, and series on top of each other. Pure. */

import type { Static } from 'typebox'
import type { someStretches } from '../../src/web/statistics-routes.ts'

export type Stretch = Static<typeof someStretches>['stretches'][number]

export const PERIODS = ['day', 'week', 'month'] as const
export type Period = (typeof PERIODS)[number]

const HOUR_S = 3600
const DAY_S = 86_400
const DAYS = { week: 7, month: 30 } as const

/** Equal stretches, one behind the other. */
export type Span = { readonly sinceMs: number; readonly untilMs: number; readonly stepS: number }

/** @returns what a period is made of that ends with the hour or the day that runs. Days begin where the reader's do: one on which his clocks change is longer or shorter, and a span of its own. */
export function spansOf(period: Period, nowMs: number): readonly Span[] {
  const now = new Date(nowMs)
  const [year, month, date] = [now.getFullYear(), now.getMonth(), now.getDate()]
  if (period === 'day') {
    const untilMs = new Date(year, month, date, now.getHours() + 1).getTime()
    return [{ sinceMs: untilMs - DAY_S * 1000, untilMs, stepS: HOUR_S }]
  }
  const spans: Span[] = []
  for (let day = date + 1 - DAYS[period]; day <= date; day += 1) {
    const [sinceMs, untilMs] = [new Date(year, month, day).getTime(), new Date(year, month, day + 1).getTime()]
    const stepS = (untilMs - sinceMs) / 1000
    const before = spans.at(-1)
    if (before?.stepS === stepS) spans[spans.length - 1] = { ...before, untilMs }
    else spans.push({ sinceMs, untilMs, stepS })
  }
  return spans
}

/** @returns the day that runs, in one stretch. */
export function todayOf(nowMs: number): Span {
  const now = new Date(nowMs)
  const sinceMs = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime()
  return { sinceMs, untilMs: nowMs + 60_000, stepS: 2 * DAY_S }
}

export function questionFor({ sinceMs, untilMs, stepS }: Span): string {
  const [since, until] = [new Date(sinceMs).toISOString(), new Date(untilMs).toISOString()]
  return new URLSearchParams({ since, until, step: String(stepS) }).toString()
}

/** @returns each series with those before it under it: bars are drawn from the last, which is the highest, to the first. */
export function stacked(series: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const sums: number[][] = []
  for (const values of series) {
    const below = sums.at(-1)
    sums.push(values.map((value, at) => value + (below?.[at] ?? 0)))
  }
  return sums
}

export function totalOf(stretches: readonly Stretch[], of: (stretch: Stretch) => number): number {
  return stretches.reduce((sum, stretch) => sum + of(stretch), 0)
}
