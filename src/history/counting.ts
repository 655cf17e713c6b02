/** Counts out of the call history over time: calls and secure sessions, in equal stretches by when their call began. Reads only. */

import type { DatabaseSync } from 'node:sqlite'
import type { Milliseconds } from '../base/units.ts'
import { conditionsOf, whereOf } from './conditions.ts'
import { openToRead, telling } from './schema.ts'

export type CountQuery = {
  readonly sinceMs: Milliseconds
  readonly untilMs: Milliseconds
  /** Length of a stretch; the last may be shorter. */
  readonly stepMs: Milliseconds
  /** Those of these accounts alone. */
  readonly accounts?: readonly string[]
}

export type Stretch = {
  readonly fromMs: Milliseconds
  readonly calls: number
  /** Calls that were bridged. */
  readonly bridged: number
  /** Calls with a secure session. */
  readonly withSession: number
  readonly accepted: number
  readonly declined: number
  readonly failed: number
  /** From the request of each session that ended to its end, together. */
  readonly secureMs: Milliseconds
}

/** Counts in a file, whether somebody writes to it or not. @returns every stretch, oldest first. @throws Fault `history.*` */
export function countIn(file: string, query: CountQuery): readonly Stretch[] {
  const database = openToRead(file)
  try {
    return telling(() => count(database, query), 'history.not-readable')
  } finally {
    database.close()
  }
}

function count(database: DatabaseSync, { sinceMs, untilMs, stepMs, accounts }: CountQuery): readonly Stretch[] {
  const { where, values } = whereOf(conditionsOf({ sinceMs, untilMs, ...(accounts === undefined ? {} : { accounts }) }))
  const stretch = 'CAST((started_ms - ?) / ? AS INTEGER)'
  const calls = database
    .prepare(
      `SELECT ${stretch} AS at, COUNT(*) AS calls, COUNT(bridged_ms) AS bridged,
         SUM(EXISTS (SELECT 1 FROM secure_sessions s WHERE s.call_id = calls.call_id)) AS with_session
       FROM calls ${where} GROUP BY at`,
    )
    .all(sinceMs, stepMs, ...values)
  const sessions = database
    .prepare(
      `SELECT at, outcome, COUNT(*) AS sessions, SUM(ended_ms - began_ms) AS took FROM (
         SELECT c.at AS at, s.outcome AS outcome, s.started_ms AS began_ms, s.ended_ms AS ended_ms
         FROM (SELECT call_id, ${stretch} AS at FROM calls ${where}) c JOIN secure_sessions s ON s.call_id = c.call_id)
       WHERE outcome IS NOT NULL GROUP BY at, outcome`,
    )
    .all(sinceMs, stepMs, ...values)
  const places = Math.ceil((untilMs - sinceMs) / stepMs)
  return Array.from({ length: places }, (_, at) => {
    const row = calls.find((each) => each['at'] === at)
    const of = (outcome: string) => sessions.find((each) => each['at'] === at && each['outcome'] === outcome)
    const ended = sessions.filter((each) => each['at'] === at)
    return {
      fromMs: sinceMs + at * stepMs,
      calls: Number(row?.['calls'] ?? 0),
      bridged: Number(row?.['bridged'] ?? 0),
      withSession: Number(row?.['with_session'] ?? 0),
      accepted: Number(of('accepted')?.['sessions'] ?? 0),
      declined: Number(of('declined')?.['sessions'] ?? 0),
      failed: Number(of('failed')?.['sessions'] ?? 0),
      secureMs: ended.reduce((sum, { took }) => sum + Number(took ?? 0), 0),
    }
  })
}
