/** The reading side of the call history: one page of calls for a question, newest first. It writes nothing. */

import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { conditionsOf, whereOf } from './conditions.ts'
import type { HistoryPage, HistoryQuery } from './query.ts'
import type { CallRow, KeptEnding, LegRow, SecureRow, Side, TransferRow } from './row.ts'
import { hasSessionUuids, hasTransfers, openToRead, telling } from './schema.ts'

type Row = Record<string, SQLOutputValue>

/** Reads a page of a file, whether somebody writes to it or not. @throws Fault `history.*` */
export function readPageOf(file: string, query: HistoryQuery): HistoryPage {
  const database = openToRead(file)
  try {
    return telling(() => readPage(database, query), 'history.not-readable')
  } finally {
    database.close()
  }
}

function readPage(database: DatabaseSync, query: HistoryQuery): HistoryPage {
  // Written by a Sotto that did not keep it: there is no such call.
  if (query.sessionUuid !== undefined && !hasSessionUuids(database)) return { calls: [] }
  const { where, values } = whereOf(conditionsOf(query))
  const rows = database
    .prepare(`SELECT * FROM calls ${where} ORDER BY started_ms DESC, number DESC LIMIT ?`)
    .all(...values, query.limit + 1)
  const shown = rows.slice(0, query.limit)
  const legs = database.prepare('SELECT * FROM legs WHERE call_id = ? ORDER BY side DESC')
  const sessions = database.prepare('SELECT * FROM secure_sessions WHERE call_id = ? ORDER BY started_ms, session_id')
  const transfers = hasTransfers(database)
    ? database.prepare('SELECT * FROM transfers WHERE call_id = ? ORDER BY place')
    : undefined
  const calls = shown.map((row) => {
    const callId = textOf(row, 'call_id')
    return {
      ...callOf(row, legs.all(callId).map(legOf), sessions.all(callId).map(sessionOf)),
      transfers: transfers?.all(callId).map(transferOf) ?? [],
    }
  })
  const last = shown.at(-1)
  if (last === undefined || rows.length <= query.limit) return { calls }
  return { calls, next: { startedMs: Number(last['started_ms']), number: Number(last['number']) } }
}

function callOf(row: Row, legs: readonly LegRow[], secureSessions: readonly SecureRow[]): Omit<CallRow, 'transfers'> {
  return {
    callId: textOf(row, 'call_id'),
    startedMs: Number(row['started_ms']),
    bridgedMs: numberOf(row, 'bridged_ms'),
    endedMs: numberOf(row, 'ended_ms'),
    origin: textOf(row, 'origin'),
    from: textOf(row, 'from_number'),
    to: textOf(row, 'to_number'),
    agent: wordOf(row, 'agent'),
    trunk: wordOf(row, 'trunk'),
    ending: wordOf(row, 'ending') as KeptEnding | null,
    status: numberOf(row, 'status'),
    legs,
    secureSessions,
  }
}

function legOf(row: Row): LegRow {
  return {
    side: textOf(row, 'side') as Side,
    legId: textOf(row, 'leg_id'),
    sessionUuid: wordOf(row, 'session_uuid'),
    account: wordOf(row, 'account'),
    trunk: wordOf(row, 'trunk'),
    codec: wordOf(row, 'codec'),
    srtp: wordOf(row, 'srtp'),
    received: numberOf(row, 'received'),
    sent: numberOf(row, 'sent'),
    lost: numberOf(row, 'lost'),
    dropped: numberOf(row, 'dropped'),
    jitterMs: numberOf(row, 'jitter_ms'),
    roundTripMs: numberOf(row, 'round_trip_ms'),
    mosReceived: numberOf(row, 'mos_received'),
    mosSent: numberOf(row, 'mos_sent'),
  }
}

function sessionOf(row: Row): SecureRow {
  return {
    sessionId: textOf(row, 'session_id'),
    flow: textOf(row, 'flow'),
    version: Number(row['version']),
    startedBy: textOf(row, 'started_by'),
    startedMs: Number(row['started_ms']),
    endedMs: numberOf(row, 'ended_ms'),
    outcome: wordOf(row, 'outcome') as SecureRow['outcome'],
    reason: wordOf(row, 'reason'),
  }
}

function transferOf(row: Row): TransferRow {
  return {
    kind: textOf(row, 'kind') as TransferRow['kind'],
    by: wordOf(row, 'by_account'),
    to: wordOf(row, 'to_account'),
    startedMs: Number(row['started_ms']),
    endedMs: numberOf(row, 'ended_ms'),
    outcome: textOf(row, 'outcome') as TransferRow['outcome'],
    status: numberOf(row, 'status'),
  }
}

function textOf(row: Row, column: string): string {
  return String(row[column])
}

function wordOf(row: Row, column: string): string | null {
  const value = row[column]
  return typeof value === 'string' ? value : null
}

function numberOf(row: Row, column: string): number | null {
  const value = row[column]
  return typeof value === 'number' ? value : null
}
