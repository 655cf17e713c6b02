/**
 * What a leak test says: sink by sink, what was looked at and what was found, or why it was not looked at. Pure. A sink that nobody looked at is
 * no clean sink, so it has a line of its own and counts against the result.
 */

import type { Find } from './memory-search.ts'

/** A place that digits could get to. */
export type SinkReport = {
  readonly sink: string
  /** What was looked at, in words and figures. */
  readonly looked: string
  readonly finds: readonly Find[]
  /** Why it was not searched, or not all of it; empty when it was. */
  readonly unsearched: string
}

export type LeakReport = {
  readonly sinks: readonly SinkReport[]
  /** `clean`: everything was searched and nothing found. */
  readonly result: 'clean' | 'found' | 'incomplete'
}

/** A sink that was searched. */
export function looked(sink: string, what: string, finds: readonly Find[]): SinkReport {
  return { sink, looked: what, finds, unsearched: '' }
}

/** A sink that could not be searched. */
export function notSearched(sink: string, why: string): SinkReport {
  return { sink, looked: '', finds: [], unsearched: why }
}

/** The whole of it. */
export function reportOf(sinks: readonly SinkReport[]): LeakReport {
  const found = sinks.some(({ finds }) => finds.length > 0)
  const whole = sinks.every(({ unsearched }) => unsearched === '')
  return { sinks, result: found ? 'found' : whole ? 'clean' : 'incomplete' }
}

export const EXIT_CLEAN = 0
export const EXIT_FOUND = 1
export const EXIT_INCOMPLETE = 3

/** @returns the exit code. @param allowUnsearched what could not be searched does not count. */
export function exitCodeOf(report: LeakReport, allowUnsearched: boolean): number {
  if (report.result === 'found') return EXIT_FOUND
  return report.result === 'clean' || allowUnsearched ? EXIT_CLEAN : EXIT_INCOMPLETE
}

const SINK_WIDTH = 34
const MOST_SHOWN = 5

/** The report as a table, one sink a line, its finds below it. */
export function tableOf({ sinks, result }: LeakReport): readonly string[] {
  const rows = sinks.flatMap(({ sink, looked: what, finds, unsearched }) => {
    const state = finds.length > 0 ? 'FOUND' : unsearched === '' ? 'clean' : 'NOT SEARCHED'
    const why = unsearched === '' ? '' : `${what === '' ? '' : '; '}not searched, because ${unsearched}`
    return [
      `  ${state.padEnd(13)} ${sink.padEnd(SINK_WIDTH)} ${what}${why}`,
      ...finds.slice(0, MOST_SHOWN).map(({ form, where }) => `${' '.repeat(16)}${form}, in ${where}`),
      ...(finds.length > MOST_SHOWN ? [`${' '.repeat(16)}and ${finds.length - MOST_SHOWN} more`] : []),
    ]
  })
  const last = {
    clean: 'Nothing was found, and everything was searched.',
    found: 'The number was found.',
    incomplete: 'Nothing was found, but not everything could be searched.',
  }[result]
  return [...rows, '', last]
}
