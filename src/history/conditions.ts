/** A question to the call history as conditions of SQL. Pure. */

import type { SQLInputValue } from 'node:sqlite'
import type { HistoryQuery } from './query.ts'

export type Condition = readonly [sql: string, ...values: SQLInputValue[]]

/** Behind every text that begins with what stands before it: the highest code point there is. */
const HIGHEST = '\u{10ffff}'

/** @returns what a row of `calls` must meet, each with its values. */
export function conditionsOf(query: Omit<HistoryQuery, 'limit'>): readonly Condition[] {
  const { sinceMs, untilMs, number, agent, trunk, ending, callId, sessionUuid, outcome, accounts, after } = query
  const conditions: Condition[] = []
  if (sinceMs !== undefined) conditions.push(['started_ms >= ?', sinceMs])
  if (untilMs !== undefined) conditions.push(['started_ms < ?', untilMs])
  if (agent !== undefined) conditions.push(['agent = ?', agent])
  if (trunk !== undefined) conditions.push(['trunk = ?', trunk])
  if (ending !== undefined) conditions.push(['ending = ?', ending])
  if (callId !== undefined) conditions.push(['call_id = ?', callId])
  if (sessionUuid !== undefined)
    conditions.push([
      'call_id IN (SELECT call_id FROM legs WHERE session_uuid BETWEEN ? AND ?)',
      ...[sessionUuid, sessionUuid + HIGHEST],
    ])
  if (outcome !== undefined)
    conditions.push([
      'EXISTS (SELECT 1 FROM secure_sessions s WHERE s.call_id = calls.call_id AND (s.outcome = ? OR ?))',
      ...[outcome, outcome === 'any' ? 1 : 0],
    ])
  if (accounts !== undefined)
    conditions.push([
      'agent IN (SELECT value FROM json_each(?)) OR EXISTS (SELECT 1 FROM legs l WHERE l.call_id = calls.call_id AND l.account IN (SELECT value FROM json_each(?)))',
      ...[JSON.stringify(accounts), JSON.stringify(accounts)],
    ])
  if (after !== undefined) conditions.push(['(started_ms, number) < (?, ?)', after.startedMs, after.number])
  if (number?.endsWith('*') === true) {
    const prefix = number.slice(0, -1)
    const range = [prefix, prefix + HIGHEST]
    conditions.push(['from_number BETWEEN ? AND ? OR to_number BETWEEN ? AND ?', ...range, ...range])
  } else if (number !== undefined) conditions.push(['from_number = ? OR to_number = ?', number, number])
  return conditions
}

/** @returns all of them in one clause, empty for none. */
export function whereOf(conditions: readonly Condition[]): {
  readonly where: string
  readonly values: SQLInputValue[]
} {
  return {
    where: conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => `(${sql})`).join(' AND ')}`,
    values: conditions.flatMap(([, ...rest]) => rest),
  }
}
